"""PostgreSQL alone: lost connections, a full pool, and no state left on a session."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import func, select

from tests.db.planets import ADD, COUNT, SOME, create_tables, metadata, planet
from vestibule.db import Database, DatabaseUnavailable, InvalidText, Statement, StatementError, connect
from vestibule.db import postgres as engine
from vestibule.db import postgres_pool as pooling

pytestmark = pytest.mark.anyio

SESSION = Statement(select(func.pg_backend_pid()))
SLEEP = Statement(select(func.pg_sleep(60)))


@pytest.fixture
def url(request: pytest.FixtureRequest, postgres_server: str) -> str:
    name = f"planets_{abs(hash(request.node.name)) % 10**10}"

    async def create() -> None:
        connection = await asyncpg.connect(f"{postgres_server}/postgres")
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(create())
    create_tables(f"{postgres_server}/{name}")
    return f"{postgres_server}/{name}"


@pytest.fixture
async def db(url: str, anyio_backend: str) -> AsyncIterator[Database]:
    database = await connect(url, metadata)
    yield database
    await database.close()


async def end_sessions(url: str) -> None:
    """What a restart of the server does to the pool: every session ends at once."""
    admin = await asyncpg.connect(url)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await admin.close()


async def test_after_a_restart_the_pool_connects_again_by_itself(db: Database, url: str) -> None:
    for _ in range(3):
        await asyncio.gather(*(db.ping() for _ in range(8)))
        await end_sessions(url)
        for _ in range(10):
            try:
                await db.ping()
            except DatabaseUnavailable:
                continue
        async with db.write() as tx:
            await tx.value(COUNT)


async def test_a_second_statement_asks_for_a_transaction(db: Database) -> None:
    """Nothing would undo the first, which is made by then."""
    async with db.single() as tx:
        await tx.run(ADD, **planet("a", 1))
        with pytest.raises(StatementError):
            await tx.run(ADD, **planet("b", 2))
    async with db.read() as tx:
        assert await tx.value(COUNT) == 1


async def test_a_set_of_texts_is_asked_for_in_one_query(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver asks the catalogue, once on every connection and for longer than most answers take, what it misses."""
    asked: list[object] = []
    look_up = asyncpg.Connection._introspect_types

    async def counted(connection: asyncpg.Connection, *asked_for: object) -> object:
        asked.append(asked_for)
        return await look_up(connection, *asked_for)

    monkeypatch.setattr(asyncpg.Connection, "_introspect_types", counted)
    async with db.write() as tx:
        await tx.run(ADD, **planet("mars", 4))
        assert [one.id for one in await tx.all(SOME, ids=["mars", "pluto"])] == ["mars"]
    assert asked == []


async def test_a_connection_lost_inside_a_transaction_is_unavailable_and_nothing_is_kept(
    db: Database, url: str
) -> None:
    async def lose() -> None:
        async with db.write() as tx:
            await tx.run(ADD, **planet("earth", 3))
            await end_sessions(url)
            await tx.run(ADD, **planet("mars", 4))

    with pytest.raises(DatabaseUnavailable):
        await lose()
    async with db.write() as tx:
        assert await tx.value(COUNT) == 0


async def test_a_connection_lost_before_the_commit_is_unavailable(db: Database, url: str) -> None:
    async def lose() -> None:
        async with db.write() as tx:
            await tx.run(ADD, **planet("earth", 3))
            await end_sessions(url)

    with pytest.raises(DatabaseUnavailable):
        await lose()
    async with db.read() as tx:
        assert await tx.value(COUNT) == 0


