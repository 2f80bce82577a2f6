"""Signing in and registering as people do it: with mistakes, by keyboard, with a password manager, from elsewhere."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import ONE_STORE
from tests.journeys.site import Site
from tests.journeys.visitor import PASSWORD, visiting
from vestibule.client import users

pytestmark = pytest.mark.anyio


def somebody(site: Site) -> str:
    """Make an account; returns its user name."""
    name = site.somebody()
    site.manager.send(users.create(username=name, password=PASSWORD))
    return name


async def test_a_wrong_password_is_said_in_words_and_nothing_else_is_lost(browser: Browser, site: Site) -> None:
    name = somebody(site)
    async with visiting(browser, site) as ada:
        await ada.open("/")
        await ada.sign_in(name, "not the password")
        alert = ada.page.get_by_role("alert")
        await expect(alert).to_have_text(ada.t("fault.credentials"))
        await expect(alert).to_be_focused()
        await expect(ada.box("field.identifier")).to_have_value(name)
        await expect(ada.box("field.password")).to_have_value("")
        await ada.sign_in(name, PASSWORD)
        await ada.sees(name)


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_mistakes_at_registration_are_shown_where_they_are(browser: Browser, site: Site) -> None:
    name = somebody(site)
    async with visiting(browser, site) as eve:
        await eve.open("/")
        await eve.follow("sign_in.register")
        for identifier, password, field, words in (
            (name, PASSWORD, "identifier", "fault.username_taken"),
            ("12 34", PASSWORD, "identifier", "fault.phone"),
            ("no spaces please", PASSWORD, "identifier", "fault.identifier"),
            (site.somebody("eve"), "password1", "new_password", "fault.password_rejected_pwned"),
        ):
            await eve.fill(identifier=identifier, new_password=password)
            await eve.press("register.go")
            box = eve.box(f"field.{field}")
            await expect(box).to_have_attribute("aria-invalid", "true")
            await expect(box).to_be_focused()
            await expect(box).to_have_accessible_description(re.compile(re.escape(eve.t(words))))
            await expect(eve.box("field.identifier")).to_have_value(identifier)
            await expect(eve.box("field.new_password")).to_have_value("")


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_what_the_browser_can_check_is_said_before_anything_is_sent(browser: Browser, site: Site) -> None:
    async with visiting(browser, site) as eve:
        await eve.open("/")
        await eve.follow("sign_in.register")
        await eve.fill(identifier=site.somebody("eve"), new_password="short")
        await eve.press("register.go")
        box = eve.box("field.new_password")
        await expect(box).to_have_accessible_description(
            re.compile(re.escape(eve.t("fault.password_rejected_too_short", min=8)))
        )
        await expect(box).to_be_focused()
        await expect(box).to_have_value("short")


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_the_keyboard_is_enough(browser: Browser, site: Site) -> None:
    name = somebody(site)
    async with visiting(browser, site) as ada:
        keyboard = ada.page.keyboard
        await ada.open("/")
        await expect(ada.box("field.identifier")).to_be_focused()
        await keyboard.type(name)
        await keyboard.press("Tab")
        await expect(ada.box("field.password")).to_be_focused()
        await keyboard.type(PASSWORD)
        await keyboard.press("Tab")
        await expect(ada.page.get_by_role("button", name=ada.t("show"))).to_be_focused()
        await keyboard.press("Space")
        await expect(ada.box("field.password")).to_have_attribute("type", "text")
        await keyboard.press("Tab")
        await expect(ada.page.get_by_role("button", name=ada.t("sign_in.go"), exact=True)).to_be_focused()
        await keyboard.press("Enter")
        await ada.sees(name)
        await keyboard.press("Tab")
        await expect(ada.page.get_by_role("link", name=ada.t("skip"))).to_be_focused()
        await expect(ada.page.get_by_role("link", name=ada.t("skip"))).to_be_in_viewport()
        seen = list[str]()
        while "/name" not in seen:
            await keyboard.press("Tab")
            seen.append(await ada.page.evaluate("document.activeElement.getAttribute('href') ?? ''"))
            assert len(seen) < 20, seen
        await keyboard.press("Enter")
        await expect(ada.box("field.name")).to_be_focused()
        await keyboard.type("Ada")
        await keyboard.press("Enter")
        await ada.sees("Ada")


AUTOCOMPLETE = "[...document.querySelectorAll('main input:not([type=hidden])')].map(i => [i.name, i.autocomplete])"


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_a_password_manager_knows_every_field(browser: Browser, site: Site) -> None:
    name = site.somebody()
    async with visiting(browser, site) as ada:
        await ada.open("/")
        sign_in = dict(await ada.page.evaluate(AUTOCOMPLETE))
        assert sign_in["identifier"].split()[0] == "username"
        assert sign_in["password"] == "current-password"
        await ada.follow("sign_in.register")
        await ada.sees(ada.t("register.title"))
        assert dict(await ada.page.evaluate(AUTOCOMPLETE)) == {"identifier": "username", "password": "new-password"}
        await ada.register(name)
        await ada.open("/password")
        change = dict(await ada.page.evaluate(AUTOCOMPLETE))
        assert (change["current"], change["password"]) == ("current-password", "new-password")
        for path in ("name", "picture", "profile", "username", "email", "phone"):
            await ada.open(f"/{path}")
            for field, autocomplete in await ada.page.evaluate(AUTOCOMPLETE):
                assert autocomplete, f"{path}: {field}"


async def test_giving_up_leads_back_to_the_application(browser: Browser, site: Site) -> None:
    async with visiting(browser, site) as ada:
        await ada.open(site.authorize(site.first_party))
        await ada.press("sign_in.cancel", application="Test")
        await ada.sees("Back at the application")
        assert "error=access_denied" in ada.page.url


async def test_the_back_button_leads_to_no_dead_end(browser: Browser, site: Site) -> None:
    """A form that was sent already, sent again from the browser's history, is answered with words."""
    name = somebody(site)
    async with visiting(browser, site) as ada:
        await ada.open(site.authorize(site.first_party))
        await ada.sign_in(name, PASSWORD)
        await ada.sees("Back at the application")
        await ada.page.go_back()
        await expect(ada.page.get_by_role("heading", level=1)).to_be_visible()
