"""A database with the test's own tables, on each engine."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import STORES
from tests.db.planets import create_tables, metadata
from tests.postgres_stores import run_admin
from vestibule.db import Database, connect


@pytest.fixture
def planets_url(database_url: str) -> str:
    """The address of a store that also holds `planets` and `moons`."""
    create_tables(database_url)
    return database_url


@pytest.fixture
async def db(planets_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """That store, open."""
    database = await connect(planets_url, metadata)
    yield database
    await database.close()


@pytest.fixture(params=STORES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that nothing has been put into."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty ü#%.db"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"empty_{abs(hash(str(tmp_path))) % 10**10}"
    run_admin(server, f"CREATE DATABASE {name}")
    yield f"{server}/{name}"
    run_admin(server, f"DROP DATABASE {name} WITH (FORCE)")


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """Ask a store outside the engine under test."""

    async def fetch() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(url)
        found = [tuple(row) for row in await connection.fetch(query)]
        await connection.close()
        return found

    if url.startswith("postgresql"):
        return asyncio.run(fetch())
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return connection.execute(query).fetchall()
