"""The preview of sign-in, live: there and back, what it shows, and what it does not believe."""

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import ONE_STORE
from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.test_sign_in import somebody
from tests.journeys.visitor import PASSWORD, visiting

pytestmark = pytest.mark.anyio


async def test_somebody_tries_signing_in_and_out(browser: Browser, site: Site) -> None:
    name, address, look = somebody(site), f"{site.live.identity}/demo-app", Look()
    async with visiting(browser, site) as ada:
        await ada.open(address)
        await ada.sees(ada.t("demo.title"))
        await look(ada.page, "start")
        await ada.press("demo.sign_in")
        await ada.sign_in(name, PASSWORD)
        await ada.sees(ada.t("demo.done"))
        await expect(ada.page).to_have_url(address)
        for words in (name, "demo-app", f"{site.live.identity}/oidc"):
            await ada.reads(words)
        await look(ada.page, "signed in")
        await ada.press("demo.sign_out")
        await ada.sees(ada.t("demo.title"))
    assert look.is_content()


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_an_answer_that_was_not_asked_for_is_not_believed(browser: Browser, site: Site) -> None:
    """B73: a state of another browser."""
    look = Look()
    async with visiting(browser, site) as ada:
        await ada.open(f"{site.live.identity}/demo-app?code=x&state=y&iss={site.live.identity}/oidc")
        await ada.sees(ada.t("demo.failed"))
        await look(ada.page, "failed")
        await ada.press("demo.again")
        await ada.sees(ada.t("sign_in.title"))
    assert look.is_content()
