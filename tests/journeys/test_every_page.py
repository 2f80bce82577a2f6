"""Every page, in every state a person can meet: axe finds nothing, nothing scrolls sideways, the console is silent."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import ONE_STORE
from tests.journeys.looking import PHONE, Look, too_wide, violations
from tests.journeys.site import Site
from tests.journeys.test_sign_in import somebody
from tests.journeys.visitor import PASSWORD, visiting
from vestibule.client import one_time_tokens, users

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]


@pytest.fixture
def look() -> Look:
    """Somebody who looks."""
    return Look()


async def test_sign_in_in_every_state(browser: Browser, site: Site, look: Look) -> None:
    name, suspended = somebody(site), somebody(site)
    (user,) = site.manager.pages(users.find(search=suspended))
    site.manager.send(users.suspend(user.id))
    async with visiting(browser, site) as ada:
        await ada.open("/")
        await look(ada.page, "sign in")
        for state, identifier, password, words in (
            ("wrong password", name, "not it", "fault.credentials"),
            ("suspended", suspended, PASSWORD, "fault.suspended"),
        ):
            await ada.sign_in(identifier, password)
            await ada.reads(ada.t(words))
            await look(ada.page, state)
        for _ in range(10):
            async with ada.page.expect_navigation():
                await ada.sign_in(name, "not it")
        await ada.reads(ada.t("fault.too_many", minutes=15))
        await look(ada.page, "too many tries")
    assert look.is_content()


async def test_magic_links_in_every_state(browser: Browser, site: Site, look: Look) -> None:
    address = f"{somebody(site)}@example.com"
    token = site.manager.send(one_time_tokens.create(address)).token
    async with visiting(browser, site) as ada:
        await ada.open("/")
        link = ada.page.url.replace("/sign-in?", "/one-time-token?") + f"&login_hint={address}&one_time_token="
        await ada.page.goto(f"{link}{token}")
        await ada.sees(ada.t("link.title"))
        await look(ada.page, "link")
        await ada.page.goto(f"{link}nothing")
        await ada.sees(ada.t("link.unknown_title"))
        await look(ada.page, "link that does not work")
    assert look.is_content()


async def test_registration_in_every_state(browser: Browser, site: Site, look: Look) -> None:
    name = somebody(site)
    async with visiting(browser, site) as eve:
        await eve.open("/")
        await eve.follow("sign_in.register")
        await eve.sees(eve.t("register.title"))
        await look(eve.page, "register")
        for identifier, password, words in (
            (name, PASSWORD, "fault.username_taken"),
            (site.somebody("eve"), "short", "fault.password_rejected_too_short"),
            (site.somebody("eve"), "password1", "fault.password_rejected_pwned"),
        ):
            await eve.fill(identifier=identifier, new_password=password)
            await eve.press("register.go")
            await eve.reads(eve.t(words, min=8))
            await look(eve.page, words)
    assert look.is_content()


async def test_consent_and_the_ways_back(browser: Browser, site: Site, look: Look) -> None:
    name = somebody(site)
    async with visiting(browser, site) as ada:
        await ada.open(site.authorize(site.third_party, scope="openid profile email phone address"))
        await ada.sign_in(name, PASSWORD)
        await ada.sees(ada.t("consent.title", application="Test"))
        await look(ada.page, "consent")
        await ada.open(f"{site.live.identity}/oidc/session/end")
        await ada.sees(ada.t("sign_out.title"))
        await look(ada.page, "sign out")
        await ada.press("sign_out.go")
        await ada.sees(ada.t("signed_out.title"))
        await look(ada.page, "signed out")
        # The answer sends itself; without an answer to that, the page stays.
        await ada.page.route(f"{site.client.callback}*", lambda route: route.fulfill(status=204))
        await ada.open(site.authorize(site.first_party, response_mode="form_post"))
        await ada.sign_in(name, PASSWORD)
        await ada.sees(ada.t("form_post.title"))
        await look(ada.page, "form post")
    assert look.is_content()


async def test_notices(browser: Browser, site: Site, look: Look) -> None:
    identity = site.live.identity
    async with visiting(browser, site) as ada:
        for path, heading in (
            ("/", "home"),
            ("/nothing", "missing"),
            ("/sign-in", "unknown"),
            ("/oidc/auth?client_id=nobody", "error.client"),
            ("/oidc/auth?client_id=&x=1", "error.request"),
            (site.authorize(site.first_party, "https://elsewhere.example/").removeprefix(identity), "error.redirect"),
        ):
            await ada.open(f"{identity}{path}")
            await ada.sees(ada.t(f"{heading}.title"))
            await look(ada.page, heading)
        await ada.open("/")
        await ada.page.context.clear_cookies(name="vestibule_browser")
        await ada.sign_in("ada", PASSWORD)
        await ada.sees(ada.t("unknown.title"))
        await ada.open("/")
        await ada.page.evaluate("document.querySelector('[name=csrf]').value = 'forged'")
        await ada.sign_in("ada", PASSWORD)
        await ada.sees(ada.t("foreign.title"))
        await look(ada.page, "foreign")
    assert look.is_content()


async def test_the_outbox(browser: Browser, site: Site, look: Look) -> None:
    """Text messages go there; this server sends its e-mail."""
    name = site.somebody()
    async with visiting(browser, site, local=True) as ada:
        await ada.open(f"{site.live.identity}/outbox")
        await look(ada.page, "empty")
        await ada.register(name)
        await ada.open("/phone")
        await ada.fill(new_phone="+33 6 12 34 56 78", current_password=PASSWORD)
        await ada.press("account.send_code")
        code = ada.page.locator("[autocomplete=one-time-code]")
        await expect(code).to_be_visible()
        sent = await ada.page.context.new_page()
        await sent.goto(f"{site.live.identity}/outbox")
        await look(sent, "a message")
        await code.fill(site.live.last_code("33612345678"))
        await ada.press("account.confirm")
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.phone"))
    assert look.is_content()


async def test_the_account_and_all_its_forms(browser: Browser, site: Site, look: Look) -> None:
    name = site.somebody()
    async with visiting(browser, site) as ada:
        await ada.register(name)
        await look(ada.page, "overview of a new account")
        (user,) = site.manager.pages(users.find(search=name))
        site.manager.send(
            users.update(
                user.id,
                name="Ada Lovelace, Countess of " + "Rhabarberbarbara" * 6,
                primary_email=f"{'a-very-long-name-' * 3}{name}@mail.subdomain.example.com",
                primary_phone="33612345699",
            )
        )
        await ada.open("/?saved=name")
        await look(ada.page, "overview of a full account")
        for path in (
            "name", "picture", "profile", "username", "email", "phone", "password",
            "remove-username", "remove-email", "remove-phone",
        ):  # fmt: skip
            await ada.open(f"/{path}")
            await look(ada.page, path)
    assert look.is_content()


async def test_the_accounts_faults(browser: Browser, site: Site, look: Look) -> None:
    name, other = site.somebody(), somebody(site)
    address = f"{name}@example.com"
    async with visiting(browser, site) as ada:
        await ada.register(name)
        for path, texts, button, words in (
            ("username", {"username": "1 x"}, "save", "problem.field.username"),
            ("username", {"username": other}, "save", "problem.taken"),
            ("picture", {"avatar": "javascript:alert(1)"}, "save", "problem.field.avatar"),
            ("phone", {"new_phone": "1", "current_password": PASSWORD}, "send_code", "problem.field.phone"),
            ("email", {"new_email": "x", "current_password": PASSWORD}, "send_code", "problem.field.email"),
            ("email", {"new_email": address, "current_password": "no"}, "send_code", "problem.wrong-password"),
            (
                "password",
                {"current_password": PASSWORD, "new_password": "password1"},
                "save",
                "fault.password_rejected_pwned",
            ),
            ("remove-username", {"current_password": PASSWORD}, "remove", "problem.last-identifier"),
        ):
            await ada.open(f"/{path}")
            await ada.fill(**texts)
            await ada.press(f"account.{button}")
            await ada.reads(ada.t(words))
            await look(ada.page, words)
        await ada.open("/email")
        await ada.fill(new_email=address, current_password=PASSWORD)
        await ada.press("account.send_code")
        code = ada.page.locator("[autocomplete=one-time-code]")
        await expect(code).to_be_visible()
        await look(ada.page, "code sent")
        await code.fill("000000" if site.mailbox.code_for(address) != "000000" else "000001")
        await ada.press("account.confirm")
        await ada.reads(ada.t("problem.wrong-code"))
        await look(ada.page, "wrong code")
    assert look.is_content()


async def test_the_accounts_notices(browser: Browser, site: Site, look: Look) -> None:
    async with visiting(browser, site) as ada:
        await ada.open("/signed-out")
        await ada.sees(ada.t("account.signed_out.heading"))
        await look(ada.page, "signed out")
        await ada.open("/callback?state=made-up&code=x")
        await ada.sees(ada.t("account.sign_in_failed.heading"))
        await look(ada.page, "sign-in failed")
        await ada.register(site.somebody())
        await ada.open("/nothing")
        await ada.sees(ada.t("account.missing.heading"))
        await look(ada.page, "missing")
        await ada.open("/name")
        await ada.page.evaluate("document.querySelector('main [name=csrf]').value = 'forged'")
        await ada.press("account.save")
        await ada.sees(ada.t("account.foreign.heading"))
        await look(ada.page, "foreign")
        identity = identity_server(site)
        os.kill(identity, signal.SIGSTOP)
        try:
            await ada.open("/")
            await ada.sees(ada.t("account.away.heading"))
            await look(ada.page, "away")
        finally:
            os.kill(identity, signal.SIGCONT)
        await ada.follow("account.away.go")
        await expect(ada.page.get_by_role("button", name=ada.t("account.sign_out"))).to_be_visible()
    assert look.is_content()


LISTENS = "0A"
"""The state of a listening socket in /proc/net/tcp."""


def identity_server(site: Site) -> int:
    """Return the process of the identity server: the one below `vestibule up` that listens on its port."""
    port = urlsplit(site.live.identity).port
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[3] == LISTENS and row[1].endswith(f":{port:04X}")}
    for child in below(site.live.process.pid):
        held = {str(one.readlink()) for one in Path(f"/proc/{child}/fd").iterdir()}
        if held & sockets:
            return child
    raise LookupError("no identity server")


def below(pid: int) -> Iterator[int]:
    """Yield the processes that a process has begun, and those that they have."""
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        yield child
        yield from below(child)


FAULTY = """document.body.insertAdjacentHTML('beforeend',
  '<p id=faint>Too faint</p><img src="/ui/none"><pre id=wide>' + 'x'.repeat(200) + '</pre>')
