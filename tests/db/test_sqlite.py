"""SQLite alone: a file that others write to as well, threads for scans, checkpoints off the loop."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Select, and_, func, literal, or_, select

from tests.db.planets import ADD, COUNT, GET, create_tables, metadata, planet, planets
from vestibule.db import DatabaseUnavailable, Statement, connect
from vestibule.db import sqlite as engine
from vestibule.db.helpers import in_set
from vestibule.db.sqlite import SQLite
from vestibule.db.sqlite_work import DIALECT

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/planets.db"
    create_tables(address)
    return address


async def open_file(url: str, synchronous: str = "NORMAL") -> SQLite:
    database = await connect(url, metadata, synchronous=synchronous)
    assert isinstance(database, SQLite)
    return database


def content(db: SQLite) -> bytes:
    return Path(db.path).read_bytes()


def other_process(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)


@pytest.mark.parametrize(("setting", "level"), [("NORMAL", 1), ("FULL", 2), ("full", 2)])
async def test_the_setting_chooses_how_safely_commits_are_written(url: str, setting: str, level: int) -> None:
    db = await open_file(url, setting)
    connection = engine.open_connection(db.path, setting)
    assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    await db.close()


async def test_a_file_locked_by_another_process_is_waited_for_without_blocking_the_loop(url: str) -> None:
    db = await open_file(url)
    other = other_process(url)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with db.write() as tx:
            await tx.run(ADD, **planet("earth", 3))

    writing = asyncio.create_task(write())
    for _ in range(3):
        await asyncio.sleep(0)
        async with db.read() as tx:
            assert await tx.value(COUNT) == 0
    other.execute("COMMIT")
    await writing
    assert other.execute("SELECT id FROM planets").fetchall() == [("earth",)]
    other.close()
    await db.close()


async def test_a_file_locked_for_too_long_is_unavailable_and_usable_afterwards(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_PAUSE", 0)
    db = await open_file(url)
    other = other_process(url)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        async with db.write():
            pass
    other.execute("ROLLBACK")
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3))
    other.close()
    await db.close()


async def test_a_request_cancelled_while_it_waits_lets_the_next_one_write(url: str) -> None:
    db = await open_file(url)
    other = other_process(url)
    other.execute("BEGIN IMMEDIATE")

    async def write(name: str, orbit: int) -> None:
        async with db.write() as tx:
            await tx.run(ADD, **planet(name, orbit))

    first, second = asyncio.create_task(write("earth", 3)), asyncio.create_task(write("mars", 4))
    await asyncio.sleep(0)
    first.cancel()
    other.execute("ROLLBACK")
    await second
    assert other.execute("SELECT id FROM planets").fetchall() == [("mars",)]
    other.close()
    await db.close()


async def test_a_full_disk_is_unavailable_and_leaves_no_transaction_open(url: str) -> None:
    db = await open_file(url)
    db._writer.connection.execute("PRAGMA max_page_count=1")
    with pytest.raises(DatabaseUnavailable):
        async with db.write() as tx:
            await tx.many(ADD, [planet(f"p{n}", n, notes=str(n) * 2000) for n in range(200)])
    db._writer.connection.execute("PRAGMA max_page_count=100000")
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3))
    await db.close()


async def test_reads_and_scans_cannot_write(url: str) -> None:
    db = await open_file(url)
    for block in (db.read(), db.scan()):
        with pytest.raises(DatabaseUnavailable, match="readonly"):
            async with block as tx:
                await tx.run(ADD, **planet("earth", 3))
    await db.close()


async def test_a_scan_that_takes_too_long_is_given_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """B91: whatever is searched for, a thread is free again in time."""
    monkeypatch.setattr(engine, "SCAN_SECONDS", 0.01)
    db = await open_file(url)
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    endless = numbers.union_all(select(numbers.c.n + 1))
    async with db.scan() as tx:
        with pytest.raises(DatabaseUnavailable):
            await tx.value(Statement(select(func.count()).select_from(endless)))
        assert await tx.value(COUNT) == 0
    await db.close()


async def test_scans_run_away_from_the_loop(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    db = await open_file(url)
    threads: list[str] = []
    fetch = db._fetch

    def watched(text: str, arguments: object) -> object:
        threads.append(threading.current_thread().name)
        return fetch(text, arguments)

    monkeypatch.setattr(db, "_fetch", watched)
    async with db.scan() as tx:
        assert await tx.one(GET, id="earth") is None
    assert threads
    assert threads[0].startswith("scan")
    await db.close()


async def test_the_log_is_copied_into_the_file_by_a_thread(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "CHECKPOINT_COMMITS", 4)
    db = await open_file(url)
    before = content(db)
    for n in range(4):
        async with db.write() as tx:
            await tx.run(ADD, **planet(f"p{n}", n))
    db._threads.shutdown(wait=True)
    assert b"p3" in content(db)
    assert b"p3" not in before
    await db.close()


async def test_a_folder_that_is_missing_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        await connect(f"sqlite:///{tmp_path}/nowhere/planets.db", metadata)


async def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="sqlite:/// or postgresql://"):
        await connect("mysql://host/name", metadata)


_SOME, _NAMED = in_set(planets.c.id, "ids"), planets.c.name == literal("Mars")


@pytest.mark.parametrize(
    "query",
    [
        select(planets).where(_SOME),
        select(planets).where(_SOME, _NAMED),
        select(planets).where(or_(_SOME, and_(_SOME, _NAMED))),
    ],
)
async def test_one_of_several_values_is_found_by_the_index(url: str, query: Select[tuple[object, ...]]) -> None:
    """Whatever else is asked for beside it: a user is made, and looked for, without reading all the others."""
    compiled = Statement(query).compile(DIALECT)
    arguments = compiled.arguments({"ids": ["mars"]})
    plan = other_process(url).execute(f"EXPLAIN QUERY PLAN {compiled.text}", arguments).fetchall()
    steps = [str(step[-1]) for step in plan]
    assert any(step.startswith("SEARCH planets USING INDEX") for step in steps)
    assert not [step for step in steps if step.startswith("SCAN planets")]
