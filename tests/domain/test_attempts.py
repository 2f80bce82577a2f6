"""Counted tries: the limit holds however many come at once, on both stores."""

import asyncio

import pytest

from tests.world import World
from vestibule.domain import attempts
from vestibule.domain.sign_in_experience import DEFAULT_TRIES
from vestibule.errors import TooManyAttempts

pytestmark = pytest.mark.anyio


async def tries(world: World, count: int, account: str = "ada", address: str = "") -> int:
    """Begin so many tries at once; returns how many were let in."""

    async def one() -> bool:
        try:
            await attempts.begin(world.server.ctx, account, address)
        except TooManyAttempts:
            return False
        return True

    return sum(await asyncio.gather(*(one() for _ in range(count))))


async def test_of_two_hundred_tries_at_once_no_more_than_the_limit_is_let_in(world: World) -> None:
    """B52: counted before the secret is looked at, one after another for each account."""
    assert await tries(world, 200) == DEFAULT_TRIES


async def test_an_address_has_a_limit_of_its_own(world: World) -> None:
    """B51: many accounts from one address."""
    made = await asyncio.gather(*(tries(world, 1, f"user{number}", "192.0.2.1") for number in range(60)))
    assert sum(made) == attempts.PER_ADDRESS


async def test_the_count_begins_anew_after_a_good_try_and_after_the_window(world: World) -> None:
    assert await tries(world, 11) == 10
    await attempts.succeed(world.server.ctx, "ada")
    assert await tries(world, 11) == 10
    world.clock.advance(seconds=attempts.WINDOW_MS // 1000)
    assert await tries(world, 11) == 10
