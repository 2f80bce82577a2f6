"""SQLite: the standard driver, key look-ups and short writes in the event loop, scans on a pool of threads.

One read connection; one write connection that a transaction holds alone (`BEGIN IMMEDIATE`); nothing slow is awaited
inside. Another process (a command line tool) may write too: a busy file is retried without blocking the loop.
"""

import asyncio
import re
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import Any

import msgspec
from sqlalchemy import MetaData

from vestibule.db.errors import DatabaseUnavailable, StatementError
from vestibule.db.sqlite_errors import FAILURES, ConstraintNames, is_busy
from vestibule.db.sqlite_work import Rows, Scan, Transaction, Work
from vestibule.db.units import Shared

BUSY_TRIES, BUSY_PAUSE = 250, 0.02
SCAN_THREADS = 2
# A scan is given up after this time, looked at every so many steps of SQLite's machine.
SCAN_SECONDS, SCAN_STEPS = 30.0, 100_000
OPEN_SECONDS = 5
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
# Checkpoints run on a thread after this many commits; SQLite's own, in the loop, are only the fall-back (pages).
CHECKPOINT_COMMITS, AUTOCHECKPOINT_PAGES = 256, 8000


def regexp(pattern: str, value: str | None) -> bool:
    """The function behind `value REGEXP pattern`; whoever lets patterns in bounds them. A dot is any character."""
    return value is not None and re.search(pattern, value, re.DOTALL) is not None


def merged(held: str, members: str) -> str:
    """The function behind `merged(held, members)`: the members of one JSON object set in another, as jsonb's `||`."""
    return msgspec.json.encode({**_object(held), **_object(members)}).decode()


def open_connection(path: str, synchronous: str = "NORMAL", *, read_only: bool = False) -> sqlite3.Connection:
    """Open a connection the way every part of the program does."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=OPEN_SECONDS)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={'FULL' if synchronous.upper() == 'FULL' else 'NORMAL'}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA wal_autocheckpoint={AUTOCHECKPOINT_PAGES}")
    connection.create_function("regexp", 2, regexp, deterministic=True)
    connection.create_function("merged", 2, merged, deterministic=True)
    connection.execute("PRAGMA case_sensitive_like=ON")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    # From here on nothing waits inside SQLite, which would stop the event loop.
    connection.execute("PRAGMA busy_timeout=0")
    return connection


class Writer:
    """The write connection, held alone by one transaction at a time."""

    def __init__(self, database: "SQLite", connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._database = database
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None
        self._commits = 0

    async def begin(self) -> None:
        """Wait for the connection and for the file's write lock; raises DatabaseUnavailable after five seconds."""
        task = asyncio.current_task()
        if self._owner is not None and self._owner is task:
            raise StatementError("this task already has a transaction open, and would wait for itself")
        await self._lock.acquire()
        try:
            await self._begin()
        except BaseException:
            self._lock.release()
            raise
        self._owner = task

    async def _begin(self) -> None:
        for _ in range(BUSY_TRIES):
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                if not is_busy(error):
                    self._database.names.refuse(error)
                await asyncio.sleep(BUSY_PAUSE)
            else:
                return
        raise DatabaseUnavailable("the database file is locked by another process")

    def end(self, *, commit: bool) -> None:
        """Commit or roll back, and let the next transaction in."""
        try:
            if commit:
                self.connection.execute("COMMIT")
                self._count()
        except sqlite3.Error as error:
            self._database.names.refuse(error)
        finally:
            # A full disk ends a transaction by itself.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self._owner = None
            self._lock.release()

    def _count(self) -> None:
        self._commits += 1
        if self._commits % CHECKPOINT_COMMITS == 0:
            self._database.checkpoint_soon()


class Write:
    """A transaction: committed at the end of the block, rolled back when it raises."""

    __slots__ = ("_work", "_writer")

    def __init__(self, writer: Writer, work: Transaction) -> None:
        self._writer = writer
        self._work = work

    async def __aenter__(self) -> Transaction:
        await self._writer.begin()
        return self._work

    async def __aexit__(self, kind: object, *_: object) -> None:
        self._writer.end(commit=kind is None and not self._work.aborted)
        if kind is None:
            self._work.check()


class SQLite:
    """One database file."""

    dialect = "sqlite"

    def __init__(self, path: str, metadata: MetaData, synchronous: str) -> None:
        self.path = path
        self.names = ConstraintNames(metadata)
        try:
            self._writer = Writer(self, open_connection(path, synchronous))
            self._reader = open_connection(path, read_only=True)
        except sqlite3.Error as error:
            self.names.refuse(error)
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._threads = ThreadPoolExecutor(SCAN_THREADS, thread_name_prefix="scan")
        self._read = Shared(Work(self._reader, self.names))
        self._scan = Shared(Scan(self._in_thread))

    def read(self) -> Shared[Work]:
        """Reads by key, in the event loop. Inside a write block they see what was committed before it."""
        return self._read

    def scan(self) -> Shared[Scan]:
        """Long reads, on a thread; one that takes longer than SCAN_SECONDS raises DatabaseUnavailable."""
        return self._scan

    def write(self) -> Write:
        """A transaction that holds the write connection alone."""
        return Write(self._writer, Transaction(self._writer.connection, self.names))

    single = write

    async def _in_thread(self, text: str, arguments: Any) -> tuple[Rows, int]:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._fetch, text, arguments)
        except FAILURES as error:
            self.names.refuse(error)

    def _fetch(self, text: str, arguments: Any) -> tuple[Rows, int]:
        connection, until = self._of_thread(), monotonic() + SCAN_SECONDS
        connection.set_progress_handler(lambda: monotonic() > until, SCAN_STEPS)
        try:
            cursor = connection.execute(text, arguments)
            return cursor.fetchall(), cursor.rowcount
        finally:
            connection.set_progress_handler(None, 0)

    def _of_thread(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_connection(self.path, read_only=True)
            self._opened.append(connection)
        return connection

    def checkpoint_soon(self) -> None:
        """Copy the write-ahead log into the file, on a thread and without waiting for anybody."""
        self._threads.submit(self._checkpoint)

    def _checkpoint(self) -> None:
        # A checkpoint that meets a busy file is made up for by the next one.
        with suppress(sqlite3.Error):
            self._of_thread().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    async def ping(self) -> None:
        """Read one row."""
        try:
            self._reader.execute("SELECT 1").fetchall()
        except sqlite3.Error as error:
            self.names.refuse(error)

    async def close(self) -> None:
        """Close every connection."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for connection in (*self._opened, self._reader, self._writer.connection):
            connection.close()
