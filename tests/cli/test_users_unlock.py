"""`vestibule users unlock`: an operator lets somebody in again."""

import json

import pytest
from sqlalchemy import select

from tests.cli.conftest import Shell
from vestibule.db import Statement
from vestibule.domain import attempts
from vestibule.domain.context import Context
from vestibule.domain.sign_in_experience import DEFAULT_TRIES
from vestibule.errors import TooManyAttempts
from vestibule.store.rows import Row
from vestibule.store.tables import logs

ENTRIES: Statement[Row] = Statement(select(logs.c.key, logs.c.user_id))


def lock(shell: Shell, account: str) -> None:
    """Fail as often as it takes."""

    async def work(ctx: Context) -> None:
        for _ in range(DEFAULT_TRIES):
            await attempts.begin(ctx, account)

    shell.ask(work)


def is_locked(shell: Shell, account: str) -> bool:
    """Tell whether a try is refused."""

    async def work(ctx: Context) -> bool:
        try:
            await attempts.begin(ctx, account)
        except TooManyAttempts:
            return True
        return False

    return shell.ask(work)


def entries(shell: Shell) -> list[tuple[str, str | None]]:
    """Return the keys of the audit trail, and whom they are about."""

    async def work(ctx: Context) -> list[tuple[str, str | None]]:
        async with ctx.db.read() as tx:
            return [(str(key), None if user_id is None else str(user_id)) for key, user_id in await tx.all(ENTRIES)]

    return shell.ask(work)


def created(shell: Shell) -> str:
    """Create ada; returns her id."""
    words = ["--username", "ada", "--email", "Ada@Example.com", "--phone", "+33 6 12 34 56 78"]
    return str(json.loads(shell("users", "create", *words, "--json").out)["id"])


@pytest.mark.parametrize("name", ["ada", "ADA@example.com", "+33 6 12 34 56 78", "id"])
def test_a_locked_account_is_let_in_again_by_any_of_its_names(shell: Shell, name: str) -> None:
    """B51, B95: and the audit trail says whose it was."""
    user_id = created(shell)
    lock(shell, user_id)
    assert is_locked(shell, user_id)
    done = shell("users", "unlock", user_id if name == "id" else name, "--json")
    assert json.loads(done.out) == {"users": [user_id], "forgotten": DEFAULT_TRIES}
    assert not is_locked(shell, user_id)
    assert ("Command.users unlock", user_id) in entries(shell)


def test_somebody_who_was_not_locked_stays_as_they_are(shell: Shell) -> None:
    created(shell)
    assert shell("users", "unlock", "ada").out == "ada can sign in again; forgot 0 failed tries and sent messages\n"


def test_nobody_is_told_so(shell: Shell) -> None:
    done = shell("users", "unlock", "eve")
    assert (done.code, done.out) == (2, "")
    assert "nobody here is called eve" in done.err
    assert entries(shell) == []
