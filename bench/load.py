"""A small HTTP/1.1 load generator over raw sockets: keep-alive connections, latencies, no parsing past the length."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Call:
    """One request, ready to be written to a socket."""

    raw: bytes
    expected: int = 200


def call(
    method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b"", expected: int = 200
) -> Call:
    """Build a request; the `Host` header is a constant since only loopback is ever driven."""
    lines = [f"{method} {path} HTTP/1.1", "host: localhost"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"content-length: {len(body)}")
    return Call("\r\n".join(lines).encode() + b"\r\n\r\n" + body, expected)


@dataclass
class Outcome:
    """What one run saw: finished requests, seconds on the wall, latencies in ms, answers with another status."""

    requests: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: int = 0

    def percentile(self, part: float) -> float:
        """Return a latency percentile in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


Source = Callable[[], Iterator[Call]]
"""Makes the requests of one connection."""


async def drive(port: int, calls: Source, *, seconds: float, connections: int) -> Outcome:
    """Send requests over `connections` sockets for `seconds`; each connection takes from its own iterator."""
    outcome = Outcome()
    until = time.perf_counter() + seconds
    started = time.perf_counter()
    await asyncio.gather(*(_connection(port, calls(), until, outcome) for _ in range(connections)))
    outcome.seconds = time.perf_counter() - started
    return outcome


async def _connection(port: int, calls: Iterator[Call], until: float, outcome: Outcome) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for item in calls:
            sent = time.perf_counter()
            if sent >= until:
                return
            writer.write(item.raw)
            status = await _answer(reader)
            outcome.latencies.append((time.perf_counter() - sent) * 1000)
            outcome.requests += 1
            outcome.wrong += status != item.expected
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    if at >= 0:
        length = int(lowered[at + 15 : lowered.index(b"\r\n", at)])
        if length:
            await reader.readexactly(length)
    return int(head[9:12])


def cycle(calls: list[Call]) -> Source:
    """Return a source that walks `calls` round and round, each connection from its own place."""
    starts = itertools.count()

    def source() -> Iterator[Call]:
        start = next(starts) * 37 % len(calls)
        return itertools.islice(itertools.cycle(calls), start, None)

    return source
