"""A server that may reach loopback, and an upstream there: fixtures for whoever imports them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.social.trial import Trial
from tests.connectors.social.upstream import Upstream, upstreams
from tests.world import World, worlds


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A server that may reach loopback."""
    async with worlds(database_url, tmp_path, VESTIBULE_ALLOW_PRIVATE="127.0.0.0/8") as made:
        yield made


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """Where its providers are."""
    async with upstreams() as running:
        yield running


@pytest.fixture
async def trial(request: pytest.FixtureRequest, upstream: Upstream) -> AsyncIterator[Trial]:
    """A provider's record in front of the upstream; the parameter names it."""
    made = Trial(request.param, upstream)
    yield made
    await made.outgoing.close()
