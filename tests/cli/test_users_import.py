"""`vestibule users import`: what is taken, what is refused and why, and that a stopped import goes on."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from sqlalchemy import func, select

from tests.cli.conftest import Shell
from vestibule.cli import users_import
from vestibule.db import Statement
from vestibule.domain import importing
from vestibule.domain.context import Context
from vestibule.domain.credentials import check_password
from vestibule.domain.roles import ensure_default_role
from vestibule.domain.users import find_by_identifier
from vestibule.model import User
from vestibule.store.rows import Row
from vestibule.store.tables import user_roles, users

SECRET = "correct horse"
COUNT: Statement[Row] = Statement(select(func.count()).select_from(users))
GIVEN: Statement[Row] = Statement(select(func.count()).select_from(user_roles))


def written(shell: Shell, rows: Sequence[Any], name: str = "users.jsonl") -> Path:
    """Write a file of rows; a text is a line as it is."""
    path = shell.folder / name
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def user_of(shell: Shell, identifier: str) -> User:
    """Find a user."""

    async def work(ctx: Context) -> User | None:
        async with ctx.db.read() as tx:
            return await find_by_identifier(tx, ctx, identifier)

    user = shell.ask(work)
    assert user is not None
    return user


def count(shell: Shell, statement: Statement[Row] = COUNT) -> int:
    """Count rows."""

    async def work(ctx: Context) -> int:
        async with ctx.db.read() as tx:
            return int(await tx.value(statement))

    return shell.ask(work)


def refused(path: Path) -> list[tuple[int, str]]:
    """Read the report."""
    lines = path.with_name(f"{path.name}.refused.jsonl").read_text().splitlines()
    return [(row["line"], row["code"]) for row in map(json.loads, lines)]


DIGESTS = {
    "SHA256": hashlib.sha256(SECRET.encode()).hexdigest(),
    "Bcrypt": bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(4)).decode(),
    "Legacy": json.dumps(["sha512", ["pepper", "@"], hashlib.sha512(f"pepper{SECRET}".encode()).hexdigest()]),
}


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_users_keep_the_password_they_had(shell: Shell, algorithm: str) -> None:
    path = written(shell, [{"username": "ada", "passwordDigest": DIGESTS[algorithm], "passwordAlgorithm": algorithm}])
    done = shell("users", "import", str(path), "--json")
    assert (done.code, json.loads(done.out)) == (0, {"imported": 1, "refused": 0, "report": None})
    user = user_of(shell, "ada")

    async def right(ctx: Context) -> bool:
        return await check_password(ctx, user, SECRET)

    assert shell.ask(right)


def test_everything_about_a_user_is_taken_over(shell: Shell) -> None:
    row = {
        "id": "OldId1234567",
        "username": "ada",
        "primaryEmail": "Ada@Example.com",
        "primaryPhone": "4407911123456",
        "name": "Ada",
        "avatar": "https://example.com/ada.png",
        "password": "plain text is hashed",
        "customData": {"plan": "team"},
        "profile": {"givenName": "Ada", "address": {"country": "UK"}},
        "isSuspended": True,
        "createdAt": 1_600_000_000_000,
        "lastSignInAt": 1_700_000_000_000,
    }
    assert shell("users", "import", str(written(shell, [row]))).code == 0
    user = user_of(shell, "ada")
    assert (user.id, user.primary_email, user.primary_phone) == ("OldId1234567", "Ada@Example.com", "447911123456")
    assert (user.is_suspended, user.created_at, user.last_sign_in_at) == (True, 1_600_000_000_000, 1_700_000_000_000)
    assert json.loads(user.custom_data) == {"plan": "team"}
    assert json.loads(user.profile) == {"givenName": "Ada", "address": {"country": "UK"}}
    assert (user.password_digest or "").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_every_refused_row_is_reported_with_its_reason_and_the_rest_is_taken(shell: Shell) -> None:
    shell("users", "create", "--username", "ada", "--email", "ada@example.com", "--phone", "+61 412 345 678")
    rows: list[Any] = [
        {"username": "grace"},
        {"username": "ada"},
        {"primaryEmail": "ADA@example.com"},
        {"primaryPhone": "610412345678"},
        {"username": "not a name"},
        "{not json",
        "[]",
        "",
        {"username": "x", "identities": {}},
        {"username": "grace"},
        {"primaryPhone": "12"},
        {"passwordDigest": "abc"},
        {"passwordDigest": "abc", "passwordAlgorithm": "Legacy"},
        {"password": "a", "passwordDigest": "abc", "passwordAlgorithm": "MD5"},
        {"name": "x" * 129},
        {"id": "no spaces please"},
        {"username": "alan", "id": "sameid"},
        {"username": "kurt", "id": "sameid"},
        {"username": "nul", "name": "a\0b"},
    ]
    path = written(shell, rows)
    done = shell("users", "import", str(path), "--json")
    assert (done.code, json.loads(done.out)["imported"], json.loads(done.out)["refused"]) == (1, 2, 16)
    assert refused(path) == [
        (2, "user.username_already_in_use"),
        (3, "user.email_already_in_use"),
        (4, "user.phone_already_in_use"),
        (5, "guard.invalid_input"),
        (6, "request.malformed"),
        (7, "guard.invalid_input"),
        (9, "guard.invalid_input"),
        (10, "user.username_already_in_use"),
        (11, "user.invalid_phone"),
        (12, "user.password_algorithm_required"),
        (13, "password.invalid_legacy_password_format"),
        (14, "user.password_and_digest"),
        (15, "entity.value_too_long"),
        (16, "guard.invalid_input"),
        (18, "entity.db_constraint_violated"),
        (19, "guard.invalid_input"),
    ]
    assert "identities" in path.with_name(f"{path.name}.refused.jsonl").read_text()


def test_imported_users_get_the_default_roles(shell: Shell) -> None:
    async def role(ctx: Context) -> None:
        await ensure_default_role(ctx, "Everyone", "Everyone", "https://api.example", [])

    shell.ask(role)
    shell("users", "import", str(written(shell, [{"username": f"user{n}"} for n in range(3)])))
    assert count(shell, GIVEN) == 3


def test_a_stopped_import_goes_on_and_takes_each_row_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users_import, "BATCH", 4)
    rows = [{"username": f"user{n}"} for n in range(10)] + [{"username": "user1"}, {"username": "last"}]
    path = written(shell, rows)
    take = importing.take
    batches: list[int] = []

    async def stopped(ctx: Context, key: str, candidates: Any, before: Any, faults: Any) -> Any:
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(len(candidates))
        return await take(ctx, key, candidates, before, faults)

    with monkeypatch.context() as patch:
        patch.setattr(users_import, "take", stopped)
        done = shell("users", "import", str(path))
    assert done.code == 130
    assert "goes on from here" in done.err
    assert count(shell) == 8
    again = shell("users", "import", str(path), "--json")
    assert "going on after row 8" in again.err
    assert (json.loads(again.out)["imported"], json.loads(again.out)["refused"]) == (11, 1)
    assert count(shell) == 11
    assert refused(path) == [(11, "user.username_already_in_use")]
    # A third time there is nothing left to do, and the report is still right.
    assert json.loads(shell("users", "import", str(path), "--json").out)["imported"] == 11
    assert refused(path) == [(11, "user.username_already_in_use")]


def test_a_kill_between_the_batch_and_its_report_loses_no_refusal(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(shell, [{"username": "ada"}, {"username": "ada"}])
    with monkeypatch.context() as patch:
        written_before = users_import._written
        calls: list[int] = []

        def killed(report: Any, mark: Any) -> Any:
            calls.append(1)
            if len(calls) == 2:
                report.write(b"half a li")
                report.flush()
                raise KeyboardInterrupt
            return written_before(report, mark)

        patch.setattr(users_import, "_written", killed)
        assert shell("users", "import", str(path)).code == 130
    assert shell("users", "import", str(path)).code == 1
    assert refused(path) == [(2, "user.username_already_in_use")]


def test_a_changed_file_is_another_import(shell: Shell) -> None:
    path = written(shell, [{"username": "ada"}])
    shell("users", "import", str(path))
    done = shell("users", "import", str(written(shell, [{"username": "ada"}, {"username": "bob"}])), "--json")
    assert json.loads(done.out)["imported"] == 1
    assert refused(path) == [(1, "user.username_already_in_use")]


def test_progress_and_a_summary_are_said(shell: Shell) -> None:
    done = shell("users", "import", str(written(shell, [{"username": f"user{n}"} for n in range(3)])))
    assert done.out == "imported 3 users\n"
    assert "3 of 3 rows (100 %)" in done.err


def test_a_file_that_is_not_there_is_one_sentence(shell: Shell) -> None:
    done = shell("users", "import", "nowhere.jsonl")
    assert (done.code, done.err) == (2, "vestibule: nowhere.jsonl cannot be read: No such file or directory\n")


def test_two_imports_at_once_take_a_name_once(shell: Shell) -> None:
    first = written(shell, [{"username": f"user{n}"} for n in range(200)], "a.jsonl")
    second = written(shell, [{"username": f"user{n}"} for n in range(199, -1, -1)], "b.jsonl")

    async def both(ctx: Context) -> None:
        marks = await asyncio.gather(
            *(users_import._import(ctx, users_import.Source.of(path)) for path in (first, second))
        )
        assert sum(mark.imported for mark in marks) == 200

    shell.ask(both)
    assert count(shell) == 200


def test_users_are_listed_and_nothing_in_a_name_reaches_the_terminal(shell: Shell) -> None:
    """B94."""
    rows = [{"username": "ada", "name": "Ada \x1b[31mLovelace\r\n"}, {"username": "bob", "isSuspended": True}]
    shell("users", "import", str(written(shell, rows)))
    lines = shell("users", "list").out.splitlines()
    assert len(lines) == 3
    assert "\x1b" not in "".join(lines)
    found = shell("users", "list", "--search", "AD", "--json").out.splitlines()
    assert [json.loads(line)["username"] for line in found] == ["ada"]
    assert shell("users", "list", "--search", "%").out.splitlines()[1:] == []
    assert len(shell("users", "list", "--limit", "1", "--json").out.splitlines()) == 1
