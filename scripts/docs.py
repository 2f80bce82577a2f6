"""Write the generated references (`make docs`), or complain when they are not current (`--check`)."""

import re
import sys
from dataclasses import fields
from pathlib import Path

from scripts import connectors_docs, contract, senders_docs
from vestibule import errors
from vestibule.account import identity, problems
from vestibule.account.page import logins
from vestibule.account.page import sessions as page_sessions
from vestibule.account.permissions import PROOF_MS
from vestibule.domain import grants, keys, sessions
from vestibule.domain.clients import ID_TOKEN_TTL_SECONDS, REFRESH_TTL_SECONDS
from vestibule.domain.interactions.steps import INTERACTION_MS
from vestibule.oidc import codes, refresh
from vestibule.oidc.issue import OPAQUE_SECONDS
from vestibule.settings import HOUR, AccountSettings, ServerSettings

ROOT = Path(__file__).parent.parent
LINE = 120
BEGIN, END = "<!-- counted by `make docs` from tests/contract/ -->", "<!-- end of the count -->"


def configuration() -> str:
    """Every setting, from the declarations in settings.py."""
    parts = [
        "# Configuration",
        "",
        "Settings are environment variables. Made by `make docs` from `src/vestibule/settings.py`; do not edit.",
    ]
    for title, kind in (("Identity server", ServerSettings), ("Account server", AccountSettings)):
        parts += ["", f"## {title}", "", "| variable | default | meaning |", "| --- | --- | --- |"]
        for item in fields(kind):
            default = f"`{item.metadata['default']}`" if item.metadata["default"] else "none"
            parts.append(f"| `{item.metadata['name']}` | {default} | {item.metadata['doc']} |")
    return "\n".join(parts) + "\n"


def error_classes() -> list[type[errors.AppError]]:
    """Every refusal of the JSON APIs, by code."""
    found = [kind for kind in _below(errors.AppError) if kind.code and kind.__module__ == errors.__name__]
    return sorted(found, key=lambda kind: (kind.code, kind.status))


def error_reference() -> str:
    """Every error code of the JSON APIs, from the classes in errors.py."""
    parts = [
        "# Errors",
        "",
        "The JSON APIs answer `{code, message, data?, details?}`; clients key on `code`. "
        "Made by `make docs` from `src/vestibule/errors.py`; do not edit.",
        "",
        "| code | status | when | what the caller reads |",
        "| --- | --- | --- | --- |",
    ]
    for kind in error_classes():
        when = (kind.__doc__ or "").split("\n")[0]
        parts.append(f"| `{kind.code}` | {kind.status} | {when} | {kind.message} |")
    return "\n".join([*parts, *problem_reference()]) + "\n"


def error_constants() -> str:
    """The error codes as constants of the client, which imports nothing of ours."""
    parts = [
        '"""Codes of the errors that the API answers with: `ApiError.code` is one of these, or one of a newer server.',
        "",
        "Made by `make docs` from `src/vestibule/errors.py`; do not edit.",
        '"""',
        "",
    ]
    for kind in error_classes():
        when = (kind.__doc__ or "").split("\n")[0]
        line = f'{constant_name(kind.code)} = "{kind.code}"'
        wrapped = line if len(line) <= LINE else f'{constant_name(kind.code)} = (\n    "{kind.code}"\n)'
        parts += [wrapped, f'"""{kind.status}: {when}"""']
    return "\n".join(parts) + "\n"


def constant_name(code: str) -> str:
    """Return the name of the constant for a code."""
    return re.sub(r"\W", "_", code).upper()


def problem_reference() -> list[str]:
    """Every problem of the settings API, from the classes in account/problems.py."""
    parts = [
        "",
        "## Settings API",
        "",
        "The account server answers `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, and "
        "`fields` where members of the body are at fault. Clients key on `type`, which is stable. "
        f"An unexpected failure is `{problems.URN}internal`, with the id of the request as `instance`. "
        "Made from `src/vestibule/account/problems.py`.",
        "",
        "| `type` | status | when | title |",
        "| --- | --- | --- | --- |",
    ]
    kinds = [kind for kind in _below(problems.Problem) if not kind.__subclasses__()]
    for kind in sorted([*kinds, *problems.SHARED], key=problems.type_of):
        when = (kind.__doc__ or "").split("\n")[0]
        parts.append(f"| `{problems.type_of(kind)}` | {kind.status} | {when} | {problems.title_of(kind)} |")
    return parts


