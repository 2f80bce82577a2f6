"""The servers that `vestibule up` runs, as forks of one process: started, waited for, and stopped together."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import sys
from asyncio import Future, StreamReader, StreamWriter, Task
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass

STOP_SECONDS = 30
"""More than loading the code takes, on a busy machine, and the seconds that forks have to end by themselves."""
POLL_SECONDS = 0.02
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True)
class Server:
    """A server to run: its name in words, its command, and the address and path at which it answers."""

    name: str
    command: str
    host: str
    port: int
    path: str


class ChildEnded(Exception):
    """A child ended although nobody asked it to; what it said is on the terminal already."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"the {name} ended with code {code}, so everything stops; its words are above")
        self.code = code if code > 0 else 1


@contextlib.asynccontextmanager
async def children() -> "AsyncIterator[Children]":
    """Start the process that children are forked from; at the end none of them is left."""
    ours, theirs = socket.socketpair()
    with theirs:
        # A group of its own: what the terminal sends to all is for this process alone, which ends the others quietly.
        command = [sys.executable, "-m", "vestibule", "up", "servers"]
        source = await asyncio.create_subprocess_exec(*command, stdin=theirs.fileno(), process_group=0)
    reader, writer = await asyncio.open_connection(sock=ours)
    running = Children(source, writer)
    hearing = asyncio.ensure_future(running.hear(reader))
    try:
        yield running
    finally:
        await running.stop(hearing)


class Children:
    """Forks of `vestibule up servers`, where the lines that go to and fro are described."""

    def __init__(self, source: Process, writer: StreamWriter) -> None:
        self._source, self._writer = source, writer
        self._running: dict[str, Future[int]] = {}
        self._names: dict[str, str] = {}
        self._pids: dict[str, int] = {}
        self._over: int | None = None

    async def hear(self, reader: StreamReader) -> None:
        """Note which child ends; when the process that they are forked from does, all have ended."""
        with contextlib.suppress(ConnectionError):
            async for line in reader:
                # "started account init 4711", "ended account init 0"
                verb, *words, number = line.decode().split()
                command = " ".join(words)
                if verb == "started":
                    self._pids[command] = int(number)
                else:
                    del self._pids[command]
                    self._ended(command, int(number))
        self._over = await self._source.wait()
        for command in self._running:
            self._ended(command, self._over)

    def _ended(self, command: str, code: int) -> None:
        end = self._running[command]
        if not end.done():  # nobody waits for one that is done, or given up
            end.set_result(code)

    def start(self, name: str, command: str) -> "Future[int]":
        """Start a command without waiting for it; what is returned will hold its exit code."""
        self._names[command] = name
        self._running[command] = end = asyncio.get_running_loop().create_future()
        if self._over is None:
            self._writer.write(f"start {command}\n".encode())
        else:
            end.set_result(self._over)
        return end

    async def finish(self, name: str, command: str) -> None:
        """Run a command to its end; raises ChildEnded unless it succeeds."""
        code = await self.start(name, command)
        del self._running[command]
        if code != 0:
            raise ChildEnded(name, code)

    async def restart(self, server: Server) -> None:
        """End a server and start it anew, without waiting for it to answer."""
        self._writer.write(f"end {server.command}\n".encode())
        await self._running[server.command]
        self.start(server.name, server.command)

    async def ready(self, server: Server) -> None:
        """Return once the server answers a request; raises ChildEnded."""
        end = self._running[server.command]
        while not end.done():
            if await asyncio.to_thread(answers, server):
                return
            await asyncio.sleep(POLL_SECONDS)
        raise ChildEnded(server.name, end.result())

    async def watch(self) -> None:
        """Wait for the first child to end; raises ChildEnded."""
        await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
        command, end = next((command, end) for command, end in self._running.items() if end.done())
        raise ChildEnded(self._names[command], end.result())

    async def stop(self, hearing: "Task[None]") -> None:
        """End the line, which ends every child, and wait for that."""
        with contextlib.suppress(OSError):
            self._writer.write_eof()
        try:
            await asyncio.wait_for(self._source.wait(), STOP_SECONDS)
        except TimeoutError:
            self._source.kill()
        await hearing
        self._writer.close()
        if self._over:  # what they were forked from ended badly, without ending them
            for pid in self._pids.values():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)


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
    """Run `work` until it ends or SIGTERM, SIGINT or SIGHUP asks for the end; what it raises goes to the caller.

    A second signal changes nothing: the end is on its way.
    """
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, lambda: task.cancelling() or task.cancel())
    with contextlib.suppress(asyncio.CancelledError):
        await task
