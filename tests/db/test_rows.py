"""Rows in and out: the same values on both engines."""

import json

import pytest

from tests.db.planets import (
    ADD,
    BY_ORBITS,
    COUNT,
    GET,
    HAS_LIFE,
    LIVING,
    PAGE,
    PUT,
    REMOVE,
    RENAME,
    SETTLE,
    SOME,
    Planet,
    planet,
)
from vestibule.db import Database

pytestmark = pytest.mark.anyio


async def add(db: Database, *rows: dict[str, object]) -> None:
    async with db.write() as tx:
        await tx.many(ADD, rows)


async def test_a_row_comes_back_as_the_struct_it_went_in_as(db: Database) -> None:
    earth = planet("earth", 3, facts='{"moons":1}', has_life=True, notes="Ünïcode 🌍")
    await add(db, earth)
    async with db.read() as tx:
        found = await tx.one(GET, id="earth")
    assert found is not None
    assert json.loads(found.facts) == {"moons": 1}
    assert found == Planet(**earth | {"facts": found.facts})  # type: ignore[arg-type]


async def test_a_missing_row_is_none_and_no_rows_are_an_empty_list(db: Database) -> None:
    async with db.read() as tx:
        assert await tx.one(GET, id="vulcan") is None
        assert await tx.all(SOME, ids=["vulcan"]) == []
        assert await tx.value(HAS_LIFE, id="vulcan") is None


async def test_booleans_are_booleans(db: Database) -> None:
    await add(db, planet("earth", 3, has_life=True), planet("mars", 4, has_life=False), planet("x", 9))
    async with db.read() as tx:
        found = await tx.all(SOME, ids=["earth", "mars", "x"])
        assert [p.has_life for p in found] == [True, False, None]
        assert await tx.value(HAS_LIFE, id="mars") is False
        assert [p.id for p in await tx.all(LIVING)] == ["earth"]


async def test_64_bit_integers_survive(db: Database) -> None:
    await add(db, planet("far", 2**63 - 1))
    async with db.read() as tx:
        found = await tx.one(GET, id="far")
    assert found is not None
    assert found.orbit == 2**63 - 1


async def test_a_set_may_be_any_collection_and_may_be_empty(db: Database) -> None:
    await add(db, planet("a", 1), planet('b"', 2), planet("c,d", 3))
    async with db.read() as tx:
        assert [p.id for p in await tx.all(SOME, ids={"a", 'b"'})] == ["a", 'b"']
        assert [p.id for p in await tx.all(SOME, ids=("c,d", "nobody"))] == ["c,d"]
        assert await tx.all(SOME, ids=[]) == []
        assert await tx.all(BY_ORBITS, orbits=[2, 3, 99]) == [('b"',), ("c,d",)]


async def test_an_upsert_inserts_and_then_updates_only_the_named_columns(db: Database) -> None:
    async with db.write() as tx:
        assert await tx.run(PUT, **planet("earth", 3, notes="first")) == 1
        assert await tx.run(PUT, **planet("earth", 4, notes="second", name="terra", has_life=True)) == 1
        found = await tx.one(GET, id="earth")
    assert found == Planet("earth", "terra", "sun", 3, "{}", True, "first")


async def test_an_update_returns_the_new_row_once(db: Database) -> None:
    await add(db, planet("earth", 3))
    async with db.write() as tx:
        renamed = await tx.one(RENAME, id="earth", new_name="terra")
        assert renamed is not None
        assert renamed.name == "terra"
        assert await tx.one(RENAME, id="mars", new_name="ares") is None
        assert await tx.run(RENAME, id="earth", new_name="gaia") == 1


async def test_the_count_of_touched_rows_is_returned(db: Database) -> None:
    await add(db, planet("a", 1, has_life=False), planet("b", 2, has_life=False), planet("c", 3))
    async with db.write() as tx:
        assert await tx.run(SETTLE) == 2
        assert await tx.run(SETTLE) == 0
        assert await tx.run(REMOVE, id="a") == 1
        assert await tx.run(REMOVE, id="a") == 0


async def test_lists_and_counts_run_as_scans(db: Database) -> None:
    await add(db, *(planet(f"p{n}", n) for n in range(5)))
    async with db.scan() as tx:
        assert await tx.all(PAGE, limit=2, offset=2) == [("p2",), ("p3",)]
        assert await tx.value(COUNT) == 5
        assert (await tx.one(GET, id="p1")) is not None
