"""Write the generated references into docs/ (`make docs`), or complain when they are not current (`--check`)."""

import sys
from dataclasses import fields
from pathlib import Path

from vestibule import errors
from vestibule.settings import AccountSettings, ServerSettings

DOCS = Path(__file__).parent.parent / "docs"


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
    found: list[type[errors.AppError]] = []
    queue = list(errors.AppError.__subclasses__())
    while queue:
        kind = queue.pop()
        queue += kind.__subclasses__()
        if kind.code and kind.__module__ == errors.__name__:
            found.append(kind)
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
    return "\n".join(parts) + "\n"


def generated() -> dict[str, str]:
    """File name to content, for every generated reference."""
    return {"configuration.md": configuration(), "errors.md": error_reference()}


def main() -> int:
    """Write the files, or with `--check` name the stale ones."""
    stale = [name for name, text in generated().items() if not _same(DOCS / name, text)]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"docs/{name} is not current: run `make docs`")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(generated()[name])
        print(f"wrote docs/{name}")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
