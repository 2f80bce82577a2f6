"""Running one server in the foreground, with words for what stops it from starting."""

import errno
from contextlib import AbstractAsyncContextManager

from starlette.types import ASGIApp

from vestibule.cli import CommandError
from vestibule.http.server import run, serve


def serve_forever(application: AbstractAsyncContextManager[ASGIApp], host: str, port: int, setting: str) -> None:
    """Serve until SIGTERM or SIGINT; raises CommandError that names the setting of a taken port."""

    async def main() -> None:
        async with application as app:
            await serve(app, host, port)

    try:
        run(main())
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
            raise
        raise CommandError(f"cannot listen on {host}, port {port} ({error.strerror}): set {setting}") from error
