"""Passkeys in Chromium, with its virtual authenticator: made, as a second factor, to sign in with; and without them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, expect

from tests.authenticator import code_at
from tests.journeys.conftest import ONE_STORE
from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.visitor import PASSWORD, Visitor, visiting
from vestibule.client import sign_in_experience, users
from vestibule.clock import SystemClock

pytestmark = pytest.mark.anyio
BACK = "Back at the application"
NO_FACTORS: dict[str, Any] = {"factors": [], "policy": "UserControlled"}


def somebody(site: Site) -> str:
    name = site.somebody()
    site.manager.send(users.create(username=name, password=PASSWORD))
    return name


@asynccontextmanager
async def settings(site: Site, **changes: Any) -> AsyncIterator[None]:
    """Change what is decided about signing in, and take it back."""
    site.manager.send(sign_in_experience.update(**changes))
    try:
        yield
    finally:
        site.manager.send(sign_in_experience.update(mfa=NO_FACTORS, passkeySignIn={}))


async def authenticator(ada: Visitor, **more: Any) -> tuple[CDPSession, str]:
    """Give the browser a device that keeps passkeys and knows its owner."""
    session = await ada.page.context.new_cdp_session(ada.page)
    await session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True, **more,
    }  # fmt: skip
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, str(made["authenticatorId"])


async def test_a_passkey_is_the_second_factor(browser: Browser, site: Site) -> None:
    name, look = somebody(site), Look()
    async with (
        settings(site, mfa={"factors": ["WebAuthn", "Totp"], "policy": "Mandatory"}),
        visiting(browser, site) as ada,
    ):
        await authenticator(ada)
        await ada.open(site.authorize(site.first_party))
        await ada.sign_in(name, PASSWORD)
        await ada.sees(ada.t("binding.title"))
        await look(ada.page, "which factor")
        await ada.page.get_by_role("link", name=ada.t("binding.passkey")).click()
        await ada.sees(ada.t("binding.passkey_title"))
        await look(ada.page, "make a passkey")
        await ada.press("binding.passkey_go")
        await ada.sees(BACK)
        await ada.open(site.authorize(site.first_party, prompt="login"))
        await ada.sign_in(name, PASSWORD)
        await ada.sees(ada.t("factor.title"))
        await look(ada.page, "passkey as a factor")
        await ada.press("factor.passkey_go")
        await ada.sees(BACK)
        assert look.is_content()


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_a_passkey_signs_in_by_a_button_and_by_what_the_browser_fills_in(browser: Browser, site: Site) -> None:
    name, look = somebody(site), Look()
    async with (
        settings(site, passkeySignIn={"enabled": True, "allowAutofill": False}),
        visiting(browser, site) as ada,
    ):
        session, device = await authenticator(ada)
        await ada.open(site.authorize(site.first_party))
        await look(ada.page, "sign in, with a button for passkeys")
        await ada.sign_in(name, PASSWORD)
        await ada.sees(ada.t("binding.passkey_title"))
        await look(ada.page, "a passkey is offered")
        await ada.press("binding.passkey_go")
        await ada.sees(BACK)
        await ada.open(site.authorize(site.first_party, prompt="login"))
        await ada.press("sign_in.passkey")
        await ada.sees(BACK)
        site.manager.send(sign_in_experience.update(passkeySignIn={"enabled": True}))
        await ada.open(site.authorize(site.first_party, prompt="login"))
        await ada.sees(BACK)  # the device answers at once, as somebody does who picks the suggestion
        found = await session.send("WebAuthn.getCredentials", {"authenticatorId": device})
        assert [one["signCount"] for one in found["credentials"]] == [3]
        assert look.is_content()


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_somebody_whom_the_device_does_not_know_is_told_and_goes_another_way(
    browser: Browser, site: Site
) -> None:
    name = somebody(site)
    async with (
        settings(site, passkeySignIn={"enabled": True, "allowAutofill": False}),
        visiting(browser, site) as ada,
    ):
        await authenticator(ada, isUserVerified=False)
        await ada.open(site.authorize(site.first_party))
        await ada.press("sign_in.passkey")
        await expect(ada.page.get_by_role("alert")).to_have_text(ada.t("passkey.cancelled"))
        await ada.sign_in(name, PASSWORD)
        await ada.sees(ada.t("binding.passkey_title"))
        await ada.press("binding.later")
        await ada.sees(BACK)


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_without_script_the_page_says_why_and_an_authenticator_does(browser: Browser, site: Site) -> None:
    name, look = somebody(site), Look()
    async with settings(site, mfa={"factors": ["WebAuthn", "Totp", "BackupCode"], "policy": "Mandatory"}):
        async with visiting(browser, site, scripts=False) as ada:
            await ada.open(site.authorize(site.first_party))
            await ada.sign_in(name, PASSWORD)
            await ada.page.get_by_role("link", name=ada.t("binding.passkey")).click()
            await ada.reads(ada.t("passkey.needs_script"))
            await ada.follow("binding.others")
            await ada.page.get_by_role("link", name=ada.t("binding.totp")).click()
            seed = (await ada.page.locator(".secret-text").inner_text()).replace(" ", "")
            await ada.box("authenticator.code").fill(code_at(SystemClock().now(), seed))
            await ada.press("authenticator.go")
            await ada.sees(ada.t("backup.made_heading"))
            await expect(ada.page.get_by_role("listitem").filter(has_text="").nth(9)).to_be_visible()
            await ada.press("backup.made_go")
            await ada.sees(BACK)
        async with visiting(browser, site) as ada:
            other = somebody(site)
            await ada.open(site.authorize(site.first_party))
            await ada.sign_in(other, PASSWORD)
            await ada.page.get_by_role("link", name=ada.t("binding.totp")).click()
            await ada.sees(ada.t("authenticator.add"))
            await look(ada.page, "an authenticator")
            seed = (await ada.page.locator(".secret-text").inner_text()).replace(" ", "")
            await ada.box("authenticator.code").fill(code_at(SystemClock().now(), seed))
            await ada.press("authenticator.go")
            await ada.sees(ada.t("backup.made_heading"))
            await look(ada.page, "backup codes")
            assert look.is_content()


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_a_passkey_is_made_and_removed_from_the_account_page(browser: Browser, site: Site) -> None:
    """Made after a fresh sign-in, at the host that it is for; removed with the password."""
    name, look = somebody(site), Look()
    async with (
        settings(site, mfa={"factors": ["WebAuthn"], "policy": "NoPrompt"}),
        visiting(browser, site) as ada,
    ):
        await authenticator(ada)
        await ada.open("/")
        await ada.sign_in(name, PASSWORD)
        await ada.open("/passkeys")
        await ada.follow("passkey.new")
        await ada.sign_in(name, PASSWORD)
        await ada.press("binding.passkey_go")
        await ada.sees(ada.t("passkey.heading"))
        await look(ada.page, "passkeys of the account")
        await ada.page.get_by_role("link", name=ada.t("account.remove")).click()
        await ada.sees(ada.t("passkey.remove"))
        await look(ada.page, "remove a passkey")
        await ada.fill(current_password=PASSWORD)
        await ada.press("account.remove")
        await ada.reads(ada.t("passkey.none"))
        assert look.is_content()
