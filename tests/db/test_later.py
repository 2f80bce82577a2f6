"""Writes that can wait: sent together, before whatever follows them, and part of their transaction, on both engines."""

from contextlib import suppress

import pytest

from tests.db.planets import ADD, ADD_MOON, COUNT, COUNT_MOONS, planet
from vestibule.db import Database, ForeignKeyViolation, InvalidText, StatementError, UniqueViolation
from vestibule.db.chains import Step

pytestmark = pytest.mark.anyio


async def held(db: Database) -> tuple[int, int]:
    """Return how many planets and moons there are."""
    async with db.read() as tx:
        return await tx.value(COUNT), await tx.value(COUNT_MOONS)


async def test_what_waits_is_there_at_the_end(db: Database) -> None:
    """Rows that need one another, too, whichever comes first."""
    async with db.write() as tx:
        await tx.later(ADD, **planet("earth", 3))
        await tx.later(ADD_MOON, id="luna", planet_id="earth")
        await tx.later(ADD, **planet("mars", 4, facts='{"red":true}'))
    assert await held(db) == (2, 1)
    async with db.write() as tx:
        await tx.later(ADD, **planet("venus", 2))
    assert await held(db) == (3, 1)


async def test_what_follows_sees_what_waited(db: Database) -> None:
    async with db.write() as tx:
        await tx.later(ADD, **planet("earth", 3))
        assert await tx.value(COUNT) == 1
        await tx.later(ADD, **planet("mars", 4))
        assert [row[0] for row in await tx.all(COUNT)] == [2]
        await tx.later(ADD, **planet("venus", 2))
        await tx.many(ADD_MOON, [{"id": "luna", "planet_id": "venus"}])
        await tx.later(ADD, **planet("pluto", 9))
        await tx.run(ADD_MOON, id="charon", planet_id="pluto")
    assert await held(db) == (4, 2)


async def test_what_waits_goes_with_its_transaction(db: Database) -> None:
    with suppress(ZeroDivisionError):
        async with db.write() as tx:
            await tx.later(ADD, **planet("earth", 3))
            raise ZeroDivisionError
    assert await held(db) == (0, 0)


async def left(db: Database, *writes: Step) -> None:
    """Write a planet, and leave others to the end."""
    async with db.write() as tx:
        await tx.run(ADD, **planet("mars", 4))
        for statement, parameters in writes:
            await tx.later(statement, **parameters)


async def test_what_is_refused_at_the_end_undoes_everything(db: Database) -> None:
    earth: Step = ADD, planet("earth", 3)
    with pytest.raises(UniqueViolation):
        await left(db, earth, (ADD, planet("earth", 5)))
    with pytest.raises(ForeignKeyViolation):
        await left(db, earth, (ADD_MOON, {"id": "luna", "planet_id": "nowhere"}))
    assert await held(db) == (0, 0)
    await left(db, earth)
    assert await held(db) == (2, 0), "the connection is as good as new"


async def followed(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3))
        await tx.later(ADD, **planet("earth", 3))
        await tx.value(COUNT)


async def test_what_is_refused_on_the_way_is_raised_by_what_follows(db: Database) -> None:
    with pytest.raises(UniqueViolation):
        await followed(db)
    assert await held(db) == (0, 0)


async def test_values_are_checked_at_once(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(InvalidText):
            await tx.later(ADD, **planet("mars", 4, notes="\0"))
        with pytest.raises(StatementError):
            await tx.later(ADD, id="mars")
    assert await held(db) == (0, 0)


async def test_in_one_statement_nothing_waits(db: Database) -> None:
    async with db.single() as tx:
        await tx.later(ADD, **planet("earth", 3))
    assert await held(db) == (1, 0)
