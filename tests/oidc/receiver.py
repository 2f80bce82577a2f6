"""An application's address for logout tokens: a real server on this machine, which keeps what it is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

BUSY, OK = "503 Service Unavailable", "200 OK"


@dataclass
class Receiver:
    """What came, and how the next request is answered."""

    uri: str = ""
    answer: str = OK
    heads: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line.split(":")[1] for line in head.lower().split("\r\n") if line.startswith("content-length"))
        form = parse_qs((await reader.readexactly(int(length))).decode())
        self.heads.append(head)
        self.tokens += form["logout_token"]
        writer.write(f"HTTP/1.1 {self.answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listen until the block ends."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        receiver.uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/logout"
        yield receiver
