"""Chains: a write and the inserts that depend on it, made together or not at all, on both engines."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import bindparam, update

from tests.db.planets import ADD, ADD_MOON, COUNT, COUNT_MOONS, GET, HAS_LIFE, planet, planets
from vestibule.db import Database, InvalidText, Statement, StatementError, UniqueViolation, ValueTooLong
from vestibule.db.chains import Step, run_chain

pytestmark = pytest.mark.anyio

FIND_LIFE = Statement(
    update(planets)
    .where(planets.c.id == bindparam("planet_id"), planets.c.has_life.is_(None))
    .values(has_life=bindparam("has_life"))
    .returning(planets.c.id)
)
EARTH = {"planet_id": "earth", "has_life": True}


def moon(name: str, of: str = "earth") -> Step:
    return ADD_MOON, {"id": name, "planet_id": of}


async def chained(db: Database, *inserts: Step) -> bool:
    async with db.single() as tx:
        return await run_chain(tx, (FIND_LIFE, EARTH), *inserts)


async def held(db: Database) -> tuple[int, int, bool | None]:
    """Return how many planets and moons there are, and whether the Earth has life."""
    async with db.read() as tx:
        return await tx.value(COUNT), await tx.value(COUNT_MOONS), await tx.value(HAS_LIFE, id="earth")


@pytest.fixture(autouse=True)
async def earth(db: Database) -> None:
    async with db.single() as tx:
        await tx.run(ADD, **planet("earth", 3))


async def test_what_depends_on_a_write_is_inserted_once(db: Database) -> None:
    first = (moon("luna"), moon("lilith"), (ADD, planet("mars", 4, facts='{"red":true}')))
    assert await chained(db, *first)
    assert await held(db) == (2, 2, True)
    assert not await chained(db, moon("phobos"), (ADD, planet("venus", 2)))
    assert await held(db) == (2, 2, True)


async def test_a_chain_may_end_with_its_first_write(db: Database) -> None:
    assert await chained(db)
    assert not await chained(db)


async def test_a_chain_may_begin_with_a_look(db: Database) -> None:
    for planet_id, there in (("earth", True), ("mars", False)):
        async with db.single() as tx:
            assert await run_chain(tx, (GET, {"id": planet_id}), moon(f"of {planet_id}")) is there
    async with db.single() as tx:
        assert await run_chain(tx, (GET, {"id": "earth"}))
    assert await held(db) == (1, 1, None)


async def test_an_insert_that_is_refused_undoes_the_rest(db: Database) -> None:
    with pytest.raises(UniqueViolation):
        await chained(db, moon("luna"), moon("luna"))
    assert await held(db) == (1, 0, None)


async def test_of_many_chains_at_once_one_wins(db: Database) -> None:
    won = await asyncio.gather(*[chained(db, moon(f"m{number}"), moon(f"n{number}")) for number in range(20)])
    assert sorted(won) == [False] * 19 + [True]
    assert (await held(db))[1] == 2


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        (planet("mars", 4, name="much too long"), ValueTooLong),
        (planet("mars", 4, facts='{"a":"\\u0000"}'), InvalidText),
        (planet("mars", 4, notes="\0"), InvalidText),
        ({"id": "mars"}, StatementError),
    ],
    ids=["too long", "NUL in JSON", "NUL", "missing"],
)
@pytest.mark.parametrize("is_last", [True, False])
async def test_values_are_checked_as_in_a_plain_insert(
    db: Database, wrong: dict[str, object], refusal: type[Exception], is_last: bool
) -> None:
    steps = (moon("luna"), (ADD, wrong)) if is_last else ((ADD, wrong), moon("luna"))
    with pytest.raises(refusal):
        await chained(db, *steps)
    assert await held(db) == (1, 0, None)


async def test_a_chain_is_part_of_the_transaction_that_it_is_in(db: Database) -> None:
    with suppress(ZeroDivisionError):
        async with db.write() as tx:
            assert await run_chain(tx, (FIND_LIFE, EARTH), moon("luna"))
            raise ZeroDivisionError
    assert await held(db) == (1, 0, None)
