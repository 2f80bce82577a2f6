"""Accounts that lack what people register with by now: asked for when they sign in, once."""

import pytest
from playwright.async_api import Browser

from tests.journeys.conftest import ONE_STORE
from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.test_sign_in import somebody
from tests.journeys.test_ways_in import decided
from tests.journeys.visitor import PASSWORD, Visitor, visiting

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]
BY_EMAIL = {"identifiers": ["email"], "password": True, "verify": True}


async def give(ada: Visitor, address: str, go: str) -> None:
    """Give an address, and prove it by the code that comes there."""
    await ada.fill(email=address)
    await ada.press(go)
    await ada.sees(ada.t("code.title_email"))
    await ada.fill(code=ada.site.mailbox.code_for(address))
    await ada.press("code.go")


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_missing_address_is_given_at_sign_in(browser: Browser, site: Site, scripts: bool) -> None:
    name, look = somebody(site), Look()
    address = f"{name}@example.com"
    with decided(site, signUp=BY_EMAIL):
        async with visiting(browser, site, scripts=scripts) as ada:
            await ada.open("/")
            await ada.sign_in(name, PASSWORD)
            await ada.sees(ada.t("more.title"))
            await ada.reads(ada.t("more.account_lead"))
            if scripts:
                await look(ada.page, "a missing address")
            await give(ada, address, "more.go")
            await ada.sees(name)
            await ada.reads(address)
            await ada.sign_out()
            await ada.open("/")
            await ada.sign_in(name, PASSWORD)
            await ada.sees(name)
    assert not scripts or look.is_content()


@pytest.mark.parametrize("scripts", [True, False])
async def test_an_address_becomes_a_second_factor_at_sign_in(browser: Browser, site: Site, scripts: bool) -> None:
    name, look = somebody(site), Look()
    address = f"{name}@example.com"
    factors = ["Totp", "EmailVerificationCode", "PhoneVerificationCode"]
    with decided(site, mfa={"factors": factors, "policy": "Mandatory"}):
        async with visiting(browser, site, scripts=scripts) as ada, visiting(browser, site, scripts=scripts) as again:
            await ada.open("/")
            await ada.sign_in(name, PASSWORD)
            await ada.sees(ada.t("binding.title"))
            if scripts:
                await look(ada.page, "which factor")
            await ada.page.get_by_role("link", name=ada.t("binding.email")).click()
            await ada.reads(ada.t("binding.email_new_lead"))
            if scripts:
                await look(ada.page, "a new address")
            await give(ada, address, "binding.codes_go")
            await ada.sees(name)
            await ada.reads(address)
            await again.open("/")
            await again.sign_in(name, PASSWORD)
            await again.sees(again.t("factor.title"))
    assert not scripts or look.is_content()
