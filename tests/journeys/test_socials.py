"""Signing in through accounts elsewhere, with a real provider: as somebody new, again, with every slip on the way."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import ONE_STORE
from tests.journeys.elsewhere import Elsewhere, agree, leave, refuse, with_buttons
from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.test_ways_in import decided
from tests.journeys.visitor import visiting
from tests.real_provider import NAMES, TARGETS, walked
from vestibule.client import users

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]


@pytest.fixture(autouse=True)
def buttons(site: Site, there: Elsewhere) -> Iterator[None]:
    """The sign-in page has a button for each."""
    with with_buttons(site):
        yield


@pytest.mark.parametrize("kind", TARGETS)
async def test_somebody_new_comes_through_a_provider_and_comes_back(
    browser: Browser, site: Site, there: Elsewhere, kind: str
) -> None:
    name = site.somebody("ana")
    async with visiting(browser, site) as ana:
        await ana.open("/")
        await leave(ana, there, kind)
        await agree(ana, name)
        await ana.sees(name.capitalize())
        await ana.sign_out()
        # Signed in there, and agreed already: one press is enough.
        await ana.open("/")
        await leave(ana, there, kind)
        if kind == "apple":  # its client is a native one there, which is asked about each time
            await ana.page.get_by_role("button", name="Continue").click()
        await ana.sees(name.capitalize())
    (user,) = site.manager.pages(users.find(search=name))
    assert {target: held["userId"] for target, held in user.identities.items()} == {TARGETS[kind]: name}
    assert user.primary_email == f"{name}@example.com"


@pytest.mark.parametrize("scripts", [True, False], ids=["with script", "without script"])
async def test_whoever_gives_up_at_the_provider_can_go_on_here(
    browser: Browser, site: Site, there: Elsewhere, scripts: bool
) -> None:
    name, look = site.somebody("ana"), Look()
    async with visiting(browser, site, scripts=scripts) as ana:
        await ana.open("/")
        await leave(ana, there, "oidc")
        await refuse(ana)
        alert = ana.page.get_by_role("alert")
        await expect(alert).to_have_text(ana.t("social.declined"))
        await expect(alert).to_be_focused()
        if scripts:
            await look(ana.page, "given up there")
        await leave(ana, there, "oauth2")
        await agree(ana, name)
        await ana.sees(name.capitalize())
    assert not scripts or look.is_content()


async def test_a_way_back_that_is_altered_replayed_or_somebody_elses_lets_nobody_in(
    browser: Browser, site: Site, there: Elsewhere
) -> None:
    name, callback = site.somebody("ana"), f"{site.live.identity}/callback/{there.connectors['oidc']}"
    async with visiting(browser, site) as ana, visiting(browser, site) as eve:
        await ana.open("/")
        way_back = walked(await leave(ana, there, "oidc"), name, callback)
        await eve.open(way_back)
        await eve.sees(eve.t("unknown.title"))
        await eve.open("/")
        await leave(eve, there, "oidc")
        await eve.open(way_back)
        await eve.reads(eve.t("social.declined"))
        # One of another request lets nobody in, and uses nothing up: anybody can send a browser there.
        await ana.open(way_back.replace("state=", "state=x"))
        await ana.reads(ana.t("social.declined"))
        assert list(site.manager.pages(users.find(search=name))) == []
        await ana.open(way_back)
        await ana.sees(name.capitalize())
        await ana.sign_out()
        await ana.open(way_back)
        await ana.sees(ana.t("unknown.title"))
        await ana.open("/")
        await ana.open(way_back)
        await ana.reads(ana.t("fault.over"))


async def test_an_account_with_the_same_address_is_asked_about_and_linked(
    browser: Browser, site: Site, there: Elsewhere
) -> None:
    """An address that the provider has not checked leads to nobody's account."""
    name, unproven, look = site.somebody("ana"), site.somebody("ben"), Look()
    for one in (name, unproven):
        site.manager.send(users.create(username=one, name=f"Account of {one}", primary_email=f"{one}@example.com"))
    async with visiting(browser, site) as ana, visiting(browser, site) as ben:
        await ana.open("/")
        await leave(ana, there, "github")
        await agree(ana, name)
        await ana.sees(ana.t("social.related_title"))
        await ana.reads(ana.t("social.related_lead", address=f"{name}@example.com", provider=NAMES["github"]))
        await look(ana.page, "is this your account")
        await ana.press("social.link_go")
        await ana.sees(f"Account of {name}")
        await ben.open("/")
        await leave(ben, there, "oidc")
        await agree(ben, unproven)
        await ben.sees(ben.t("more.title"))
        await ben.fill(username=f"other_{unproven}")
        await ben.press("more.go")
        await ben.sees(unproven.capitalize())
    held = {user.username: set(user.identities) for user in site.manager.pages(users.find(search=unproven))}
    assert held == {unproven: set(), f"other_{unproven}": {TARGETS["oidc"]}}
    assert look.is_content()


async def test_somebody_new_accepts_the_terms_first(browser: Browser, site: Site, there: Elsewhere) -> None:
    name, look = site.somebody("ana"), Look()
    terms = {"termsOfUseUrl": "https://example.com/terms", "agreeToTermsPolicy": "ManualRegistrationOnly"}
    with decided(site, **terms):
        async with visiting(browser, site) as ana:
            await ana.open("/")
            await leave(ana, there, "oauth2")
            await agree(ana, name)
            await ana.sees(ana.t("social.nobody_title"))
            await look(ana.page, "nobody")
            assert list(site.manager.pages(users.find(search=name))) == []
            await ana.page.get_by_role("checkbox").check()
            await ana.press("social.register_go")
            await ana.sees(name.capitalize())
    assert look.is_content()
