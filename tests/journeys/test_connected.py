"""Connecting accounts elsewhere on the account page, with a real provider: there, back, and away again."""

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import ONE_STORE
from tests.journeys.elsewhere import Elsewhere, agree, leave, refuse, with_buttons
from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.test_sign_in import somebody
from tests.journeys.visitor import PASSWORD, Visitor, visiting
from tests.real_provider import NAMES, TARGETS, walked
from vestibule.client import identities, users

pytestmark = pytest.mark.anyio


async def signed_in(ada: Visitor, name: str) -> None:
    """Sign in by password, and go to the list of connected accounts."""
    await ada.open("/")
    await ada.sign_in(name, PASSWORD)
    await ada.page.get_by_role("link", name=ada.t("field.connected")).click()
    await ada.sees(ada.t("connected.heading"))


async def choose(ada: Visitor, key: str, kind: str) -> None:
    """On the list, choose to connect or to disconnect; on the form, prove presence and go on."""
    await ada.page.get_by_role("link", name=f"{ada.t(f'connected.{key}')} {NAMES[kind]}", exact=True).click()
    await ada.sees(ada.t("connected.new" if key == "connect" else "connected.remove", provider=NAMES[kind]))
    await ada.fill(current_password=PASSWORD)
    await ada.press("connected.go" if key == "connect" else "connected.disconnect", provider=NAMES[kind])


def linked(site: Site, name: str) -> dict[str, str]:
    """Return who somebody is elsewhere, by provider."""
    (user,) = (user for user in site.manager.pages(users.find(search=name)) if user.username == name)
    return {target: held["userId"] for target, held in user.identities.items()}


@pytest.mark.parametrize("scripts", [True, False], ids=["with script", "without script"])
async def test_an_account_elsewhere_is_connected_signs_in_and_is_disconnected(
    browser: Browser, site: Site, there: Elsewhere, scripts: bool
) -> None:
    name, look = somebody(site), Look()
    at_them = f"at_{name}"
    async with visiting(browser, site, scripts=scripts) as ada:
        await signed_in(ada, name)
        if scripts:
            await look(ada.page, "nothing connected")
        await choose(ada, "connect", "oidc")
        await agree(ada, at_them)
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.connected"))
        await ada.reads(at_them.capitalize())
        await ada.reads(f"{at_them}@example.com")
        if scripts:
            await look(ada.page, "connected")
        await ada.sign_out()
        with with_buttons(site):
            await ada.open("/")
            await leave(ada, there, "oidc")
            await ada.sees(name)
        await ada.open("/connected")
        await choose(ada, "disconnect", "oidc")
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.disconnected"))
    assert linked(site, name) == {}
    assert not scripts or look.is_content()


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_what_is_refused_on_the_way_is_a_sentence_and_connects_nothing(
    browser: Browser, site: Site, there: Elsewhere
) -> None:
    name, other = somebody(site), somebody(site)
    (bob,) = site.manager.pages(users.find(search=other))
    site.manager.send(identities.put(bob.id, TARGETS["github"], f"bob_{name}"))
    async with visiting(browser, site) as ada:
        alert = ada.page.get_by_role("alert")
        await signed_in(ada, name)
        await choose(ada, "connect", "oauth2")
        await refuse(ada)
        await expect(alert).to_have_text(ada.t("problem.provider-failed"))
        await choose(ada, "connect", "github")
        await agree(ada, f"bob_{name}")
        await expect(alert).to_have_text(ada.t("problem.identity-taken"))
    assert (linked(site, name), linked(site, other)) == ({}, {TARGETS["github"]: f"bob_{name}"})


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_a_provider_that_answers_by_a_form_connects_too(browser: Browser, site: Site, there: Elsewhere) -> None:
    """As Apple does: the browser keeps the session's cookie from another site's form."""
    name = somebody(site)
    async with visiting(browser, site) as ada:
        await signed_in(ada, name)
        await choose(ada, "connect", "apple")
        await agree(ada, f"at_{name}")
        await expect(ada.page.get_by_role("status")).to_have_text(ada.t("saved.connected"))
    assert linked(site, name) == {TARGETS["apple"]: f"at_{name}"}


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_a_link_that_somebody_else_began_is_not_finished_by_a_victim(
    browser: Browser, site: Site, there: Elsewhere
) -> None:
    """B21: their account there would then open the victim's here."""
    victim, attacker = somebody(site), somebody(site)
    async with visiting(browser, site) as ada, visiting(browser, site) as eve:
        await signed_in(ada, victim)
        await signed_in(eve, attacker)
        wanted = f"{there.address}/auth?"
        async with eve.page.expect_request(lambda request: request.url.startswith(wanted)) as asked:
            await choose(eve, "connect", "oidc")
        way_back = walked((await asked.value).url, attacker, f"{site.live.account}/callback/{TARGETS['oidc']}")
        await ada.open(way_back)
        await expect(ada.page.get_by_role("alert")).to_have_text(ada.t("problem.link-over"))
        await eve.open(way_back)
        await expect(eve.page.get_by_role("status")).to_have_text(eve.t("saved.connected"))
        await eve.open(way_back)
        await expect(eve.page.get_by_role("alert")).to_have_text(eve.t("problem.link-over"))
    assert (linked(site, victim), linked(site, attacker)) == ({}, {TARGETS["oidc"]: attacker})


@pytest.mark.parametrize("site", ONE_STORE, indirect=True)
async def test_the_last_way_in_stays_and_says_why(browser: Browser, site: Site, there: Elsewhere) -> None:
    name, look = site.somebody("ana"), Look()
    with with_buttons(site):
        async with visiting(browser, site) as ana:
            await ana.open("/")
            await leave(ana, there, "oauth2")
            await agree(ana, name)
            await ana.sees(name.capitalize())
            await ana.open("/connected")
            await ana.reads(ana.t("connected.only"))
            await expect(ana.page.get_by_role("link", name=ana.t("connected.disconnect"))).to_have_count(0)
            await look(ana.page, "only way in")
            # Whoever knows the address of the form, and proves to be there, is refused as well.
            await ana.open(f"/connected/remove?of={TARGETS['oauth2']}")
            await ana.press("account.send_code")
            code = ana.page.locator("[autocomplete=one-time-code]")
            await code.fill(site.mailbox.code_for(f"{name}@example.com"))
            await ana.press("connected.disconnect")
            await expect(ana.page.get_by_role("alert")).to_have_text(ana.t("problem.last-way-in"))
    assert look.is_content()
