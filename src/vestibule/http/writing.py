"""Writing an answer to its connection: head and body at once, where uvicorn takes a system call for each of them.

uvicorn also looks at each header with two regular expressions; here the same characters are looked for in all of them
together. An answer that does not come whole is uvicorn's to write.
"""

from uvicorn._types import ASGI3Application as App
from uvicorn._types import ASGIReceiveCallable, ASGISendEvent, HTTPResponseBodyEvent, HTTPResponseStartEvent, Scope
from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

_BODILESS = (204, 304)
_EVERY = [bytes([number]) for number in range(256)]
_OF_NAMES = b"".join(one for one in _EVERY if not HEADER_RE.search(one))
_OF_VALUES = b"".join(one for one in _EVERY if not HEADER_VALUE_RE.search(one))


class Answering:
    """An application whose answer to one request is written in one piece."""

    __slots__ = ("_app", "_cycle", "_start")

    def __init__(self, app: App, cycle: RequestResponseCycle) -> None:
        self._app = app
        self._cycle = cycle
        self._start: HTTPResponseStartEvent | None = None

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, _: object) -> None:
        """Answer the request of the cycle."""
        await self._app(scope, receive, self._send)

    async def _send(self, message: ASGISendEvent) -> None:
        """Keep the start until the body comes; raises RuntimeError for a header that is no line of its own."""
        if message["type"] == "http.response.start" and self._start is None and not self._cycle.response_started:
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            if message["type"] == "http.response.body" and (head := self._head(start, message)):
                await self._write(head, message)
                return
            await self._cycle.send(start)
        await self._cycle.send(message)

    def _head(self, start: HTTPResponseStartEvent, body: HTTPResponseBodyEvent) -> bytes | None:
        """Return the head of an answer that is whole and says its length, or None."""
        cycle, status = self._cycle, start["status"]
        headers = [*cycle.default_headers, *start.get("headers", ())]
        named = dict(headers)
        length = named.get(b"content-length")
        if body.get("more_body") or b"connection" in named or b"transfer-encoding" in named or cycle.access_log:
            return None
        if length is None and status not in _BODILESS:
            return None
        if cycle.scope["method"] != "HEAD" and int(length or 0) != len(body.get("body", b"")):
            return None
        end = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        return STATUS_LINE[status] + lines(headers) + end

    async def _write(self, head: bytes, message: HTTPResponseBodyEvent) -> None:
        """Write the whole answer, as `RequestResponseCycle.send` does its parts."""
        cycle = self._cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(head if cycle.scope["method"] == "HEAD" else head + message.get("body", b""))
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()


def lines(headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return headers as lines; raises RuntimeError for a character that uvicorn refuses in a name or a value."""
    if b"".join([name for name, _ in headers]).translate(None, _OF_NAMES):
        raise RuntimeError("Invalid HTTP header name.")
    if b"".join([value for _, value in headers]).translate(None, _OF_VALUES):
        raise RuntimeError("Invalid HTTP header value.")
    return b"".join([b"%b: %b\r\n" % header for header in headers])
