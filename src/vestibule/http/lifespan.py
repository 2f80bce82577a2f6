"""The ASGI lifespan protocol around an async context manager."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress

from starlette.types import Receive, Scope, Send


async def run_lifespan(
    scope: Scope,
    receive: Receive,
    send: Send,
    lifespan: Callable[[], AbstractAsyncContextManager[object]],
) -> None:
    """Enter the context at start-up and leave it at shut-down; other kinds of connections are refused."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    await receive()
    async with lifespan():
        await send({"type": "lifespan.startup.complete"})
        # A second signal ends the server at once: it cancels this task, and that is no fault to be reported.
        with suppress(asyncio.CancelledError):
            await receive()
    await send({"type": "lifespan.shutdown.complete"})
