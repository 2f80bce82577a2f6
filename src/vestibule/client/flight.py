"""Work that many ask for and one does: whoever comes while it runs shares its outcome, good or bad."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Flight(Generic[T]):
    """For tasks of one event loop. A caller that gives up leaves the work to the others."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._running: asyncio.Task[T] | None = None

    async def join(self) -> T:
        """Return what the work returns, or raise what it raises; starts it unless it runs."""
        if self._running is None:
            self._running = asyncio.ensure_future(self._run())
            self._running.add_done_callback(self._landed)
        return await asyncio.shield(self._running)

    async def _run(self) -> T:
        return await self._work()

    def _landed(self, task: "asyncio.Task[T]") -> None:
        self._running = None
        if not task.cancelled():
            task.exception()  # seen, even when everyone has given up


class ThreadFlight(Generic[T]):
    """The same for threads: the first one does the work, the others wait."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._running: Future[T] | None = None

    def join(self) -> T:
        """Return what the work returns, or raise what it raises; starts it unless it runs."""
        with self._lock:
            running, mine = self._running, self._running is None
            if running is None:
                running = self._running = Future()
        if mine:
            self._fly(running)
        return running.result()

    def _fly(self, running: "Future[T]") -> None:
        try:
            running.set_result(self._work())
        except BaseException as error:  # handed to whoever waits, this caller included
            running.set_exception(error)
        finally:
            with self._lock:
                self._running = None
