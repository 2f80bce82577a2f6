"""Commands that change the store: users, applications, keys, migrations."""

import io
import json

import pytest
from sqlalchemy import bindparam, update

from tests.cli.conftest import Shell
from vestibule.crypto import new_master_key
from vestibule.db import Statement
from vestibule.domain import consent_scopes
from vestibule.domain.clients import Proof, authenticate, find_client
from vestibule.domain.context import Context
from vestibule.domain.credentials import check_password
from vestibule.domain.key_phases import statuses
from vestibule.domain.resources import allowed_to_application
from vestibule.domain.users import find_by_identifier
from vestibule.model import MANAGEMENT_RESOURCE, User
from vestibule.store import signing_keys
from vestibule.store.tables import application_secrets

PASSWORD = "correct horse battery"


def user_of(shell: Shell, identifier: str) -> User | None:
    """Find whoever signs in with this text."""

    async def work(ctx: Context) -> User | None:
        async with ctx.db.read() as tx:
            return await find_by_identifier(tx, ctx, identifier)

    return shell.ask(work)


def scopes_of(shell: Shell, application_id: str) -> list[str | None]:
    """Return what an application may do at the Management API."""

    async def work(ctx: Context) -> list[str | None]:
        async with ctx.db.read() as tx:
            found = await allowed_to_application(tx, application_id, MANAGEMENT_RESOURCE)
        return [item.scope for item in found]

    return shell.ask(work)


def test_a_created_user_is_found_by_each_identifier_and_knows_the_password(shell: Shell) -> None:
    words = ["--username", "ada", "--email", "Ada@Example.com", "--phone", "+33 6 12 34 56 78", "--name", "Ada L."]
    done = shell("users", "create", *words, "--password", PASSWORD, "--json")
    assert done.code == 0
    found = [user_of(shell, text) for text in ("ada", "ada@example.COM", "33612345678")]
    assert [user and user.id for user in found] == [json.loads(done.out)["id"]] * 3

    async def right(ctx: Context) -> bool:
        return await check_password(ctx, found[0], PASSWORD)

    assert shell.ask(right)


def test_a_password_can_come_from_standard_input(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert shell("users", "create", "--username", "ada", "--password-stdin").code == 0
    user = user_of(shell, "ada")
    assert user is not None
    assert user.has_password


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "--username, --email or --phone"),
        (["--name", "Ada"], "--username, --email or --phone"),
        (["--username", "9lives"], "does not start with a digit"),
        (["--username", "a b"], "letters, digits and underscores"),
        (["--email", "ada"], "not an e-mail address"),
        (["--phone", "call me"], "not a phone number"),
        (["--username", "ada", "--password", "short"], "fewer than 8 characters"),
        (["--username", "ada", "--password", "password1"], "most common"),
        (["--username", "lovelace", "--password", "lovelace1"], "too close to the user's own name"),
        (["--username", "ada", "--password", "x" * 257], "more than 256 characters"),
    ],
)
def test_what_would_not_be_a_user_is_refused_in_words(shell: Shell, words: list[str], sentence: str) -> None:
    done = shell("users", "create", *words)
    assert done.code == 2
    assert sentence in done.err


