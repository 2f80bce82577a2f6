"""PostgreSQL: asyncpg with the reset query off. Nothing may leave session state on a pooled connection."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeVar

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from vestibule.db.errors import (
    CheckViolation,
    DatabaseUnavailable,
    ForeignKeyViolation,
    InvalidText,
    UniqueViolation,
    ValueTooLong,
)
from vestibule.db.statement import Statement

R = TypeVar("R")
DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]
POOL_SIZE = 8
CONNECT_SECONDS, COMMAND_SECONDS = 5, 30

_UNAVAILABLE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
)
FAILURES = (asyncpg.PostgresError, *_UNAVAILABLE, ValueError)


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection without reset query: it saves a round trip, and asks that nobody leaves session state behind."""

    def get_reset_query(self) -> str:
        """Return no query at all."""
        return ""


def refuse(error: Exception) -> NoReturn:
    """Raise the refusal that a driver's error stands for."""
    if isinstance(error, asyncpg.UniqueViolationError):
        raise UniqueViolation(str(error.constraint_name)) from error
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        raise ForeignKeyViolation(str(error.constraint_name)) from error
    if isinstance(error, asyncpg.StringDataRightTruncationError):
        raise ValueTooLong(str(error)) from error
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        raise CheckViolation(str(error)) from error
    if isinstance(error, asyncpg.DataError | ValueError) and not isinstance(error, asyncpg.InterfaceError):
        raise InvalidText(str(error)) from error
    if isinstance(error, _UNAVAILABLE):
        raise DatabaseUnavailable(str(error)) from error
    raise error


class Work:
    """A unit of work: on one connection inside a transaction, or on the pool for single reads."""

    def __init__(self, source: "asyncpg.Pool[Any] | asyncpg.pool.PoolConnectionProxy[Any]") -> None:
        self._source = source

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row."""
        compiled = statement.compiled(DIALECT)
        try:
            rows = await self._source.fetch(compiled.text, *compiled.arguments(parameters))
        except FAILURES as error:
            refuse(error)
        return [compiled.row(row) for row in rows]

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, or None."""
        compiled = statement.compiled(DIALECT)
        try:
            row = await self._source.fetchrow(compiled.text, *compiled.arguments(parameters))
        except FAILURES as error:
            refuse(error)
        return None if row is None else compiled.row(row)

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        """Return the first column of the first row, or None."""
        compiled = statement.compiled(DIALECT)
        try:
            return await self._source.fetchval(compiled.text, *compiled.arguments(parameters))
        except FAILURES as error:
            refuse(error)

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Run a statement; return how many rows it touched."""
        compiled = statement.compiled(DIALECT)
        try:
            status = await self._source.execute(compiled.text, *compiled.arguments(parameters))
        except FAILURES as error:
            refuse(error)
        count = status.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def many(self, statement: Statement[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each row of parameters."""
        compiled = statement.compiled(DIALECT)
        try:
            await self._source.executemany(compiled.text, [compiled.arguments(row) for row in rows])
        except FAILURES as error:
            refuse(error)


class Postgres:
    """A pool of connections to one database."""

    dialect = "postgresql"

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool
        self._read = Work(pool)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Work]:
        """Single statements on any connection."""
        yield self._read

    scan = read

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Work]:
        """A transaction on one connection."""
        try:
            connection = await self._pool.acquire(timeout=CONNECT_SECONDS)
        except FAILURES as error:
            refuse(error)
        try:
            transaction = connection.transaction()
            try:
                await transaction.start()
            except FAILURES as error:
                refuse(error)
            try:
                yield Work(connection)
            except BaseException:
                await self._rollback(transaction)
                raise
            try:
                await transaction.commit()
            except FAILURES as error:
                refuse(error)
        finally:
            await self._pool.release(connection)

    @staticmethod
    async def _rollback(transaction: asyncpg.transaction.Transaction) -> None:
        try:
            await transaction.rollback()
        except _UNAVAILABLE:
            # The connection is gone, and the transaction with it.
            return

    async def ping(self) -> None:
        """Ask for one row."""
        try:
            await self._pool.fetchval("SELECT 1", timeout=CONNECT_SECONDS)
        except FAILURES as error:
            refuse(error)

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()


async def open_pool(url: str) -> Postgres:
    """Connect; raises DatabaseUnavailable when nobody answers."""
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=POOL_SIZE,
            connection_class=Connection,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
        )
    except FAILURES as error:
        refuse(error)
    return Postgres(pool)
