"""Tables with one of everything that the engines treat differently, and statements over them."""

import asyncio
import sqlite3

import asyncpg
import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from vestibule.db import Statement
from vestibule.db.helpers import in_set, upsert
from vestibule.db.postgres import DIALECT as POSTGRESQL
from vestibule.db.sqlite_work import DIALECT as SQLITE
from vestibule.db.types import JSONText
from vestibule.store.tables import metadata as identity_metadata

metadata = MetaData(naming_convention=identity_metadata.naming_convention)

planets = Table(
    "planets",
    metadata,
    Column("id", String(8), primary_key=True),
    Column("name", String(8)),
    Column("star", String(8), nullable=False),
    Column("orbit", BigInteger, nullable=False),
    Column("facts", JSONText, nullable=False),
    Column("has_life", Boolean),
    Column("notes", Text),
    UniqueConstraint("star", "orbit"),
    CheckConstraint("orbit >= 0", name="orbit_not_negative"),
)
Index("planets__name_ux", planets.c.name, unique=True)
Index("planets__notes_folded_ux", func.lower(planets.c.notes), unique=True)
moons = Table(
    "moons",
    metadata,
    Column("id", String(8), primary_key=True),
    Column("planet_id", String(8), ForeignKey("planets.id", ondelete="CASCADE"), nullable=False),
)


class Planet(msgspec.Struct):
    """A row of `planets`."""

    id: str
    name: str | None
    star: str
    orbit: int
    facts: str
    has_life: bool | None
    notes: str | None


ADD = Statement(insert(planets))
ADD_MOON = Statement(insert(moons))
GET = Statement(select(planets).where(planets.c.id == bindparam("id")), Planet)
LIVING = Statement(select(planets).where(planets.c.has_life.is_(True)).order_by(planets.c.id), Planet)
HAS_LIFE = Statement(select(planets.c.has_life).where(planets.c.id == bindparam("id")))
COUNT = Statement(select(func.count()).select_from(planets))
COUNT_MOONS = Statement(select(func.count()).select_from(moons))
SOME = Statement(select(planets).where(in_set(planets.c.id, "ids")).order_by(planets.c.id), Planet)
BY_ORBITS = Statement(select(planets.c.id).where(in_set(planets.c.orbit, "orbits")).order_by(planets.c.id))
PAGE = Statement(select(planets.c.id).order_by(planets.c.id).limit(bindparam("limit")).offset(bindparam("offset")))
RENAME = Statement(
    update(planets).where(planets.c.id == bindparam("id")).values(name=bindparam("new_name")).returning(*planets.c),
    Planet,
)
SETTLE = Statement(update(planets).where(planets.c.has_life.is_(False)).values(has_life=True))
REMOVE = Statement(delete(planets).where(planets.c.id == bindparam("id")))
PUT = Statement(upsert(planets, ["id"], ["name", "has_life"]))


def planet(id: str, orbit: int, **changes: object) -> dict[str, object]:  # noqa: A002 - the column's name
    """Return the parameters of one row."""
    row = {"id": id, "name": id, "star": "sun", "orbit": orbit, "facts": "{}", "has_life": None, "notes": None}
    return row | changes


def create_tables(url: str) -> None:
    """Create the tables with the bare drivers."""
    dialect = SQLITE if url.startswith("sqlite") else POSTGRESQL
    elements: list[ExecutableDDLElement] = []
    for table in metadata.sorted_tables:
        elements += [CreateTable(table), *(CreateIndex(index) for index in table.indexes)]
    run_script(url, ";\n".join(str(element.compile(dialect=dialect)) for element in elements))


def run_script(url: str, script: str) -> None:
    """Run SQL with the bare driver."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.executescript(script)
        connection.close()
        return

    async def run() -> None:
        pg = await asyncpg.connect(url)
        await pg.execute(script)
        await pg.close()

    asyncio.run(run())
