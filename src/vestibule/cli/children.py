"""The servers that `vestibule up` runs as children: started, waited for, and stopped together."""

import asyncio
import contextlib
import http.client
import signal
import sys
from asyncio.subprocess import Process
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
    """A server ended on its own, with this exit code."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"the {name} ended with code {code}; its words are above")
        self.code = code if code > 0 else 1


class Children:
    """Child processes in the group of this one, so that a signal to the group reaches them too."""

    def __init__(self) -> None:
        self._running: dict[str, Process] = {}

    async def start(self, server: Server) -> None:
        """Start a server without waiting for it."""
        self._running[server.name] = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "vestibule", server.command, stdin=asyncio.subprocess.DEVNULL
        )

    async def ready(self, server: Server) -> None:
        """Return once the server answers a request; raises ChildEnded."""
        child = self._running[server.name]
        while child.returncode is None:
            if await asyncio.to_thread(answers, server):
                return
            await asyncio.sleep(POLL_SECONDS)
        raise ChildEnded(server.name, child.returncode)

    async def watch(self) -> None:
        """Wait for the first server to end; raises ChildEnded."""
        waits = {asyncio.ensure_future(child.wait()): name for name, child in self._running.items()}
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()
        ended = done.pop()
        raise ChildEnded(waits[ended], ended.result())

    async def stop(self) -> None:
        """Ask every server to end, and end those that take longer than a few seconds."""
        for child in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        waits = [child.wait() for child in self._running.values()]
        try:
            await asyncio.wait_for(asyncio.gather(*waits), STOP_SECONDS)
        except TimeoutError:
            for child in self._running.values():
                with contextlib.suppress(ProcessLookupError):
                    child.kill()


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


async def asked_to_stop() -> None:
    """Return at SIGTERM, SIGINT or SIGHUP."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, asked.set)
    await asked.wait()
