"""The identity server on each store, and a browser at it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.pages.visitor import Visitor, visitor
from tests.world import World, worlds


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The server on a fresh store."""
    async with worlds(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def ada(world: World) -> Visitor:
    """Ada's browser."""
    return visitor(world)
