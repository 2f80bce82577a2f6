"""What a database refuses has the same name on both engines, and no message holds a value."""

import pytest
from sqlalchemy import bindparam, select

from tests.db.planets import ADD, ADD_MOON, COUNT_MOONS, GET, PUT, REMOVE, RENAME, metadata, planet, planets
from vestibule.db import (
    CheckViolation,
    Database,
    DatabaseError,
    DatabaseUnavailable,
    ForeignKeyViolation,
    InvalidText,
    Statement,
    UniqueViolation,
    ValueTooLong,
    connect,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def earth(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3, notes="Blue"))


async def add(db: Database, **changes: object) -> None:
    async with db.write() as tx:
        await tx.run(ADD, **planet("mars", 4) | changes)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"id": "earth"}, "planets__pk"),
        ({"name": "earth"}, "planets__name_ux"),
        ({"orbit": 3}, "planets__star_orbit"),
        ({"notes": "BLUE"}, "planets__notes_folded_ux"),
    ],
)
async def test_a_duplicate_names_the_constraint_of_the_metadata(
    db: Database, changes: dict[str, object], constraint: str
) -> None:
    with pytest.raises(UniqueViolation) as refused:
        await add(db, **changes)
    assert refused.value.constraint == constraint


async def test_a_reference_to_nothing_is_refused_and_deletes_cascade(db: Database) -> None:
    with pytest.raises(ForeignKeyViolation):
        async with db.write() as tx:
            await tx.run(ADD_MOON, id="phobos", planet_id="mars")
    async with db.write() as tx:
        await tx.run(ADD_MOON, id="moon", planet_id="earth")
        await tx.run(REMOVE, id="earth")
        assert await tx.value(COUNT_MOONS) == 0


async def test_checks_and_missing_values_are_refused(db: Database) -> None:
    with pytest.raises(CheckViolation, match="planets__orbit_not_negative"):
        await add(db, orbit=-1)
    with pytest.raises(CheckViolation, match="star"):
        await add(db, star=None)


async def test_a_text_longer_than_its_column_is_refused_when_it_is_written(db: Database) -> None:
    with pytest.raises(ValueTooLong, match="name"):
        await add(db, name="123456789")
    with pytest.raises(ValueTooLong, match="new_name"):
        async with db.write() as tx:
            await tx.one(RENAME, id="earth", new_name="123456789")
    with pytest.raises(ValueTooLong, match="name"):
        async with db.write() as tx:
            await tx.run(PUT, **planet("earth", 3, name="123456789"))
    # PostgreSQL alone would cut off spaces, and count characters rather than bytes.
    with pytest.raises(ValueTooLong):
        await add(db, name="1234567 " + " ")
    await add(db, name="éééééééé")


async def test_a_text_longer_than_its_column_is_found_nowhere(db: Database) -> None:
    async with db.read() as tx:
        assert await tx.one(GET, id="x" * 4000) is None
    async with db.write() as tx:
        assert await tx.one(RENAME, id="x" * 4000, new_name="a") is None


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_nul_and_lone_surrogates_are_refused_in_writes_and_reads(db: Database, text: str) -> None:
    with pytest.raises(InvalidText):
        await add(db, notes=text)
    with pytest.raises(InvalidText):
        async with db.read() as tx:
            await tx.one(GET, id=text)


async def test_nul_inside_json_is_refused_but_its_harmless_likeness_is_not(db: Database) -> None:
    with pytest.raises(InvalidText):
        await add(db, facts='{"a":"\\u0000"}')
    with pytest.raises(InvalidText):
        await add(db, facts='{"a":"\\\\\\u0000"}')
    await add(db, facts='{"a":"\\\\u0000"}')


async def test_an_integer_over_64_bits_is_refused(db: Database) -> None:
    with pytest.raises(InvalidText):
        await add(db, orbit=2**63)


async def test_messages_hold_no_values(db: Database) -> None:
    for changes in ({"name": "earth"}, {"notes": "secret\0"}, {"name": "secret-secret"}, {"orbit": -4242}):
        with pytest.raises(DatabaseError) as refused:
            await add(db, **changes)
        shown = repr(refused.value) + repr(refused.value.__cause__)
        assert "secret" not in shown
        assert "4242" not in shown


async def test_a_closed_database_is_unavailable(planets_url: str) -> None:
    closed = await connect(planets_url, metadata)
    await closed.ping()
    await closed.close()
    with pytest.raises(DatabaseUnavailable):
        await closed.ping()
    with pytest.raises(DatabaseUnavailable):
        async with closed.read() as tx:
            await tx.one(GET, id="earth")


async def test_a_fault_in_the_sql_stays_what_it_is(db: Database) -> None:
    broken: Statement[object] = Statement(select(planets.c.id).where(planets.c.id.op("@!@")(bindparam("id"))))
    with pytest.raises(Exception) as raised:
        async with db.read() as tx:
            await tx.one(broken, id="a")
    assert type(raised.value).__module__.split(".")[0] in {"sqlite3", "asyncpg"}
