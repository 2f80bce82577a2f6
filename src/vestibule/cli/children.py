"""The servers that `vestibule up` runs as children: started, waited for, and stopped together."""

import asyncio
import contextlib
import gc
import http.client
import multiprocessing
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from typing import NoReturn

FORK = multiprocessing.get_context("fork")
STOP_SECONDS = 8
POLL_SECONDS = 0.02
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True)
class Server:
    """A server to run: its name in words, its work, which returns an exit code, and where it answers."""

    name: str
    work: Callable[[], int]
    host: str
    port: int
    path: str


class ChildEnded(Exception):
    """A child ended although nobody asked it to; what it said is on the terminal already."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"the {name} ended with code {code}, so everything stops; its words are above")
        self.code = code if code > 0 else 1


class Children:
    """Servers as forks of this process, which has imported all they need: that is time and memory for each of them.

    They are made before an event loop or a thread exists here, and are in the group of this process, so that a
    signal to the group reaches them too.
    """

    def __init__(self, servers: Sequence[Server]) -> None:
        self._running = {server: FORK.Process(target=in_child, args=(server.work,)) for server in servers}

    def start(self) -> None:
        """Start every server, with the signals that end them held back until `until_asked` looks after them."""
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        # What is here now is for good: a collection in a child would copy the pages it shares with the others.
        gc.collect()
        gc.freeze()
        for child in self._running.values():
            child.start()

    async def ready(self) -> None:
        """Return once every server answers a request."""
        waiting = list(self._running)
        while waiting:
            if await asyncio.to_thread(answers, waiting[0]):
                waiting.pop(0)
            else:
                await asyncio.sleep(POLL_SECONDS)

    async def watch(self) -> None:
        """Wait for the first child to end; raises ChildEnded."""
        waits = {asyncio.ensure_future(ended(child)): server for server, child in self._running.items()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        first = done.pop()
        raise ChildEnded(waits[first].name, first.result())

    async def stop(self) -> None:
        """Ask every child to end, and end those that take longer than a few seconds."""
        for child in self._running.values():
            child.terminate()
        _, late = await asyncio.wait(
            [asyncio.ensure_future(ended(child)) for child in self._running.values()], timeout=STOP_SECONDS
        )
        if late:
            for child in self._running.values():
                child.kill()
            await asyncio.wait(late)


def in_child(work: Callable[[], int]) -> NoReturn:
    """Do a server's work; an end by Ctrl-C before it serves is quiet."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    try:
        sys.exit(work())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


async def ended(child: ForkProcess) -> int:
    """Wait for a child's end; returns its exit code, negative for a signal."""
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(child.sentinel, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(child.sentinel)
    child.join()
    return child.exitcode or 0


def answers(server: Server) -> bool:
    """Tell whether the server answers at all."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)  # noqa: S104 - read, not bound
    connection = http.client.HTTPConnection(host, server.port, timeout=2)
    try:
        connection.request("GET", server.path)
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


async def until_asked(work: Coroutine[None, None, None]) -> None:
    """Run `work` until it ends or SIGTERM, SIGINT or SIGHUP asks for the end; what it raises goes to the caller."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, task.cancel)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    with contextlib.suppress(asyncio.CancelledError):
        await task
