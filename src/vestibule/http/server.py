"""Running an application: uvicorn on uvloop with our bounds, graceful at SIGTERM."""

import asyncio
import contextlib
import resource
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import TypeVar

import uvloop
from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn import Server as UvicornServer

from vestibule.http.protocol import BoundedProtocol, Bounds

T = TypeVar("T")

BACKLOG = 2048


def run(main: Coroutine[object, object, T]) -> T:
    """Run a coroutine on a fresh uvloop."""
    return uvloop.run(main)


async def serve(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    ready: Callable[[int], object] | None = None,
    bounds: Bounds | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serve `app` until SIGTERM, SIGINT or `stop`; `ready` is called with the bound port once requests are answered.

    Raises OSError when the address is taken. Running requests get `bounds.shutdown_seconds` to finish.
    """
    limits = bounds or Bounds()
    _raise_file_limit()
    listener = _listen(host, port)
    config = Config(
        app,
        http=type("Protocol", (BoundedProtocol,), {"bounds": limits}),
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=limits.shutdown_seconds,
    )
    await _Server(config, ready, stop).serve(sockets=[listener])


class _Server(UvicornServer):
    """uvicorn's server; tells when it is ready, and returns at a signal instead of raising it again."""

    def __init__(self, config: Config, ready: Callable[[int], object] | None, stop: asyncio.Event | None) -> None:
        super().__init__(config)
        self._ready = ready
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        """Look after the date header and the wish to stop, ten times a second."""
        return await super().on_tick(counter) or (self._stop is not None and self._stop.is_set())

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open for business, then say so."""
        await super().startup(sockets)
        if self._ready is not None and sockets and not self.should_exit:
            self._ready(sockets[0].getsockname()[1])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop gracefully at SIGTERM and SIGINT, however many arrive: the time-out ends it, no second signal does."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, setattr, self, "should_exit", True)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    listener.setblocking(False)
    return listener


def _raise_file_limit() -> None:
    """Let many slow clients not exhaust descriptors: take what the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard or hard == resource.RLIM_INFINITY:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