def _below(kind: type[errors.AppError]) -> list[type[errors.AppError]]:
    return [found for child in kind.__subclasses__() for found in (child, *_below(child))]


LIFETIMES = (
    ("sign-in under way", INTERACTION_MS, ""),
    (
        "session, unused",
        sessions.IDLE_MS,
        "any authorization request is a use; `PATCH /api/configs/oidc/session`",
    ),
    ("session, in any case", sessions.ABSOLUTE_MS, "counted from the sign-in; `VESTIBULE_SESSION_DAYS`"),
    ("grant", grants.GRANT_MS, "renewed at each consent"),
    ("authorization code", codes.CODE_MS, "used once; a second use ends all it gave"),
    ("opaque access token", OPAQUE_SECONDS * 1000, ""),
    ("access token for a resource", OPAQUE_SECONDS * 1000, "the resource's `accessTokenTtl`"),
    ("ID token", ID_TOKEN_TTL_SECONDS * 1000, "the application's `idTokenTtl`"),
    ("refresh token", REFRESH_TTL_SECONDS * 1000, "the application's `refreshTokenTtlInDays`, 1 to 180"),
    ("refresh token, however often renewed", refresh.CHAIN_MS, "never longer than its grant"),
    ("reuse of a replaced refresh token", refresh.REUSE_MS, "for parallel requests; later reuse ends the grant"),
    ("notice of a new signing key", HOUR * 1000, "`vestibule keys rotate --grace`"),
    ("until running servers know of it", keys.POLL_MS, ""),
    ("until the account server forgets a withdrawn key", identity.KEEP_MS, ""),
    ("sign-in to the account page under way", logins.LOGIN_MS, ""),
    ("session of the account page, unused", page_sessions.IDLE_MS, ""),
    (
        "session of the account page, in any case",
        page_sessions.ABSOLUTE_MS,
        "ends with the sign-in at the next renewal",
    ),
    ("proof", PROOF_MS, "from its start; used once"),
)
UNITS = (("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1_000))


def lifetimes() -> str:
    """How long everything lasts, from the constants."""
    parts = [
        "# Lifetimes",
        "",
        "Without `offline_access` codes and tokens are bound to the session and end with it; a JWT ends by itself. "
        "Suspension, deletion and a new password end a user's sessions, grants and tokens at once. "
        "Made by `make docs` from the constants; do not edit.",
        "",
        "| what | lasts | |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*parts, *(f"| {what} | {_duration(ms)} | {note} |" for what, ms, note in LIFETIMES)]) + "\n"


def _duration(ms: int) -> str:
    unit, length = next(item for item in UNITS if ms >= 2 * item[1] or item[0] == "seconds")
    return f"{ms / length:g} {unit}"


def generated() -> dict[str, str]:
    """Path from the root to content, for everything that is generated whole."""
    return {
        "docs/configuration.md": configuration(),
        "docs/errors.md": error_reference(),
        "docs/lifetimes.md": lifetimes(),
        "docs/connectors.md": connectors_docs.reference(),
        "docs/senders.md": senders_docs.reference(),
        "src/vestibule/client/error_codes.py": error_constants(),
    }


def counted() -> str:
    """docs/compatibility.md with its counts made anew; the rest of it is written by hand."""
    text = (ROOT / "docs" / "compatibility.md").read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{contract.section()}\n\n{END}{after}"


def everything() -> dict[str, str]:
    """Path from the root to content, for the references and the page that is generated in part."""
    return {**generated(), "docs/compatibility.md": counted()}


def main() -> int:
    """Write the files, or with `--check` name the stale ones."""
    texts = everything()
    stale = [name for name, text in texts.items() if not _same(ROOT / name, text)]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"{name} is not current: run `make docs`")
        return 1 if stale else 0
    for name in stale:
        (ROOT / name).write_text(texts[name])
        print(f"wrote {name}")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
