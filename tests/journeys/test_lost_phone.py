"""As somebody new would: an account by a code, factors, the phone lost, in by a backup code, another password.

And every factor that is a message. Nothing is done but what the pages say.
"""

import pytest
from msgspec import UNSET
from playwright.async_api import Browser, expect

from tests.authenticator import code_at
from tests.journeys.conftest import ONE_STORE
from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.test_passkeys import authenticator
from tests.journeys.test_ways_in import METHODS, NEW, decided
from tests.journeys.visitor import PASSWORD, Visitor, visiting
from vestibule.client import users
from vestibule.clock import SystemClock

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]


async def begin_by_code(ada: Visitor, site: Site, address: str) -> None:
    """Make an account by a code from the mail, and choose a password."""
    await ada.open("/")
    await ada.follow("sign_in.register")
    await ada.box("field.email").fill(address)
    await ada.press("register.next")
    await ada.box("field.code").fill(site.mailbox.code_for(address))
    await ada.press("code.go")
    await ada.fill(new_password=PASSWORD)
    await ada.press("more.go")
    await ada.sees(address)


async def set_up(ada: Visitor, address: str) -> list[str]:
    """From the account page, make a passkey, keep the ten backup codes that come with it, turn on an authenticator."""
    await authenticator(ada)
    await ada.open("/passkeys")
    await ada.follow("passkey.new")
    await ada.sign_in(address, PASSWORD)
    await ada.press("binding.passkey_go")
    await ada.sees(ada.t("backup.made_heading"))
    shown = await ada.page.locator("main li").all_inner_texts()
    assert len(shown) == 10
    await ada.press("backup.made_go")
    await ada.sees(ada.t("passkey.heading"))
    await ada.open("/")
    await ada.change("authenticator", "authenticator")
    seed = (await ada.page.locator(".secret-text").inner_text()).replace(" ", "")
    await ada.box("authenticator.code").fill(code_at(SystemClock().now(), seed))
    await ada.fill(current_password=PASSWORD)
    await ada.press("authenticator.go")
    await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.authenticator"))
    return shown


async def enter_backup_code(ada: Visitor, code: str) -> None:
    """On the page that asks for a factor, choose to write a backup code."""
    await ada.sees(ada.t("factor.title"))
    await ada.follow("factor.use_backup-code")
    await ada.box("factor.backup-code").fill(code)
    await ada.press("factor.go")


async def test_somebody_new_loses_the_phone_gets_in_and_replaces_the_password(browser: Browser, site: Site) -> None:
    address = f"{site.somebody()}@example.com"
    factors = {"factors": ["Totp", "WebAuthn", "BackupCode"], "policy": "NoPrompt"}
    choices = {"identifiers": ["email"], "password": True, "verify": True}
    with decided(site, signUp=choices, mfa=factors):
        async with visiting(browser, site) as ada:
            await begin_by_code(ada, site, address)
            codes = await set_up(ada, address)
        # Another device: neither the passkey nor the authenticator is there.
        async with visiting(browser, site, scripts=False) as ada:
            await ada.open("/")
            await ada.sign_in(address, PASSWORD)
            await enter_backup_code(ada, codes[0])
            await ada.sees(address)
            await ada.reads(ada.t("backup.left", left=9))
            await ada.sign_out()
            await ada.open("/")
            await ada.follow("sign_in.forgot")
            await ada.box("field.email_or_phone").fill(address)
            await ada.press("recovery.go")
            await ada.box("field.code").fill(site.mailbox.code_for(address))
            await ada.press("code.go")
            await ada.fill(new_password=NEW)
            await ada.press("recovery.new_go")
            await ada.sign_in(address, NEW)
            await enter_backup_code(ada, codes[0])
            await ada.reads(ada.t("fault.backup_code"))
            await ada.box("factor.backup-code").fill(codes[1])
            await ada.press("factor.go")
            await ada.sees(address)


@pytest.mark.parametrize("kind", ["email", "phone"])
async def test_a_code_that_is_sent_is_a_factor(browser: Browser, site: Site, kind: str) -> None:
    """Set up at a sign-in, asked for at the next one; mail comes by SMTP, text messages to the outbox."""
    name, look = site.somebody(), Look()
    address = f"{name}@example.com" if kind == "email" else f"336{abs(hash(name)) % 10**8:08d}"
    mail, number = (address, UNSET) if kind == "email" else (UNSET, address)
    site.manager.send(users.create(username=name, password=PASSWORD, primary_email=mail, primary_phone=number))
    factor = "EmailVerificationCode" if kind == "email" else "PhoneVerificationCode"
    with decided(site, mfa={"factors": [factor], "policy": "PromptAtSignInAndSignUp"}):
        async with visiting(browser, site) as ada:
            for is_first in (True, False):
                await ada.open("/")
                await ada.sign_in(name, PASSWORD)
                if is_first:
                    await ada.page.get_by_role("link", name=ada.t(f"binding.{kind}")).click()
                    await ada.press("binding.codes_go")
                await ada.press("factor.send")
                await ada.reads(ada.t("factor.none_came"))
                await look(ada.page, f"a code as a factor, {'at first' if is_first else 'again'}")
                code = site.mailbox.code_for(address) if kind == "email" else site.live.last_code(address)
                await ada.box(f"factor.{kind}").fill(code)
                await ada.press("factor.go")
                await ada.sees(name)
                await ada.sign_out()
    assert look.is_content()


async def test_a_text_message_signs_in(browser: Browser, site: Site) -> None:
    name = site.somebody()
    number = f"336{abs(hash(name)) % 10**8:08d}"
    site.manager.send(users.create(username=name, primary_phone=number, password=PASSWORD))
    with decided(site, signIn={"methods": METHODS}):
        async with visiting(browser, site, scripts=False) as ada:
            await ada.open("/")
            await ada.fill(identifier=f"+{number}")
            await ada.press("sign_in.send_code")
            await ada.sees(ada.t("code.title_phone"))
            await ada.box("field.code").fill(site.live.last_code(number))
            await ada.press("code.go")
            await ada.sees(name)
