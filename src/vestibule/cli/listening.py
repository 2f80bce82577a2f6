"""Running one server in the foreground, with words for what stops it from starting."""

import errno
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.types import ASGIApp

from vestibule.cli import CommandError
from vestibule.cli.ports import cannot_listen
from vestibule.http.server import run, serve

NOT_OURS = (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL)


class Server(Protocol):
    """What a composition root builds: the application, and a way to close what it opened."""

    @property
    def app(self) -> ASGIApp:
        """The ASGI application."""

    async def close(self) -> None:
        """Close the store and every connection."""


def serve_forever(build: Callable[[], Awaitable[Server]], host: str, port: int, setting: str) -> None:
    """Serve until SIGTERM or SIGINT; raises CommandError that names the setting of a port that cannot be had."""

    async def main() -> None:
        server = await build()
        try:
            await serve(server.app, host, port)
        finally:
            await server.close()

    try:
        run(main())
    except OSError as error:
        if error.errno not in NOT_OURS:
            raise
        raise CommandError(cannot_listen(host, port, setting, error)) from error
