"""The servers that `vestibule up` runs as children: started, waited for, and stopped together."""

import asyncio
import contextlib
import http.client
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Coroutine
from dataclasses import dataclass

STOP_SECONDS = 8
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


class Children:
    """Child processes: servers in the group of this one, so that a signal to the group reaches them too."""

    def __init__(self) -> None:
        self._running: dict[str, Process] = {}

    async def _start(self, name: str, *arguments: str, group: int | None = None) -> Process:
        command = [sys.executable, "-m", "vestibule", *arguments]
        self._running[name] = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, process_group=group
        )
        return self._running[name]

    async def finish(self, name: str, *arguments: str) -> None:
        """Run a command to its end; raises ChildEnded unless it succeeds.

        It has a group of its own (0): Ctrl-C would break it off with a traceback, `stop` ends it without a word.
        """
        code = await (await self._start(name, *arguments, group=0)).wait()
        del self._running[name]
        if code != 0:
            raise ChildEnded(name, code)

    async def start(self, server: Server) -> None:
        """Start a server without waiting for it."""
        await self._start(server.name, server.command)

    async def restart(self, server: Server) -> None:
        """End a server and start it anew, without waiting for it to answer."""
        running = self._running[server.name]
        with contextlib.suppress(ProcessLookupError):
            running.terminate()
        await running.wait()
        await self.start(server)

    async def ready(self, server: Server) -> None:
        """Return once the server answers a request; raises ChildEnded."""
        child = self._running[server.name]
        while child.returncode is None:
            if await asyncio.to_thread(answers, server):
                return
            await asyncio.sleep(POLL_SECONDS)
        raise ChildEnded(server.name, child.returncode)

    async def watch(self) -> None:
        """Wait for the first child to end; raises ChildEnded."""
        waits = {asyncio.ensure_future(child.wait()): name for name, child in self._running.items()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        ended = done.pop()
        raise ChildEnded(waits[ended], ended.result())

    async def stop(self) -> None:
        """Ask every child to end, and end those that take longer than a few seconds."""
        for child in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        waits = [asyncio.ensure_future(child.wait()) for child in self._running.values()]
        if not waits:
            return
        _, late = await asyncio.wait(waits, timeout=STOP_SECONDS)
        if late:
            for child in self._running.values():
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
            await asyncio.wait(late)


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
    with contextlib.suppress(asyncio.CancelledError):
        await task
