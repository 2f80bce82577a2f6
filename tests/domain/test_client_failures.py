"""Wrong client secrets: the limit holds however many come at once, on both stores."""

import asyncio
from collections import Counter

import httpx2
import pytest
from sqlalchemy import func, select

from tests.world import World
from vestibule.db import Statement
from vestibule.domain.client_failures import ACTION, LIMIT
from vestibule.store.rows import Row
from vestibule.store.tables import activities

pytestmark = pytest.mark.anyio
COUNTED: Statement[Row] = Statement(select(func.count()).select_from(activities).where(activities.c.action == ACTION))


async def wrong(world: World, client_id: str, count: int) -> Counter[int]:
    """Give a wrong secret so many times at once; returns how often each status came back."""

    async def one() -> httpx2.Response:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "wrong"}
        return await world.client.post("/oidc/token", data=form)

    return Counter(answer.status_code for answer in await asyncio.gather(*(one() for _ in range(count))))


async def test_wrong_secrets_that_come_at_once_are_counted_one_after_another(world: World) -> None:
    """B32: the twenty-first of a minute is turned away, also when none of them waits for the one before."""
    # Connections that are open already are what lets them come at once.
    await asyncio.gather(*[world.server.ctx.db.ping() for _ in range(8)])
    client_id, secret = await world.app("MachineToMachine")
    other_id, _ = await world.app("MachineToMachine")
    assert await wrong(world, client_id, 80) == {401: LIMIT, 429: 80 - LIMIT}
    async with world.server.ctx.db.read() as tx:
        assert await tx.value(COUNTED) == LIMIT
    assert await wrong(world, other_id, 5) == {401: 5}
    assert (await world.client_token(client_id, secret)).get("error") != "slow_down"
    world.clock.advance(seconds=60)
    assert await wrong(world, client_id, LIMIT + 1) == {401: LIMIT, 429: 1}
