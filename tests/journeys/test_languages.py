"""English and French: as the application asks, then as the browser asks; and a link to change one's mind."""

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import ONE_STORE
from tests.journeys.site import Site
from tests.journeys.visitor import visiting
from vestibule.ui.messages import translator

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]
FRENCH, ENGLISH = translator("fr"), translator("en")


async def test_a_french_browser_is_answered_in_french_all_the_way(browser: Browser, site: Site) -> None:
    name = site.somebody()
    async with visiting(browser, site, language="fr-CA") as chloe:
        assert chloe.t("sign_in.title") != ENGLISH("sign_in.title")
        await chloe.register(name)
        await expect(chloe.page.locator("html")).to_have_attribute("lang", "fr")
        await chloe.reads(chloe.t("account.ways"))
        await chloe.sign_out()


async def test_the_applications_wish_comes_before_the_browsers(browser: Browser, site: Site) -> None:
    async with visiting(browser, site, language="en-GB") as ada:
        await ada.open(site.authorize(site.first_party, ui_locales="de fr-CA"))
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
