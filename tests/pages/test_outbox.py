"""The outbox as a page: local, safe, in two languages."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.connectors.world import PAYLOAD, opened
from vestibule.domain import messages, outbox
from vestibule.domain.context import Context
from vestibule.http import Application, Log, api_face
from vestibule.pages import outbox as page
from vestibule.ui.render import Pages

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ctx(database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    async with opened(database_url, tmp_path) as context:
        await outbox.seed_outbox(context)
        yield context


def browser(ctx: Context, peer: str = "127.0.0.1", host: str = "localhost:3001") -> httpx2.AsyncClient:
    face = api_face("", page.routes(ctx, Pages(["vestibule.pages"])))
    app = Application([face], public_url=ctx.settings.public_url, log=Log(ctx.clock, write=lambda text: None))
    transport = httpx2.ASGITransport(app=app, client=(peer, 50000))
    return httpx2.AsyncClient(transport=transport, base_url=f"http://{host}")


async def test_messages_are_shown_newest_first(ctx: Context) -> None:
    for code in ("111111", "222222"):
        await messages.send(ctx, "email", "ana@example.com", "SignIn", {"code": code})
        ctx.clock.advance(seconds=1)  # type: ignore[attr-defined]
    async with browser(ctx) as client:
        answer = await client.get("/outbox")
    assert answer.status_code == 200
    assert answer.text.index("222222") < answer.text.index("111111")
    assert "ana@example.com" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


async def test_an_empty_outbox_says_so_in_the_readers_language(ctx: Context) -> None:
    async with browser(ctx) as client:
        assert "No message yet" in (await client.get("/outbox")).text
        assert "Aucun message" in (await client.get("/outbox", headers={"accept-language": "fr-BE"})).text
        assert "Aucun message" in (await client.get("/outbox?lang=fr")).text


async def test_what_a_message_says_is_text_and_never_markup(ctx: Context) -> None:
    await messages.send(ctx, "email", "<script>@example.com", "SignIn", {**PAYLOAD, "link": "<img src=x>"})
    async with browser(ctx) as client:
        text = (await client.get("/outbox")).text
    assert "<img src=x>" not in text
    assert "<script>@" not in text
    assert "&lt;img src=x&gt;" in text


@pytest.mark.parametrize("peer", ["10.0.0.7", "203.0.113.9", "fe80::1", "0.0.0.0"])
async def test_nobody_on_another_machine_sees_it(ctx: Context, peer: str) -> None:
    async with browser(ctx, peer) as client:
        assert (await client.get("/outbox")).status_code == 404


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
async def test_people_on_this_machine_see_it(ctx: Context, peer: str) -> None:
    async with browser(ctx, peer, host="127.0.0.1:3001") as client:
        assert (await client.get("/outbox")).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.0.2.1:3001"])
async def test_a_site_that_rebinds_its_name_to_this_machine_sees_nothing(ctx: Context, host: str) -> None:
    """B92: rebinding works inwards too; the page answers to local names alone."""
    async with browser(ctx, host=host) as client:
        assert (await client.get("/outbox")).status_code == 404


async def test_a_public_server_has_no_such_page(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, public_url="https://id.example.com") as ctx, browser(ctx) as client:
        assert (await client.get("/outbox")).status_code == 404
