"""Transactions: all or nothing, alone on SQLite, and never left open."""

import asyncio

import pytest

from tests.db.planets import ADD, COUNT, GET, metadata, planet
from vestibule.db import Database, StatementError, TransactionAborted, UniqueViolation, connect
from vestibule.db.locks import take_turn

pytestmark = pytest.mark.anyio


async def count(db: Database) -> int:
    async with db.read() as tx:
        return int(await tx.value(COUNT))


class WrongError(Exception):
    """Something that goes wrong in a block."""


async def add_and_fail(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(ADD, **planet("mars", 4))
        raise WrongError


async def test_a_block_that_ends_is_kept_and_one_that_raises_is_not(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3))
    with pytest.raises(WrongError):
        await add_and_fail(db)
    assert await count(db) == 1


async def test_a_block_reads_its_own_writes_and_others_do_not(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3))
        assert await tx.one(GET, id="earth") is not None
        assert await count(db) == 0
    assert await count(db) == 1


async def test_a_turn_is_held_by_one_transaction_at_a_time(db: Database) -> None:
    """B52: what is counted and then allowed is not counted by two at once; on SQLite writers take turns anyway."""
    inside: list[int] = []

    async def take(number: int) -> None:
        async with db.write() as tx:
            await take_turn(tx, "one and the same")
            inside.append(number)
            await tx.value(COUNT)
            await tx.run(ADD, **planet(f"p{number}", number))
            assert inside.pop() == number
            assert inside == []

    await asyncio.gather(*(take(number) for number in range(20)))
    assert await count(db) == 20


async def swallow(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(ADD, **planet("mars", 4))
        with pytest.raises(UniqueViolation):
            await tx.run(ADD, **planet("earth", 5))


async def swallow_and_go_on(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(UniqueViolation):
            await tx.many(ADD, [planet("venus", 2), planet("earth", 5)])
        await tx.one(GET, id="earth")


async def test_a_refusal_ends_the_transaction_even_when_it_is_swallowed(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3))
    with pytest.raises(TransactionAborted):
        await swallow(db)
    with pytest.raises(TransactionAborted):
        await swallow_and_go_on(db)
    assert await count(db) == 1


async def test_many_rows_are_written_all_or_not_at_all(db: Database) -> None:
    with pytest.raises(UniqueViolation):
        async with db.write() as tx:
            await tx.many(ADD, [planet("a", 1), planet("b", 2), planet("a", 3)])
    assert await count(db) == 0


async def test_a_single_statement_is_kept_whole_or_not_at_all(db: Database) -> None:
    async with db.single() as tx:
        await tx.many(ADD, [planet("a", 1), planet("b", 2)])
    with pytest.raises(UniqueViolation):
        async with db.single() as tx:
            await tx.many(ADD, [planet("c", 3), planet("d", 4), planet("a", 5)])
    assert await count(db) == 2


async def test_a_cancelled_request_rolls_back_and_frees_the_connection(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    for round_ in range(20):
        inside = asyncio.Event()

        async def request(inside: asyncio.Event, name: str) -> None:
            async with db.write() as tx:
                await tx.run(ADD, **planet(name, 1))
                inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(request(inside, f"p{round_}"))
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await count(db) == 0
    # Without a roll-back of ours the driver would do it, and complain.
    assert caplog.records == []
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3))
    assert await count(db) == 1


async def test_requests_cancelled_at_any_point_leave_nothing_behind(db: Database) -> None:
    async def request(number: int) -> None:
        async with db.write() as tx:
            await tx.run(ADD, **planet(f"p{number}", number))
            await asyncio.sleep(0)
            await tx.one(GET, id="nobody")
            raise WrongError

    await asyncio.gather(*(db.ping() for _ in range(8)))
    tasks = [asyncio.create_task(request(n)) for n in range(40)]
    for turn, task in enumerate(tasks):
        for _ in range(turn % 7):
            await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3))
    assert await count(db) == 1


async def test_concurrent_writers_all_get_their_turn(db: Database) -> None:
    async def request(number: int) -> None:
        async with db.write() as tx:
            await tx.run(ADD, **planet(f"p{number}", number))

    await asyncio.gather(*(request(n) for n in range(50)))
    assert await count(db) == 50


async def test_a_transaction_within_a_transaction_is_a_fault_on_sqlite(db: Database) -> None:
    if db.dialect == "postgresql":
        async with db.write(), db.write():
            return
    with pytest.raises(StatementError):
        async with db.write(), db.write():
            pass
    assert await count(db) == 0


async def test_what_is_committed_survives_a_new_connection(db: Database, planets_url: str) -> None:
    async with db.write() as tx:
        await tx.run(ADD, **planet("earth", 3))
    other = await connect(planets_url, metadata)
    assert await count(other) == 1
    await other.close()
