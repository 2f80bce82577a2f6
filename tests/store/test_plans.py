"""What SQLite reads for a statement of the token endpoint or of a page: rows by their keys, however many others."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from vestibule.db import Statement
from vestibule.db.sqlite_work import DIALECT
from vestibule.store import applications, exchanges, grants, interactions, resources, subjects, tokens

OF_A_TOKEN: dict[str, Statement[Any]] = {
    "the client": applications.GET,
    "the client and its secret": applications.WITH_SECRET,
    "the user": subjects.ACTIVE,
    "the code and its user": tokens.CODE,
    "the use of the code": tokens.CONSUME_CODE,
    "the refresh token and its user": tokens.REFRESH,
    "the refresh token and its grant": tokens.LIVE_REFRESH,
    "the use of the refresh token": tokens.ROTATE,
    "what a client may do": resources.FOR_APPLICATION,
    "what a user may do": resources.FOR_USER,
    "whose token it is": tokens.BEARER,
    "the access tokens of a session": tokens.OF_SESSION[0],
    "the refresh tokens of a session": tokens.OF_SESSION[1],
    "the codes of a session": tokens.OF_SESSION[2],
    "a token for a token": exchanges.FOR_ACCESS,
    "a token for a personal one": exchanges.FOR_PERSONAL,
    "a sign-in and its application": interactions.LIVE_OF_APPLICATION,
}


@pytest.fixture
def file(sqlite_templates: dict[str, Path]) -> Iterator[sqlite3.Connection]:
    """A migrated file."""
    with closing(sqlite3.connect(sqlite_templates["identity"])) as connection:
        yield connection


def plan_of(file: sqlite3.Connection, statement: Statement[Any]) -> list[str]:
    """Return how SQLite would go about a statement: one line for each table."""
    text = statement.compile(DIALECT).text
    plan = [str(step[-1]) for step in file.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?"))]
    return [step for step in plan if step.startswith(("SEARCH", "SCAN"))]


@pytest.mark.parametrize("statement", OF_A_TOKEN.values(), ids=OF_A_TOKEN)
def test_a_token_costs_the_same_however_many_there_are(file: sqlite3.Connection, statement: Statement[Any]) -> None:
    plan = plan_of(file, statement)
    assert plan
    assert plan == [step for step in plan if step.startswith("SEARCH") and "=?" in step]


def test_a_sign_in_costs_the_same_however_often_its_user_has_signed_in(file: sqlite3.Connection) -> None:
    """A user has a grant for each application and session of half a year, a session only those of its own."""
    (look_up,) = plan_of(file, grants.OF_SESSION)
    assert look_up == "SEARCH grants USING INDEX grants__session_uid_ix (session_uid=?)"
