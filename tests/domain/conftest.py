"""A server for each test, once on each store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.world import World, worlds


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The server on a fresh store."""
    async with worlds(database_url, tmp_path) as made:
        yield made
