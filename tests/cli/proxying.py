"""A small reverse proxy for tests: TLS or not, and every head on its way can be changed."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Edit = Callable[[list[str]], list[str]]
"""Takes the lines of a head, the first line included, and returns what goes on."""

WELL = ["X-Forwarded-For: 203.0.113.7"]


def adding(*lines: str) -> Edit:
    """Add header lines."""
    return lambda head: [*head, *lines]


def without(name: str) -> Edit:
    """Take a header away."""
    return lambda head: [line for line in head if not line.lower().startswith(f"{name.lower()}:")]


def unchanged(head: list[str]) -> list[str]:
    """Let a head pass."""
    return head


def _through(head: bytes, edit: Edit) -> bytes:
    lines = edit(head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n"))
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@asynccontextmanager
async def proxy(
    port: int,
    upstream: int,
    *,
    request: Edit = unchanged,
    response: Edit = unchanged,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[None]:
    """Pass everything that arrives at `port` on to `upstream`, both on loopback."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            head = _through(await reader.readuntil(b"\r\n\r\n"), adding("Connection: close"))
            inner, outer = await asyncio.open_connection("127.0.0.1", upstream)
            outer.write(_through(head, request))
            writer.write(_through(await inner.readuntil(b"\r\n\r\n"), response))
            writer.write(await inner.read())
            outer.close()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", port, ssl=tls)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
