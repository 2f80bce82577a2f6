"""One request and its answer on a connection: uvicorn's, with the head of the answer made in one go.

uvicorn looks at each header with two regular expressions. Ours are many and the same each time: they are joined and
checked together.
"""

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_BODILESS = (204, 304)


class Cycle(RequestResponseCycle):
    """Takes answers whose length is known; anything else is uvicorn's to write."""

    async def send(self, message: ASGISendEvent) -> None:
        """Write one message of an answer; raises RuntimeError for a header that would end early."""
        if message["type"] != "http.response.start" or self.response_started or self.disconnected:
            await super().send(message)
            return
        if self.flow.write_paused:
            await self.flow.drain()
            if self.disconnected:
                return
        headers = list(message.get("headers", ()))
        names = dict(headers)
        length = names.get(b"content-length")
        if b"connection" in names or (length is None and message["status"] not in _BODILESS):
            await super().send(message)
            return
        self.response_started, self.waiting_for_100_continue = True, False
        self.chunked_encoding, self.expected_content_length = False, int(length or 0)
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[message["status"]] + head(headers) + end)


def head(headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the lines of headers with lower-case names; raises RuntimeError when one would be more than a line."""
    lines = b"\r\n".join([b": ".join(header) for header in headers]) + b"\r\n"
    if not lines.count(b"\n") == lines.count(b"\r") == len(headers) or b"\0" in lines:
        raise RuntimeError("A header holds a line break or NUL.")
    return lines
