"""Units of work on SQLite: in the event loop, inside a transaction, and on the pool of threads."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy.dialects import sqlite as dialect_module

from vestibule.db.compiled import Compiled
from vestibule.db.errors import DatabaseError, TransactionAborted
from vestibule.db.sqlite_errors import FAILURES, ConstraintNames
from vestibule.db.statement import Statement

R = TypeVar("R")
Rows = list[Any]
DIALECT = dialect_module.dialect(paramstyle="qmark")


def compiled_for(statement: Statement[R]) -> Compiled[R]:
    """Return the statement compiled for SQLite, compiling it at the first use."""
    compiled = statement.sqlite
    if compiled is None:
        compiled = statement.sqlite = statement.compile(DIALECT)
    return compiled


class Work:
    """Statements on one connection, in the event loop."""

    __slots__ = ("_connection", "_names")
    is_alone = True

    def __init__(self, connection: sqlite3.Connection, names: ConstraintNames) -> None:
        self._connection = connection
        self._names = names

    def _rows(self, text: str, arguments: Any) -> tuple[Rows, int]:
        try:
            cursor = self._connection.execute(text, arguments)
            # All rows are fetched, which ends the statement: one with RETURNING must not stay open over a commit.
            return cursor.fetchall(), cursor.rowcount
        except FAILURES as error:
            self._names.refuse(error)

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, or None."""
        compiled = statement.sqlite or compiled_for(statement)
        rows, _ = self._rows(compiled.text, compiled.arguments(parameters))
        return compiled.row(rows[0]) if rows else None

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row."""
        compiled = statement.sqlite or compiled_for(statement)
        rows, _ = self._rows(compiled.text, compiled.arguments(parameters))
        return [compiled.row(row) for row in rows]

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        """Return the first column of the first row, or None; for statements without a struct."""
        row = await self.one(statement, **parameters)
        return None if row is None else row[0]

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Run a statement; return how many rows it touched."""
        compiled = statement.sqlite or compiled_for(statement)
        rows, count = self._rows(compiled.text, compiled.arguments(parameters))
        return max(len(rows), count)

    async def later(self, statement: Statement[Any], **parameters: Any) -> None:
        """Run a write whose outcome nobody asks for."""
        await self.run(statement, **parameters)

    async def many(self, statement: Statement[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each row of parameters."""
        compiled = statement.sqlite or compiled_for(statement)
        self._many(compiled.text, [compiled.arguments(row) for row in rows])

    def _many(self, text: str, arguments: Rows) -> None:
        try:
            self._connection.executemany(text, arguments)
        except FAILURES as error:
            self._names.refuse(error)


class Transaction(Work):
    """Statements inside a transaction. A refusal ends it, as PostgreSQL does, even when the caller swallows it."""

    __slots__ = ("aborted",)

    def __init__(self, connection: sqlite3.Connection, names: ConstraintNames) -> None:
        super().__init__(connection, names)
        self.aborted = False

    def _rows(self, text: str, arguments: Any) -> tuple[Rows, int]:
        self.check()
        try:
            return super()._rows(text, arguments)
        except DatabaseError:
            self.aborted = True
            raise

    def _many(self, text: str, arguments: Rows) -> None:
        self.check()
        try:
            super()._many(text, arguments)
        except DatabaseError:
            self.aborted = True
            raise

    def check(self) -> None:
        """Raise TransactionAborted after a refusal."""
        if self.aborted:
            raise TransactionAborted("an earlier statement of this transaction was refused")


class Scan:
    """Long reads: the same statements, each on a thread of the pool with a connection of its own."""

    __slots__ = ("_in_thread",)
    is_alone = True

    def __init__(self, in_thread: Callable[[str, Any], Awaitable[tuple[Rows, int]]]) -> None:
        self._in_thread = in_thread

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, or None."""
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row."""
        compiled = statement.sqlite or compiled_for(statement)
        rows, _ = await self._in_thread(compiled.text, compiled.arguments(parameters))
        return [compiled.row(row) for row in rows]

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        """Return the first column of the first row, or None; for statements without a struct."""
        row = await self.one(statement, **parameters)
        return None if row is None else row[0]

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Run a statement; the connections of the pool cannot write."""
        return len(await self.all(statement, **parameters))

    async def later(self, statement: Statement[Any], **parameters: Any) -> None:
        """Run a statement; the connections of the pool cannot write."""
        await self.run(statement, **parameters)

    async def many(self, statement: Statement[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each row of parameters; the connections of the pool cannot write."""
        for row in rows:
            await self.run(statement, **row)
