"""Server processes under measurement: start, CPU time and memory from /proc, stop."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Process:
    """A running server: its process id, its port, and how long it took to answer, in seconds."""

    pid: int
    port: int
    ready_after: float

    def cpu(self) -> float:
        """Return the CPU seconds spent so far, user and system."""
        return _cpu(Path(f"/proc/{self.pid}"))

    def cpu_by_thread(self) -> dict[str, float]:
        """Return the same for each thread, by its id."""
        return {task.name: _cpu(task) for task in Path(f"/proc/{self.pid}/task").iterdir()}

    def memory(self) -> float:
        """Return the resident memory not shared with others (PSS), in MB."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _cpu(folder: Path) -> float:
    fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


@contextlib.asynccontextmanager
async def running(arguments: list[str], port: int, path: str, env: dict[str, str]) -> AsyncIterator[Process]:
    """Start `python <arguments>`, wait until `path` answers, and stop it at the end."""
    started = time.perf_counter()
    child = await asyncio.create_subprocess_exec(sys.executable, *arguments, env={**os.environ, **env})
    try:
        await _ready(port, path, child)
        yield Process(child.pid, port, time.perf_counter() - started)
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
            await child.wait()


async def _ready(port: int, path: str, child: asyncio.subprocess.Process) -> None:
    for _ in range(2000):
        if child.returncode is not None:
            raise SystemExit(f"the server ended with {child.returncode} before it answered")
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
            line = await reader.readline()
            writer.close()
            if line.split()[1:2] and line.split()[1].startswith(b"2"):
                return
        await asyncio.sleep(0.01)
    raise SystemExit("the server did not answer within 20 seconds")
