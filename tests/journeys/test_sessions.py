"""Two browsers of one person: each is seen from the other, signed out from it, and nothing of a sign-in is planted."""

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.journeys.conftest import ONE_STORE
from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.visitor import PASSWORD, visiting

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]
NEW_PASSWORD = "seven quiet otters"
IDENTITY, PAGE = "_session", "vestibule_account"


async def cookie(context: BrowserContext, name: str) -> str:
    """Return the value of a cookie."""
    return next((str(one["value"]) for one in await context.cookies() if one["name"] == name), "")


async def test_a_browser_is_signed_out_from_another(browser: Browser, site: Site) -> None:
    name, look = site.somebody(), Look()
    async with visiting(browser, site) as here, visiting(browser, site) as there:
        await here.register(name)
        await there.open("/")
        await there.sign_in(name, PASSWORD)
        await there.sees(name)

        await here.open("/")
        await here.change("sessions", "sessions")
        await here.sees(here.t("session.heading"))
        await expect(here.page.get_by_text(here.t("session.present"), exact=True)).to_have_count(1)
        await look(here.page, "sessions")
        await here.page.locator(".things a").click()
        await here.sees(here.t("session.end"))
        await look(here.page, "sign out of one")
        await here.fill(current_password=PASSWORD)
        await here.press("session.end_now")
        await expect(here.page.get_by_role("status")).to_have_text(here.t("saved.session-ended"))
        await expect(here.page.locator(".things > li")).to_have_count(1)
        await look(here.page, "the last session")

        await there.open(site.authorize(site.first_party))
        await there.sees(there.t("sign_in.title"))
        await there.sign_in(name, PASSWORD)
        await here.open("/sessions/end-others")
        await look(here.page, "sign out everywhere else")
        await here.fill(current_password=PASSWORD)
        await here.press("session.end_others_go")
        await expect(here.page.get_by_role("status")).to_have_text(here.t("saved.sessions-ended"))
        await there.open(site.authorize(site.first_party))
        await there.sees(there.t("sign_in.title"))
        await here.open("/")
        await here.sees(name)
    assert look.is_content()


async def test_an_application_is_signed_out_from_the_account(browser: Browser, site: Site) -> None:
    """It asks again, and the person, who stays signed in, is shown to it again; the account itself is no such line."""
    name, look = site.somebody(), Look()
    async with visiting(browser, site) as ada:
        await ada.register(name)
        await ada.open(site.authorize(site.first_party))
        await ada.page.wait_for_url(f"{site.client.callback}*")
        await ada.open("/")
        await ada.change("applications", "applications")
        await ada.sees(ada.t("application.heading"))
        await expect(ada.page.locator(".things > li")).to_have_count(1)
        await look(ada.page, "applications")
        await ada.page.locator(".things a").click()
        await look(ada.page, "sign out of an application")
        await ada.fill(current_password=PASSWORD)
        await ada.press("application.end_go")
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.application-ended"))
        await expect(ada.page.locator(".things > li")).to_have_count(0)
        await look(ada.page, "no application")
        await ada.open("/trusted-devices")
        await look(ada.page, "no trusted browser")
        await ada.open("/")
        await ada.sees(name)
    assert look.is_content()


async def test_every_rise_in_privilege_makes_a_new_session_id(browser: Browser, site: Site) -> None:
    """B37: at sign-in, when signing in again is asked for, and when the password changes."""
    name = site.somebody()
    async with visiting(browser, site) as ada:
        await ada.open(site.authorize(site.first_party))
        planted = {"name": IDENTITY, "value": "planted", "url": site.live.identity}
        await ada.page.context.add_cookies([planted])  # type: ignore[list-item]  # a typed dictionary
        await ada.register(name)
        seen = [await cookie(ada.page.context, IDENTITY)]
        assert seen[0] not in {"", "planted"}
        await ada.open(site.authorize(site.first_party, prompt="login"))
        await ada.sign_in(name, PASSWORD)
        await ada.page.wait_for_url(f"{site.client.callback}*")
        seen.append(await cookie(ada.page.context, IDENTITY))
        page = await cookie(ada.page.context, PAGE)
        await ada.open("/")
        await ada.change("password", "password")
        await ada.fill(current_password=PASSWORD, new_password=NEW_PASSWORD)
        await ada.press("account.save")
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.password"))
        assert page not in {"", await cookie(ada.page.context, PAGE)}
        await ada.open(site.authorize(site.first_party))
        await ada.sign_in(name, NEW_PASSWORD)
        await ada.page.wait_for_url(f"{site.client.callback}*")
        seen.append(await cookie(ada.page.context, IDENTITY))
    assert len({*seen, ""}) == 4
