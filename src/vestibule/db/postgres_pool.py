"""Connections to PostgreSQL, kept open and handed out one at a time.

asyncpg's own pool spends as much of the processor on a statement as the statement does: a proxy, and a task for each
return. Nothing here leaves session state on a connection, so one that comes back whole is ready as it is.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import asyncpg

IDLE_SECONDS = 300.0
"""A connection that was not used for so long is closed: what lies between may have forgotten it."""

Connection: TypeAlias = asyncpg.Connection
Method = Callable[..., Awaitable[Any]]


class Pool:
    """At most `size` connections; the last used is the first to be used again. `patience` is how long a turn may take.

    Raises what the driver does, TimeoutError where no connection is free in time, and InterfaceError once it is closed.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int, patience: float) -> None:
        self._connect = connect
        self._size = size
        self._patience = patience
        self._room = asyncio.Semaphore(size)
        self._idle: list[tuple[Connection, float]] = []
        self._is_closed = False

    async def acquire(self) -> Connection:
        """Return a connection that nobody else has; give it back by `release`."""
        if self._room.locked():
            async with asyncio.timeout(self._patience):
                await self._room.acquire()
        else:
            await self._room.acquire()
        try:
            return self._kept() or await self._connect()
        except BaseException:
            self._room.release()
            raise

    def _kept(self) -> Connection | None:
        if self._is_closed:
            raise asyncpg.InterfaceError("the pool is closed")
        since = asyncio.get_running_loop().time() - IDLE_SECONDS
        while self._idle:
            connection, used_at = self._idle.pop()
            if used_at >= since and not connection.is_closed():
                return connection
            connection.terminate()
        return None

    def release(self, connection: Connection, *, whole: bool = True) -> None:
        """Take a connection back; one that is not whole, or in a transaction still, is ended."""
        if whole and not connection.is_closed() and not connection.is_in_transaction():
            now = asyncio.get_running_loop().time()
            self._idle.append((connection, now))
            if self._idle[0][1] < now - IDLE_SECONDS:
                self._idle.pop(0)[0].terminate()
        else:
            connection.terminate()
        self._room.release()

    async def fetch(self, text: str, *arguments: Any) -> Any:
        """Return every row of one statement, a transaction by itself."""
        return await self._on_any(Connection.fetch, text, arguments)

    async def fetchrow(self, text: str, *arguments: Any) -> Any:
        """Return its first row, or None."""
        return await self._on_any(Connection.fetchrow, text, arguments)

    async def execute(self, text: str, *arguments: Any) -> Any:
        """Return its command tag, such as `UPDATE 1`."""
        return await self._on_any(Connection.execute, text, arguments)

    async def executemany(self, text: str, rows: list[Any]) -> Any:
        """Run it once for each row of arguments, all or none."""
        return await self._on_any(Connection.executemany, text, (rows,))

    async def _on_any(self, method: Method, text: str, arguments: Any) -> Any:
        connection = await self.acquire()
        try:
            result = await method(connection, text, *arguments)
        except BaseException as error:
            # A query that was given up, by a cancelled request or by the clock, may still be running there.
            self.release(connection, whole=isinstance(error, Exception) and not isinstance(error, TimeoutError))
            raise
        self.release(connection)
        return result

    async def close(self) -> None:
        """Close every connection, once those in use have come back."""
        self._is_closed = True
        for _ in range(self._size):
            await self._room.acquire()
        idle, self._idle = self._idle, []
        for connection, _ in idle:
            await connection.close()
        for _ in range(self._size):
            self._room.release()
