"""English, French and German: as the application asks, then as the browser asks; and a link to change one's mind."""

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import ONE_STORE
from tests.journeys.site import Site
from tests.journeys.visitor import visiting
from vestibule.ui.messages import translator

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]
FRENCH, ENGLISH = translator("fr"), translator("en")


@pytest.mark.parametrize("language", ["fr-CA", "de-AT"])
async def test_a_browser_is_answered_in_its_language_all_the_way(browser: Browser, site: Site, language: str) -> None:
    name = site.somebody()
    async with visiting(browser, site, language=language) as chloe:
        assert chloe.t("sign_in.title") != ENGLISH("sign_in.title")
        await chloe.register(name)
        await expect(chloe.page.locator("html")).to_have_attribute("lang", language[:2])
        await chloe.reads(chloe.t("account.ways"))
        await chloe.sign_out()


async def test_the_applications_wish_comes_before_the_browsers(browser: Browser, site: Site) -> None:
    async with visiting(browser, site, language="en-GB") as ada:
        await ada.open(site.authorize(site.first_party, ui_locales="nl fr-CA"))
        await ada.sees(FRENCH("sign_in.title"))
        await ada.page.get_by_role("link", name=FRENCH("sign_in.register")).click()
        await ada.sees(FRENCH("register.title"))


async def test_a_link_changes_the_language_for_good(browser: Browser, site: Site) -> None:
    async with visiting(browser, site, language="fr-FR") as chloe:
        await chloe.open("/")
        await chloe.page.get_by_role("link", name="English").click()
        await chloe.sees(ENGLISH("sign_in.title"))
        await chloe.page.get_by_role("link", name=ENGLISH("sign_in.register")).click()
        await chloe.sees(ENGLISH("register.title"))
