"""What a first visit costs: everything a page loads, as it comes over the wire."""

import pytest
from playwright.async_api import Browser, Request

from tests.journeys.conftest import ONE_STORE
from tests.journeys.site import Site
from tests.journeys.visitor import Visitor, visiting

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]
SIGN_IN_BYTES, ACCOUNT_BYTES = 30_000, 100_000


async def loaded(visitor: Visitor, address: str) -> dict[str, int]:
    """Load a page afresh; returns the bytes of every answer, headers included."""
    requests = list[Request]()

    def keep(request: Request) -> None:
        requests.append(request)

    visitor.page.on("requestfinished", keep)
    await visitor.page.goto(address, wait_until="networkidle")
    visitor.page.remove_listener("requestfinished", keep)
    sizes = {}
    for request in requests:
        size = await request.sizes()
        sizes[request.url] = size["responseBodySize"] + size["responseHeadersSize"]
    return sizes


async def test_pages_are_light(browser: Browser, site: Site) -> None:
    async with visiting(browser, site) as ada:
        sign_in = await loaded(ada, site.live.account)
        assert any(url.endswith(".css") for url in sign_in)
        assert 0 < sum(sign_in.values()) < SIGN_IN_BYTES, sign_in
        await ada.register(site.somebody())
        account = await loaded(ada, site.live.account)
        assert 0 < sum(account.values()) < ACCOUNT_BYTES, account
