"""Notices say what happened and where to go: on, where there is a way, and never in a circle."""

from collections.abc import AsyncIterator
from html import unescape

import httpx2
import pytest

from vestibule.clock import ManualClock
from vestibule.errors import OAuthError, ServerBusy
from vestibule.http import PUBLIC, Application, Face, Log, Request, Response, Route
from vestibule.pages.notices import Notices
from vestibule.ui.browser import ForeignForm
from vestibule.ui.render import Pages

pytestmark = pytest.mark.anyio

FAILURES: dict[str, Exception] = {
    "/busy": ServerBusy(),
    "/broken": RuntimeError("secret detail"),
    "/foreign": ForeignForm(),
    "/client": OAuthError("invalid_client", "no such client: <b>"),
}


@pytest.fixture
async def browser() -> AsyncIterator[httpx2.AsyncClient]:
    notices = Notices(Pages(["vestibule.pages"]))

    async def fail(request: Request) -> Response:
        raise FAILURES[request.path]

    face = Face(
        name="pages",
        prefix="",
        routes=[
            Route(method, path, fail, access=PUBLIC, summary="Fails") for path in FAILURES for method in ("GET", "POST")
        ],
        render_error=notices.error,
        not_found=lambda request: notices.page(request, "missing", 404),
        method_not_allowed=lambda request, allowed: notices.page(request, "missing", 405),
    )
    log = Log(ManualClock(), write=lambda text: None)
    app = Application([face], public_url="http://localhost:3001", log=log)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:3001") as client:
        yield client


async def test_what_passes_can_be_tried_again_at_the_same_address(browser: httpx2.AsyncClient) -> None:
    for path, status in (("/busy", 503), ("/broken", 500)):
        answer = await browser.get(f"{path}?a=1&b=%3Cb%3E")
        assert answer.status_code == status
        assert f'<a class="button" href="{path}?a=1&b=%3Cb%3E">Try again</a>' in unescape(answer.text)
        assert "secret detail" not in answer.text


async def test_a_form_that_failed_is_not_sent_again_by_a_link(browser: httpx2.AsyncClient) -> None:
    answer = await browser.post("/busy")
    assert 'class="button"' not in answer.text


async def test_a_form_that_was_too_old_leads_back_to_its_page(browser: httpx2.AsyncClient) -> None:
    answer = await browser.post("/foreign?app_id=x")
    assert answer.status_code == 403
    assert '<a class="button" href="/foreign?app_id=x">Open the page again</a>' in answer.text


async def test_what_the_makers_need_stands_apart_and_is_only_text(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/client?client_id=nope")
    assert "This application is not known here" in answer.text
    assert "For its makers: invalid_client: no such client: &lt;b&gt;" in answer.text
    assert 'class="button"' not in answer.text


async def test_another_language_shows_the_same_notice(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/client?client_id=nope&scope=a%20b")
    assert '<a href="/client?client_id=nope&amp;scope=a+b&amp;lang=fr"' in answer.text


async def test_a_page_that_is_not_there_says_so_under_one_heading(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/nothing")
    assert answer.status_code == 404
    assert answer.text.count("<h1>") == 1
    assert "<title>There is nothing here · Vestibule</title>" in answer.text
