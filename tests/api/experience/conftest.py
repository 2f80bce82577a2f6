"""A server for each test, once on each store, and a program at it that signs people in without our pages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.experience.headless import Headless, headless
from tests.world import World, worlds


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The server on a fresh store."""
    async with worlds(database_url, tmp_path) as made:
        yield made


@pytest.fixture
async def program(world: World) -> Headless:
    """A program with cookies of its own at the start of a sign-in."""
    made = await headless(world)
    await made.begin()
    return made
