"""Every way in that needs no password: a code to sign in with, an account by a code, a forgotten password."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.visitor import PASSWORD, Visitor, visiting
from vestibule.client import sign_in_experience, users

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("scripts", [True, False])]
NEW = "another lazy door"
METHODS = [
    {"identifier": kind, "password": True, "verificationCode": kind != "username", "isPasswordPrimary": True}
    for kind in ("username", "email", "phone")
]


@contextmanager
def decided(site: Site, **settings: Any) -> Iterator[None]:
    """Change what is decided about signing in, for a while."""
    held = site.manager.send(sign_in_experience.get())
    site.manager.send(sign_in_experience.update(**settings))
    try:
        yield
    finally:
        site.manager.send(sign_in_experience.update(**{name: held[name] for name in settings}))


async def enter(site: Site, ada: Visitor, address: str, look: Look) -> None:
    """Read the newest mail and write its code, after a slip; without script nothing sends the form by itself."""
    code = ada.box("field.code")
    await expect(code).to_be_focused()
    await expect(code).to_have_attribute("autocomplete", "one-time-code")
    await expect(code).to_have_attribute("inputmode", "numeric")
    await ada.reads(ada.t("code.lead", target=address, minutes=10))
    if ada.scripts:
        await look(ada.page, "code sent")
    right = site.mailbox.code_for(address)
    await code.fill("000000" if right != "000000" else "000001")
    await ada.press("code.go")
    await expect(code).to_have_attribute("aria-invalid", "true")
    if ada.scripts:
        await look(ada.page, "wrong code")
    await ada.press("code.again")
    await ada.reads(ada.t("code.again_lead"))
    await expect(ada.page.get_by_role("alert")).to_be_visible()
    if ada.scripts:
        await look(ada.page, "asked again too soon")
    await ada.box("field.code").fill(f"{right[:3]} {right[3:]}")
    await ada.press("code.go")


async def test_a_code_from_the_mail_signs_in(browser: Browser, site: Site, scripts: bool) -> None:
    name, look = site.somebody(), Look()
    address = f"{name}@example.com"
    site.manager.send(users.create(username=name, primary_email=address, password=PASSWORD))
    with decided(site, signIn={"methods": METHODS}):
        async with visiting(browser, site, scripts=scripts) as ada:
            await ada.open("/")
            if scripts:
                await look(ada.page, "sign in")
            await ada.fill(identifier="nobody at all")
            await ada.press("sign_in.send_code")
            await expect(ada.box("field.email_or_phone")).to_have_attribute("aria-invalid", "true")
            if scripts:
                await look(ada.page, "no address")
            await ada.box("field.email_or_phone").fill(address)
            await ada.press("sign_in.code_go")
            await enter(site, ada, address, look)
            await ada.sees(name)
    assert not scripts or look.is_content()


async def test_an_account_is_made_by_a_code(browser: Browser, site: Site, scripts: bool) -> None:
    """What the settings ask for beside the address is filled in on a page of its own."""
    name, look = site.somebody(), Look()
    address = f"{name}@example.com"
    beside = [{"identifier": "username"}]
    sign_up = {"identifiers": ["email"], "password": True, "verify": True, "secondaryIdentifiers": beside}
    with decided(site, signUp=sign_up):
        async with visiting(browser, site, scripts=scripts) as ada:
            await ada.open("/")
            await ada.follow("sign_in.register")
            await ada.sees(ada.t("register.title"))
            if scripts:
                await look(ada.page, "register")
            await ada.box("field.email").fill(address)
            await ada.press("register.next")
            await enter(site, ada, address, look)
            await ada.sees(ada.t("more.title"))
            if scripts:
                await look(ada.page, "more")
            await ada.fill(username=name, new_password="password1")
            await ada.press("more.go")
            await ada.reads(ada.t("fault.password_rejected_pwned"))
            if scripts:
                await look(ada.page, "more, refused")
            await ada.fill(new_password=PASSWORD)
            await ada.press("more.go")
            await ada.sees(name)
            await ada.reads(address)
    assert not scripts or look.is_content()


async def test_a_forgotten_password_is_replaced(browser: Browser, site: Site, scripts: bool) -> None:
    name, look = site.somebody(), Look()
    address = f"{name}@example.com"
    site.manager.send(users.create(username=name, primary_email=address, password=PASSWORD))
    async with visiting(browser, site, scripts=scripts) as ada:
        await ada.open("/")
        await ada.follow("sign_in.forgot")
        await ada.sees(ada.t("recovery.title"))
        if scripts:
            await look(ada.page, "forgotten")
        await ada.box("field.email_or_phone").fill(address)
        await ada.press("recovery.go")
        await enter(site, ada, address, look)
        await ada.sees(ada.t("recovery.new_title"))
        if scripts:
            await look(ada.page, "new password")
        await ada.fill(new_password=NEW)
        await ada.press("recovery.new_go")
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("recovery.done"))
        if scripts:
            await look(ada.page, "saved")
        await ada.sign_in(name, NEW)
        await ada.sees(name)
    assert not scripts or look.is_content()


async def test_whoever_has_no_account_is_told_so_after_the_code(browser: Browser, site: Site, scripts: bool) -> None:
    name, look = site.somebody("eve"), Look()
    address = f"{name}@example.com"
    sign_up = {"identifiers": ["email"], "password": False, "verify": True}
    with decided(site, signIn={"methods": METHODS}, signUp=sign_up):
        async with visiting(browser, site, scripts=scripts) as eve:
            await eve.open("/")
            await eve.fill(identifier=address)
            await eve.press("sign_in.send_code")
            await eve.box("field.code").fill(site.mailbox.code_for(address))
            await eve.press("code.go")
            await eve.sees(eve.t("verdict.nobody_title"))
            if scripts:
                await look(eve.page, "nobody")
            await eve.press("verdict.nobody_go")
            await eve.sees(address)
    assert not scripts or look.is_content()
