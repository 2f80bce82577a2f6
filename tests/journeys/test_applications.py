"""Signing in for an application that is not ours: consent given and refused, and the way back."""

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import ONE_STORE
from tests.journeys.site import Site
from tests.journeys.test_sign_in import somebody
from tests.journeys.visitor import PASSWORD, visiting

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("scripts", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize(("answer", "outcome"), [("allow", "code="), ("deny", "error=access_denied")])
async def test_a_third_party_asks_and_gets_the_answer(
    browser: Browser, site: Site, answer: str, outcome: str, scripts: bool
) -> None:
    name = somebody(site)
    async with visiting(browser, site, scripts=scripts) as ada:
        await ada.open(site.authorize(site.third_party, scope="openid profile email"))
        await ada.sign_in(name, PASSWORD)
        await ada.sees(ada.t("consent.title", application="Test"))
        for words in (name, ada.t("scope.profile"), ada.t("scope.email"), ada.t("consent.wants")):
            await ada.reads(words)
        await ada.press(f"consent.{answer}")
        await ada.sees("Back at the application")
        assert ada.page.url.startswith(site.client.callback)
        assert outcome in ada.page.url


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_an_application_may_lead_on_to_another_site_of_its_own(browser: Browser, site: Site) -> None:
    """Browsers hold `form-action` against every redirect after the form, those of the application included."""
    name = somebody(site)
    async with visiting(browser, site) as ada:
        await ada.open(site.authorize(site.first_party, site.client.detour))
        await ada.sign_in(name, PASSWORD)
        await ada.sees("Back at the application")
        assert ada.page.url.startswith(site.client.elsewhere)


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_an_answer_by_form_post_sends_itself(browser: Browser, site: Site) -> None:
    name = somebody(site)
    async with visiting(browser, site) as ada:
        await ada.open(site.authorize(site.first_party, response_mode="form_post"))
        await ada.sign_in(name, PASSWORD)
        await ada.sees("Back at the application")
        await expect(ada.page).to_have_url(site.client.callback)
