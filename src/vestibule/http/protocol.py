"""uvicorn's HTTP protocol with bounds it lacks: size and time of the header, time of the body, time of the answer.

Without them a client could send a header of any size, or half a request, or never read what it asked for, and hold
its connection and our memory for ever.
"""

import asyncio
import contextlib
import fcntl
import itertools
import struct
import termios
from dataclasses import dataclass
from http import HTTPStatus

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from vestibule.http.writing import Answering

_LINE_OVERHEAD = 4
"""Colon, space and line end around each header."""
_LEAST_READ = 16 * 1024
"""So many bytes of an answer must be taken in each period, or all that is left."""


@dataclass(frozen=True)
class Bounds:
    """What one connection may cost; bytes and seconds."""

    header_bytes: int = 16 * 1024
    header_seconds: float = 10.0
    body_seconds: float = 10.0
    reading_seconds: float = 10.0
    pipelined: int = 16
    keep_alive_seconds: float = 15.0
    linger_seconds: float = 1.0
    shutdown_seconds: int = 4


class BoundedProtocol(HttpToolsProtocol):
    """Closes connections whose header is too large, whose header or body does not arrive or whose answer is not read
    in time, and those that ask for too much at once."""

    bounds = Bounds()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.timeout_keep_alive = self.bounds.keep_alive_seconds  # type: ignore[assignment]  # seconds, any number
        self._deadline: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None
        self._in_header = True
        self._in_message = False
        self._began_here = False
        self._size = 0
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the clock for the first header."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.bounds.header_seconds, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_clock()
        self._was_read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, then see whether half a message is left that must be finished in time."""
        if self._refused:
            return
        self._began_here = False
        super().data_received(data)
        if self._refused:
            return
        if not self._in_message:
            if self._deadline is not None:
                self._stop_clock()
            return
        if self._in_header and not self._began_here:
            self._size += len(data)
            if self._size > self.bounds.header_bytes:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
                return
        if self._deadline is None:
            seconds = self.bounds.header_seconds if self._in_header else self.bounds.body_seconds
            self._deadline = self.loop.call_later(seconds, self._too_slow)

    def on_message_begin(self) -> None:
        """Begin to count the header."""
        self._in_header = self._in_message = self._began_here = True
        self._size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Refuse a header that is too large before the application sees it."""
        self._in_header = False
        self._stop_clock()
        parts = itertools.chain.from_iterable(self.headers)
        total = len(self.url) + sum(map(len, parts)) + _LINE_OVERHEAD * len(self.headers)
        if total > self.bounds.header_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif len(self.pipeline) >= self.bounds.pipelined:
            self._refused = True  # what came before is answered, the rest is not looked at
            self.cycle.keep_alive = False
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that nothing more is due."""
        self._in_message = False
        if not self._refused:
            super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, Answering(app, cycle))

    def on_response_complete(self) -> None:
        """Go on, or see that a last answer is read."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._must_read()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that nobody uses."""
        super().timeout_keep_alive_handler()
        self._must_read()

    def pause_writing(self) -> None:
        """Start the clock: the client reads more slowly than it is answered."""
        super().pause_writing()
        self._must_read()

    def resume_writing(self) -> None:
        """Stop the clock: the client has caught up. A connection that is closing must be read to its end."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._was_read()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def _too_slow(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _must_read(self) -> None:
        """Give the client time to read; closing alone would wait for it without end."""
        if self._reading is None:
            self._wait_for_reader()

    def _wait_for_reader(self) -> None:
        before = unread(self.transport)
        self._reading = self.loop.call_later(self.bounds.reading_seconds, self._judge_reader, before)

    def _judge_reader(self, before: int) -> None:
        if before - unread(self.transport) < _LEAST_READ:
            self.transport.abort()
        else:
            self._wait_for_reader()

    def _was_read(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer, unless an answer is on its way already, and close after a moment in which the client can read it."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._stop_clock()
        self._unset_keepalive_if_required()
        self.pipeline.clear()
        running, started = self._running, False
        if running is not None and not running.response_complete:
            started = running.response_started
            running.disconnected = True
            running.message_event.set()
        if not started:
            self.transport.write(_answer(status))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._must_read()
        self.loop.call_later(self.bounds.linger_seconds, self.transport.close)


def unread(transport: asyncio.Transport) -> int:
    """Return how many bytes wait for the client, in our memory and in the system's, which moves in large steps."""
    count = bytes(struct.calcsize("i"))
    with contextlib.suppress(OSError, ValueError):  # uvloop closes at once: the socket may have no number any more
        count = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, count)
    return int(transport.get_write_buffer_size() + struct.unpack("i", count)[0])


def _answer(status: HTTPStatus) -> bytes:
    text = status.phrase.encode()
    return (
        b"HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
        b"x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n%s"
    ) % (status, text, len(text), text)
