"""SQLite: the standard driver, key look-ups and short writes in the event loop, scans on a pool of threads.

One read connection; one write connection that a transaction holds alone (`BEGIN IMMEDIATE`); nothing slow is awaited
inside. Another process (a command line tool) may write too: a busy database is retried without blocking the loop.
"""

import asyncio
import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Index, MetaData, UniqueConstraint
from sqlalchemy.dialects import sqlite as dialect_module

from vestibule.db.errors import (
    CheckViolation,
    DatabaseUnavailable,
    ForeignKeyViolation,
    InvalidText,
    UniqueViolation,
)
from vestibule.db.statement import Statement

R = TypeVar("R")
T = TypeVar("T")
DIALECT = dialect_module.dialect(paramstyle="qmark")
BUSY_TRIES, BUSY_PAUSE = 250, 0.02
SCAN_THREADS = 2


def regexp(pattern: str, value: str | None) -> bool:
    """The function behind `value REGEXP pattern`; patterns are bounded by whoever lets them in."""
    return value is not None and re.search(pattern, value) is not None


def open_connection(path: str, synchronous: str = "NORMAL", *, read_only: bool = False) -> sqlite3.Connection:
    """Open a connection the way every part of the program does."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={'FULL' if synchronous.upper() == 'FULL' else 'NORMAL'}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.create_function("regexp", 2, regexp, deterministic=True)
    connection.execute("PRAGMA case_sensitive_like=ON")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    return connection


class Work:
    """A unit of work on one connection, in the event loop."""

    def __init__(self, connection: sqlite3.Connection, names: "ConstraintNames") -> None:
        self._connection = connection
        self._names = names

    def _execute(self, statement: Statement[Any], parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        compiled = statement.compiled(DIALECT)
        try:
            return self._connection.execute(compiled.text, compiled.arguments(parameters))
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            self._names.refuse(error)

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, or None."""
        rows = self._execute(statement, parameters).fetchall()
        return statement.compiled(DIALECT).row(rows[0]) if rows else None

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row."""
        convert = statement.compiled(DIALECT).row
        return [convert(row) for row in self._execute(statement, parameters).fetchall()]

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        """Return the first column of the first row, or None."""
        rows = self._execute(statement, parameters).fetchall()
        return rows[0][0] if rows else None

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Run a statement; return how many rows it touched."""
        return self._execute(statement, parameters).rowcount

    async def many(self, statement: Statement[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each row of parameters."""
        compiled = statement.compiled(DIALECT)
        try:
            self._connection.executemany(compiled.text, [compiled.arguments(row) for row in rows])
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            self._names.refuse(error)


class Scan(Work):
    """A unit of work for long reads: the same statements, on a thread of the pool."""

    def __init__(self, database: "SQLite") -> None:
        super().__init__(database.reader, database.names)
        self._database = database

    async def _away(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await self._database.in_thread(work)
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            self._names.refuse(error)

    async def _rows(self, statement: Statement[R], parameters: Mapping[str, Any]) -> list[R]:
        compiled = statement.compiled(DIALECT)
        arguments = compiled.arguments(parameters)
        return await self._away(lambda c: [compiled.row(row) for row in c.execute(compiled.text, arguments).fetchall()])

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, or None."""
        rows = await self._rows(statement, parameters)
        return rows[0] if rows else None

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row."""
        return await self._rows(statement, parameters)

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        """Return the first column of the first row, or None."""
        rows = await self._rows(statement, parameters)
        return rows[0][0] if rows else None


class SQLite:
    """One database file."""

    dialect = "sqlite"

    def __init__(self, path: str, metadata: MetaData, synchronous: str) -> None:
        self.path = path
        self.names = ConstraintNames(metadata)
        self.writer = open_connection(path, synchronous)
        self.reader = open_connection(path, read_only=True)
        self._alone = asyncio.Lock()
        self._local = threading.local()
        self._threads = ThreadPoolExecutor(SCAN_THREADS, thread_name_prefix="scan")
        self._read = Work(self.reader, self.names)
        self._scan = Scan(self)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Work]:
        """Reads by key, in the event loop."""
        yield self._read

    @asynccontextmanager
    async def scan(self) -> AsyncIterator[Work]:
        """Long reads, on a thread."""
        yield self._scan

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Work]:
        """A transaction that holds the write connection alone."""
        async with self._alone:
            await self._begin()
            try:
                yield Work(self.writer, self.names)
            except BaseException:
                self.writer.execute("ROLLBACK")
                raise
            try:
                self.writer.execute("COMMIT")
            except sqlite3.Error as error:
                if self.writer.in_transaction:
                    self.writer.execute("ROLLBACK")
                self.names.refuse(error)

    async def _begin(self) -> None:
        for _ in range(BUSY_TRIES):
            try:
                self.writer.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) and "busy" not in str(error):
                    self.names.refuse(error)
                await asyncio.sleep(BUSY_PAUSE)
            else:
                return
        raise DatabaseUnavailable("the database file is locked by another process")

    async def in_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run a read on a thread with a connection of its own."""

        def call() -> T:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = open_connection(self.path, read_only=True)
            return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def ping(self) -> None:
        """Read one row."""
        try:
            self.reader.execute("SELECT 1").fetchall()
        except sqlite3.Error as error:
            self.names.refuse(error)

    async def close(self) -> None:
        """Close every connection."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self.reader.close()
        self.writer.close()


class ConstraintNames:
    """Turns the driver's complaints into named refusals: SQLite names columns, the metadata names constraints."""

    def __init__(self, metadata: MetaData) -> None:
        self._by_columns: dict[str, str] = {}
        for table in metadata.tables.values():
            for constraint in table.constraints:
                if isinstance(constraint, UniqueConstraint):
                    self._add(table.name, [c.name for c in constraint.columns], str(constraint.name))
            for index in table.indexes:
                if isinstance(index, Index) and index.unique:
                    self._by_columns[f"index '{index.name}'"] = str(index.name)
            self._add(table.name, [c.name for c in table.primary_key.columns], str(table.primary_key.name))

    def _add(self, table: str, columns: list[str], name: str) -> None:
        self._by_columns[", ".join(f"{table}.{column}" for column in columns)] = name

    def refuse(self, error: Exception) -> NoReturn:
        """Raise the refusal that a driver's error stands for."""
        text = str(error)
        if isinstance(error, sqlite3.IntegrityError):
            kind, _, what = text.partition(" constraint failed")
            what = what.removeprefix(": ")
            if kind == "UNIQUE":
                raise UniqueViolation(self._by_columns.get(what, what)) from error
            if kind == "FOREIGN KEY":
                raise ForeignKeyViolation(what) from error
            raise CheckViolation(what) from error
        if isinstance(error, UnicodeEncodeError | OverflowError | sqlite3.DataError):
            raise InvalidText(text) from error
        if isinstance(error, sqlite3.OperationalError) and re.search("locked|busy|disk|full|unable to open|I/O", text):
            raise DatabaseUnavailable(text) from error
        raise error
