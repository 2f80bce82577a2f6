"""A server for each test, once on each store, and a typed client of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.world import URL, World, worlds
from vestibule.client import AsyncManagementClient


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The server on a fresh store."""
    async with worlds(database_url, tmp_path) as made:
        yield made


@pytest.fixture
async def management(world: World) -> AsyncIterator[AsyncManagementClient]:
    """A client with the permission for everything."""
    client_id, secret = await world.app("MachineToMachine", management=True)
    transport = httpx2.ASGITransport(app=world.server.app, raise_app_exceptions=False)
    async with AsyncManagementClient(URL, client_id, secret, transport=transport) as client:
        yield client
