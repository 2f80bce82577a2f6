"""A world for each test, once on each store."""

from collections.abc import AsyncIterator

import pytest

from tests.oidc.world import World, worlds


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The server on a fresh store."""
    async with worlds(database_url) as made:
        yield made