async def test_a_pool_without_a_free_connection_is_unavailable_after_a_while(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, inside = asyncio.Event(), asyncio.Barrier(engine.POOL_SIZE + 1)

    async def hold() -> None:
        async with db.write():
            await inside.wait()
            await done.wait()

    holders = [asyncio.create_task(hold()) for _ in range(engine.POOL_SIZE)]
    await inside.wait()
    # Not before the others are in: opening their connections may take longer on a busy machine.
    monkeypatch.setattr(db._pool, "_patience", 0.05)  # type: ignore[attr-defined]
    with pytest.raises(DatabaseUnavailable):
        async with db.write():
            pass
    monkeypatch.undo()
    done.set()
    await asyncio.gather(*holders)
    async with db.write() as tx:
        assert await tx.value(COUNT) == 0


async def test_requests_cancelled_in_the_middle_of_a_query_leave_no_session_in_a_transaction(
    db: Database, url: str
) -> None:
    async def request(number: int) -> None:
        async with db.write() as tx:
            for step in range(50):
                await tx.run(ADD, **planet(f"p{number}.{step}", number * 100 + step))

    tasks = [asyncio.create_task(request(n)) for n in range(16)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with db.read() as tx:
        assert await tx.value(COUNT) % 50 == 0
    admin = await asyncpg.connect(url)
    left = await admin.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    )
    await admin.close()
    assert left == 0


async def test_a_text_for_a_number_is_a_fault_of_ours_and_is_not_shown(db: Database) -> None:
    with pytest.raises(StatementError, match="another type") as raised:
        async with db.write() as tx:
            await tx.run(ADD, **planet("earth", 3) | {"orbit": "secret"})
    assert "secret" not in str(raised.value)


async def test_broken_json_is_refused(db: Database) -> None:
    with pytest.raises(InvalidText):
        async with db.write() as tx:
            await tx.run(ADD, **planet("earth", 3, facts="{"))


async def test_nobody_answering_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        await connect("postgresql://nobody@127.0.0.1:1/nothing", metadata)


async def test_the_driver_sends_no_query_of_its_own_between_ours(db: Database) -> None:
    seen: list[str] = []
    connection = await db._pool.acquire()  # type: ignore[attr-defined]
    connection.add_query_logger(lambda record: seen.append(record.query))
    db._pool.release(connection)  # type: ignore[attr-defined]
    async with db.read() as tx:
        await tx.value(COUNT)
    async with db.read() as tx:
        await tx.value(COUNT)
    await asyncio.sleep(0)  # the driver tells of a query in the next turn of the loop
    assert len(seen) == 2


async def session(db: Database) -> int:
    """Return which session of the server a read comes to."""
    async with db.read() as tx:
        return int(await tx.value(SESSION))


async def test_one_after_another_uses_one_connection_and_many_at_once_as_many_as_there_may_be(db: Database) -> None:
    assert len({await session(db) for _ in range(5)}) == 1
    assert 1 < len({*await asyncio.gather(*(session(db) for _ in range(50)))}) <= engine.POOL_SIZE


async def test_a_connection_that_was_idle_for_long_is_not_used_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await session(db)
    monkeypatch.setattr(pooling, "IDLE_SECONDS", -1.0)
    assert await session(db) != first


async def test_a_query_that_was_given_up_is_met_by_nobody_else(db: Database) -> None:
    first = await session(db)

    async def wait() -> None:
        async with db.read() as tx:
            await tx.value(SLEEP)

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)  # it is sent, and waited for
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await session(db) != first


async def test_closing_waits_for_a_transaction_under_way_and_lets_no_other_begin(db: Database) -> None:
    async with db.write() as tx:
        closing = asyncio.create_task(db.close())
        await asyncio.sleep(0)
        with pytest.raises(DatabaseUnavailable):
            await db.ping()
        await tx.run(ADD, **planet("earth", 3))
    await closing
    with pytest.raises(DatabaseUnavailable):
        await db.ping()


async def test_a_refused_statement_costs_no_connection(db: Database) -> None:
    first = await session(db)
    for _ in range(2):
        with pytest.raises(InvalidText):
            async with db.single() as tx:
                await tx.run(ADD, **planet("earth", 3, facts="{"))
    assert await session(db) == first


async def test_a_unit_of_work_reaches_no_connection_after_its_end(db: Database) -> None:
    """Another one may have that connection, in a transaction of its own."""
    async with db.write() as over:
        await over.value(COUNT)
    async with db.write() as tx:
        with pytest.raises(StatementError, match="after the end"):
            await over.run(ADD, **planet("mars", 4))
        with pytest.raises(StatementError, match="after the end"):
            await over.later(ADD, **planet("mars", 4))
        await tx.value(COUNT)
    async with db.read() as tx:
        assert await tx.value(COUNT) == 0