document.getElementById('faint').style.cssText = 'color: #ccc; background: #ddd'"""


async def test_a_faulty_page_is_noticed(browser: Browser, site: Site) -> None:
    """The control: whoever finds nothing above does look."""
    async with visiting(browser, site) as ada:
        await ada.open(site.live.identity)
        assert await violations(ada.page) == await too_wide(ada.page) == []
        await ada.page.evaluate(FAULTY)
        found = await violations(ada.page)
        assert {item.partition(":")[0] for item in found} >= {"color-contrast", "image-alt"}
        await ada.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert await too_wide(ada.page) != []
        async with ada.page.expect_console_message():
            await ada.page.evaluate(
                "document.body.append(Object.assign(document.createElement('script'), { textContent: 'alert(1)' }))"
            )
        missing, blocked = ada.faults
        assert missing == f"404: {site.live.identity}/ui/none"
        assert "Content Security Policy" in blocked
        ada.faults.clear()
    with pytest.raises(AssertionError, match="planted"):
        await visit_and_complain(browser, site)


async def visit_and_complain(browser: Browser, site: Site) -> None:
    """Visit a page whose script fails."""
    async with visiting(browser, site) as ada:
        await ada.open(site.live.identity)
        async with ada.page.context.expect_event("weberror"):
            await ada.page.evaluate("setTimeout(() => { throw new Error('planted') })")
