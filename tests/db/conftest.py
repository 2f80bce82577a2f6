"""A database with the test's own tables, on each engine."""

from collections.abc import AsyncIterator

import pytest

from tests.db.planets import create_tables, metadata
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
