"""What SQLite reads for a statement of the token endpoint or of a page: rows by their keys, however many others."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from vestibule.db import Statement
from vestibule.db.sqlite_work import DIALECT
from vestibule.store import applications, exchanges, interactions, resources, subjects, tokens

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
    "a token for a token": exchanges.FOR_ACCESS,
    "a token for a personal one": exchanges.FOR_PERSONAL,
    "a sign-in and its application": interactions.LIVE_OF_APPLICATION,
}


@pytest.fixture
def file(sqlite_templates: dict[str, Path]) -> Iterator[sqlite3.Connection]:
    """A migrated file."""
    with closing(sqlite3.connect(sqlite_templates["identity"])) as connection:
        yield connection


@pytest.mark.parametrize("statement", OF_A_TOKEN.values(), ids=OF_A_TOKEN)
def test_a_token_costs_the_same_however_many_there_are(file: sqlite3.Connection, statement: Statement[Any]) -> None:
    text = statement.compile(DIALECT).text
    plan = [str(step[-1]) for step in file.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?"))]
    looked_up = [step for step in plan if step.startswith("SEARCH") and "=?" in step]
    assert looked_up
    assert looked_up == [step for step in plan if step.startswith(("SEARCH", "SCAN"))]
