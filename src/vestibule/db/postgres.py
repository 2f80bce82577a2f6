"""PostgreSQL by asyncpg. Nothing may leave session state on a connection, which the next one gets as it is."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, NoReturn, TypeVar

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from vestibule.db.compiled import Arguments, Compiled
from vestibule.db.database import ENGINES, REVISION, Engine
from vestibule.db.errors import DatabaseUnavailable, StatementError, TransactionAborted
from vestibule.db.postgres_errors import FAILURES, refuse
from vestibule.db.postgres_pool import Connection, Pool
from vestibule.db.statement import Statement
from vestibule.db.units import Shared

R = TypeVar("R")
DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]
POOL_SIZE = 8
CONNECT_SECONDS, COMMAND_SECONDS = 5, 30
# More than the program has statements, so that none is prepared twice.
STATEMENT_CACHE = 512
OVER = "a statement after the end of its transaction"
_PARAMETER = re.compile(r"\$(\d+)")


def compiled_for(statement: Statement[R]) -> Compiled[R]:
    """Return the statement compiled for PostgreSQL, compiling it at the first use."""
    compiled = statement.postgresql
    if compiled is None:
        compiled = statement.postgresql = statement.compile(DIALECT)
    return compiled


class Work:
    """A unit of work: on one connection inside a transaction, or on the pool for single reads."""

    __slots__ = ("_source",)
    is_alone = False

    def __init__(self, source: Any) -> None:
        self._source = source

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row."""
        compiled = statement.postgresql or compiled_for(statement)
        arguments = compiled.arguments(parameters)
        try:
            rows = await self._source.fetch(compiled.text, *arguments)
        except FAILURES as error:
            refuse(error)
        return [compiled.row(row) for row in rows]

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, or None."""
        compiled = statement.postgresql or compiled_for(statement)
        arguments = compiled.arguments(parameters)
        try:
            row = await self._source.fetchrow(compiled.text, *arguments)
        except FAILURES as error:
            refuse(error)
        return None if row is None else compiled.row(row)

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        """Return the first column of the first row, or None; for statements without a struct."""
        row = await self.one(statement, **parameters)
        return None if row is None else row[0]

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Run a statement; return how many rows it touched."""
        compiled = statement.postgresql or compiled_for(statement)
        arguments = compiled.arguments(parameters)
        try:
            status = await self._source.execute(compiled.text, *arguments)
        except FAILURES as error:
            refuse(error)
        count = status.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def later(self, statement: Statement[Any], **parameters: Any) -> None:
        """Run a write whose outcome nobody asks for."""
        await self.run(statement, **parameters)

    async def many(self, statement: Statement[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each row of parameters."""
        compiled = statement.postgresql or compiled_for(statement)
        arguments = [compiled.arguments(row) for row in rows]
        try:
            await self._source.executemany(compiled.text, arguments)
        except FAILURES as error:
            refuse(error)

    def end(self) -> None:
        """Let go of what it worked on: by then it is somebody else's."""
        self._source = _Over()


class Transaction(Work):
    """Statements inside a transaction. Writes that can wait are sent together, before whatever is run next."""

    __slots__ = ("_waiting",)

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._waiting: list[tuple[str, Arguments]] = []

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row."""
        await self.settle()
        return await super().all(statement, **parameters)

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, or None."""
        await self.settle()
        return await super().one(statement, **parameters)

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Run a statement; return how many rows it touched."""
        await self.settle()
        return await super().run(statement, **parameters)

    async def many(self, statement: Statement[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each row of parameters."""
        await self.settle()
        await super().many(statement, rows)

    async def later(self, statement: Statement[Any], **parameters: Any) -> None:
        """Run a write whose outcome nobody asks for, at the latest before what follows is run."""
        if isinstance(self._source, _Over):
            raise StatementError(OVER)  # it would wait for ever
        compiled = statement.postgresql or compiled_for(statement)
        self._waiting.append((compiled.text, compiled.arguments(parameters)))

    async def settle(self) -> None:
        """Send what waits."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        text = _together(tuple((text, len(arguments)) for text, arguments in waiting))
        try:
            await self._source.execute(text, *(value for _, arguments in waiting for value in arguments))
        except FAILURES as error:
            refuse(error)


@lru_cache(maxsize=256)
def _together(writes: tuple[tuple[str, int], ...]) -> str:
    """Write statements as one, with common table expressions; each comes with the number of its parameters."""
    texts, before = [], 0
    for text, count in writes:
        texts.append(_PARAMETER.sub(partial(_moved, by=before), text))
        before += count
    *earlier, last = texts
    named = ", ".join(f"waited_{number} AS ({text})" for number, text in enumerate(earlier))
    return f"WITH {named} {last}" if named else last


def _moved(parameter: re.Match[str], by: int) -> str:
    return f"${int(parameter[1]) + by}"


class _Over:
    """What a unit of work has after its transaction."""

    def __getattr__(self, name: str) -> NoReturn:
        raise StatementError(OVER)


class Single(Work):
    """One statement on any connection: PostgreSQL makes it a transaction by itself."""

    __slots__ = ("_pool",)

    def __init__(self, pool: Pool) -> None:
        self._pool: Pool | None = pool

    @property
    def _source(self) -> Pool:
        pool, self._pool = self._pool, None
        if pool is None:
            raise StatementError("a second statement needs a transaction: use write()")
        return pool


class Write:
    """A transaction on one connection: committed at the end of the block, rolled back when it raises."""

    __slots__ = ("_connection", "_pool", "_work")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection: Connection | None = None
        self._work: Transaction | None = None

    async def __aenter__(self) -> Transaction:
        try:
            connection = await self._pool.acquire()
        except FAILURES as error:
            refuse(error)
        try:
            await connection.execute("BEGIN")
        except BaseException as error:
            self._pool.release(connection, whole=False)
            if isinstance(error, FAILURES):
                refuse(error)
            raise
        self._connection, self._work = connection, Transaction(connection)
        return self._work

    async def __aexit__(self, kind: object, *_: object) -> None:
        connection, self._connection = self._connection, None
        work, self._work = self._work, None
        if connection is None or work is None:
            return
        is_good = False
        try:
            if kind is None:
                await work.settle()
                is_good = True
        finally:
            work.end()
            await self._leave(connection, commit=is_good)

    async def _leave(self, connection: Connection, *, commit: bool) -> None:
        is_whole = False
        try:
            # PostgreSQL answers ROLLBACK to the COMMIT of a transaction that a refusal has ended.
            done = await connection.execute("COMMIT" if commit else "ROLLBACK")
            is_whole = True
        except FAILURES as error:
            # With its connection gone a transaction is rolled back, and the block's own error says more.
            if commit:
                refuse(error)
            return
        finally:
            self._pool.release(connection, whole=is_whole)
        if commit and done != "COMMIT":
            raise TransactionAborted("an earlier statement of this transaction was refused")


class Postgres:
    """A pool of connections to one database."""

    dialect = "postgresql"

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._read = Shared(Work(pool))

    def read(self) -> Shared[Work]:
        """Single statements on any connection."""
        return self._read

    scan = read

    def write(self) -> Write:
        """A transaction on one connection."""
        return Write(self._pool)

    def single(self) -> Shared[Work]:
        """One statement on any connection."""
        return Shared(Single(self._pool))

    async def ping(self) -> None:
        """Ask for one row."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._pool.fetchrow("SELECT 1")
        except FAILURES as error:
            refuse(error)

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()


async def open_pool(url: str) -> Postgres:
    """Connect; raises DatabaseUnavailable when nobody answers."""
    opened = partial(
        asyncpg.connect,
        url,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        statement_cache_size=STATEMENT_CACHE,
    )
    pool = Pool(opened, POOL_SIZE, CONNECT_SECONDS)
    try:
        pool.release(await pool.acquire())
    except FAILURES as error:
        refuse(error)
    return Postgres(pool)


async def revision(url: str) -> str | None:
    """Return the revision of the store's schema, None when it is empty; raises DatabaseUnavailable."""
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
        try:
            found: str | None = await connection.fetchval(REVISION)
        finally:
            await connection.close()
    except asyncpg.UndefinedTableError:
        return None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise DatabaseUnavailable(str(error) or type(error).__name__) from error
    return found


ENGINES.update(dict.fromkeys(("postgresql", "postgres"), Engine(open_pool, revision)))