def test_a_password_is_held_against_the_policy_that_is_set(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VESTIBULE_PASSWORD_MIN", "30")
    done = shell("users", "create", "--username", "correcth", "--password", "correcth0rse")
    assert done.err == (
        "vestibule: the password is refused: it has fewer than 30 characters, and it is too close to the user's own "
        "name or address\n"
    )


def test_a_taken_identifier_is_refused_with_its_code(shell: Shell) -> None:
    assert shell("users", "create", "--username", "ada").code == 0
    done = shell("users", "create", "--username", "ada")
    assert done.code == 2
    assert "(user.username_already_in_use)" in done.err


def test_a_management_application_has_a_secret_that_works_and_the_scope_all(shell: Shell) -> None:
    done = shell("apps", "create", "--type", "machine-to-machine", "--management", "--name", "Server", "--json")
    made = json.loads(done.out)
    assert set(made) == {"id", "secret"}

    async def proof(ctx: Context) -> Proof:
        async with ctx.db.read() as tx:
            return (await authenticate(tx, ctx, made["id"], made["secret"])).proof

    assert shell.ask(proof) is Proof.PASSED
    assert scopes_of(shell, made["id"]) == ["all"]


def test_a_machine_without_the_management_role_may_do_nothing_there(shell: Shell) -> None:
    made = json.loads(shell("apps", "create", "--type", "machine-to-machine", "--name", "Plain", "--json").out)
    assert [scope for scope in scopes_of(shell, made["id"]) if scope] == []


@pytest.mark.parametrize(("kind", "has_secret"), [("spa", False), ("native", False), ("traditional", True)])
def test_an_application_for_people_keeps_its_addresses(shell: Shell, kind: str, has_secret: bool) -> None:
    words = ["--redirect-uri", "http://localhost:9/a", "--redirect-uri", "http://localhost:9/b"]
    words += ["--post-logout-redirect-uri", "http://localhost:9/bye"]
    made = json.loads(shell("apps", "create", "--type", kind, "--name", "Shop", *words, "--json").out)
    assert ("secret" in made) is has_secret

    async def addresses(ctx: Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
        async with ctx.db.read() as tx:
            client = await find_client(tx, made["id"])
        if client is None:
            raise LookupError
        return client.metadata.redirect_uris, client.metadata.post_logout_redirect_uris

    assert shell.ask(addresses) == (("http://localhost:9/a", "http://localhost:9/b"), ("http://localhost:9/bye",))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--type", "spa"], "at least one --redirect-uri"),
        (["--type", "spa", "--management", "--redirect-uri", "http://localhost:9"], "machine-to-machine"),
        (["--type", "fax"], "invalid choice"),
        (["--type", "spa", "--redirect-uri", "/callback"], "cannot be registered"),
        (["--type", "spa", "--redirect-uri", "https://a.example/", "--user-scope", "email"], "third parties"),
        (["--type", "machine-to-machine", "--third-party"], "Third-party applications are of the type"),
        (
            ["--type", "spa", "--redirect-uri", "https://a.example/", "--third-party", "--user-scope", "x"],
            "invalid choice",
        ),
    ],
)
def test_an_application_that_could_not_work_is_refused(shell: Shell, words: list[str], sentence: str) -> None:
    done = shell("apps", "create", "--name", "Shop", *words)
    assert done.code == 2
    assert sentence in done.err


def test_a_third_party_may_ask_for_what_it_was_created_with(shell: Shell) -> None:
    words = ["--type", "spa", "--name", "Other", "--redirect-uri", "https://a.example/", "--third-party"]
    made = json.loads(shell("apps", "create", *words, "--user-scope", "email", "--user-scope", "phone", "--json").out)

    async def enabled(ctx: Context) -> tuple[str, ...]:
        return (await consent_scopes.get(ctx, made["id"])).user_scopes

    assert shell.ask(enabled) == ("email", "phone")


def labels(shell: Shell) -> list[str]:
    """Return what the keys of the store are now."""

    async def work(ctx: Context) -> list[str]:
        async with ctx.db.read() as tx:
            return [label for label, _ in statuses(await tx.all(signing_keys.ALL), ctx.clock.now())]

    return shell.ask(work)


def test_rotating_publishes_the_next_key_and_keeps_the_one_that_signs(shell: Shell) -> None:
    done = shell("keys", "rotate")
    assert "signs in 3600 s" in done.out
    assert labels(shell) == ["Current", "Next"]


def test_rotating_now_signs_at_once_and_the_old_key_still_verifies(shell: Shell) -> None:
    assert "signs from now on" in shell("keys", "rotate", "--now").out
    assert labels(shell) == ["Current", "Previous"]


def test_the_previous_key_can_be_withdrawn_once(shell: Shell) -> None:
    shell("keys", "rotate", "--now")
    assert shell("keys", "withdraw").code == 0
    assert labels(shell) == ["Current"]
    assert "there is no previous key" in shell("keys", "withdraw").err


