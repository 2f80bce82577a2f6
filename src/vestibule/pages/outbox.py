"""The development outbox as a page at `/outbox`: for people on this machine, where the outbox exists at all."""

import asyncio
from datetime import UTC, datetime

from vestibule.connectors.outbox import OutboxMessage
from vestibule.domain.context import Context
from vestibule.domain.outbox import list_messages
from vestibule.errors import EntityNotFound
from vestibule.http import Request, Response, Route, html
from vestibule.settings import is_loopback
from vestibule.ui.browser import language_of, remember_language
from vestibule.ui.render import Pages

PATH = "/outbox"


async def local_only(request: Request) -> None:
    """Let in people on this machine, who asked for it by a local name: no other site can rebind its name to here."""
    by_name = is_loopback(f"http://{request.headers.get('host', '')}")
    if not by_name or not is_loopback(f"http://{_bracketed(request.ip)}"):
        raise EntityNotFound


def _bracketed(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip


def routes(ctx: Context, pages: Pages) -> list[Route]:
    """Declare the page, or nothing where there is no outbox."""

    async def show(request: Request) -> Response:
        """List the messages, newest first."""
        messages = await asyncio.to_thread(list_messages, ctx.settings.outbox)
        language = language_of(request, brand=pages.brand)
        shown = [(_moment(message), message) for message in messages]
        page = pages.render("outbox.html", language, PATH, messages=shown)
        return remember_language(request, html(page))

    if not ctx.settings.is_loopback:
        return []
    return [Route("GET", PATH, show, access=local_only, summary="Messages kept by the development outbox")]


def _moment(message: OutboxMessage) -> str:
    return datetime.fromtimestamp(message.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
