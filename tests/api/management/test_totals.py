"""Counting long lists: exact while they are short, remembered for a moment when they are long."""

import pytest

from tests.world import World

pytestmark = pytest.mark.anyio


async def total(world: World, path: str = "/users") -> int:
    return int((await world.call("GET", path)).headers["total-number"])


async def test_a_short_list_is_counted_each_time(world: World) -> None:
    for expected in (1, 2, 3):
        await world.user()
        assert await total(world) == expected


async def test_a_long_list_is_counted_again_after_ten_seconds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vestibule.domain.totals.EXACT", 2)
    for _ in range(3):
        await world.user()
    assert await total(world) == 3
    await world.user()
    assert await total(world) == 3
    world.clock.advance(seconds=10)
    assert await total(world) == 4


async def test_each_search_has_a_count_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vestibule.domain.totals.EXACT", 0)
    for name in ("ada", "adam", "bob"):
        await world.user(username=name)
    assert await total(world) == 3
    assert await total(world, "/users?search.username=ada%25") == 2
    assert await total(world, "/users?search.username=b%25") == 1


async def test_a_deep_page_holds_what_belongs_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vestibule.store.listing.DEEP", 1)
    names = [f"user{n}" for n in range(9)]
    for name in names:
        world.clock.advance(seconds=1)
        await world.user(username=name)
    found = [
        user["username"]
        for page in (1, 2, 3)
        for user in (await world.call("GET", f"/users?page={page}&page_size=4&search.username=user%25")).json()
    ]
    assert found == names[::-1]