@pytest.mark.parametrize("words", [["--grace", "-1"], ["--grace", "soon"], ["--grace", "5", "--now"]])
def test_a_senseless_notice_is_refused(shell: Shell, words: list[str]) -> None:
    assert shell("keys", "rotate", *words).code == 2
    assert shell("keys", "rotate").code == 0
    assert labels(shell) == ["Current", "Next"]


def test_values_move_to_a_new_master_key_and_the_old_one_can_go(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """B101: rotation of the master key, as docs/operating.md tells it."""
    old, new = new_master_key(), new_master_key()
    monkeypatch.setenv("VESTIBULE_SECRET_KEY", old)
    made = json.loads(shell("apps", "create", "--type", "machine-to-machine", "--name", "x", "--json").out)
    monkeypatch.setenv("VESTIBULE_SECRET_KEY", f"{new},{old}")
    done = shell("keys", "reseal")
    assert done.code == 0
    assert done.err.splitlines()[-1] == "4 of 4"  # the digest key, a cookie key, a signing key, a secret
    assert done.out == "sealed 4 values with the first master key\n"
    assert json.loads(shell("keys", "reseal", "--json").out) == {"resealed": 0, "unopened": []}
    monkeypatch.setenv("VESTIBULE_SECRET_KEY", new)

    async def proof(ctx: Context) -> Proof:
        async with ctx.db.read() as tx:
            return (await authenticate(tx, ctx, made["id"], made["secret"])).proof

    assert shell.ask(proof) is Proof.PASSED


def test_values_that_open_with_no_key_end_the_command_with_an_error(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = new_master_key()
    monkeypatch.setenv("VESTIBULE_SECRET_KEY", old)
    for name in ("a", "b"):
        assert shell("apps", "create", "--type", "machine-to-machine", "--name", name).code == 0

    async def misplace(ctx: Context) -> None:
        sealed = ctx.sealer.seal(b"x", "application_secrets", "value_sealed", "elsewhere")
        async with ctx.db.write() as tx:
            await tx.run(Statement(update(application_secrets).values(value_sealed=bindparam("sealed"))), sealed=sealed)

    shell.ask(misplace)
    monkeypatch.setenv("VESTIBULE_SECRET_KEY", f"{new_master_key()},{old}")
    done = shell("keys", "reseal", "--json")
    assert done.code == 2
    named = [row.partition(" of ")[0] for row in json.loads(done.out)["unopened"]]
    assert named == ["application_secrets.value_sealed"] * 2
    assert "2 values open with none of the master keys" in done.err


def test_another_master_key_is_refused_in_words(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """B101: a wrong master key over a store that holds data is noticed."""
    shell("keys", "rotate")
    monkeypatch.setenv("VESTIBULE_SECRET_KEY", new_master_key())
    done = shell("apps", "create", "--type", "machine-to-machine", "--name", "x")
    assert done.code == 2
    assert "the master key does not open what this store holds" in done.err


def test_without_a_master_key_nothing_is_done(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """B101: a missing master key is named."""
    monkeypatch.delenv("VESTIBULE_SECRET_KEY")
    done = shell("users", "create", "--username", "ada")
    assert done.code == 2
    assert "VESTIBULE_SECRET_KEY" in done.err


def test_an_unreachable_store_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VESTIBULE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = shell("users", "create", "--username", "ada")
    assert done.code == 2
    assert done.err.startswith("vestibule: the store cannot be used")
    assert "Traceback" not in done.err


def test_a_migration_plan_names_the_steps_and_changes_nothing(bare: Shell) -> None:
    planned = bare("migrate", "--plan")
    assert "identity store: would run 0001" in planned.out
    assert "account store: would run 0001" in planned.out
    assert list(bare.folder.rglob("*.db")) == []
    assert "identity store: ran 0001" in bare("migrate").out
    assert bare("migrate", "--plan").out.splitlines() == [
        "identity store: up to date",
        "account store: up to date",
    ]


def test_one_store_can_be_migrated_alone(bare: Shell) -> None:
    assert bare("migrate", "--store", "account").out.startswith("account store: ran")
    assert [path.name for path in bare.folder.rglob("*.db")] == ["account.db"]
