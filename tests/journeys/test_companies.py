"""Signing in through a company with real providers of OpenID Connect and SAML: found by an address, there and back."""

import base64
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.companies import Company
from tests.journeys.conftest import ONE_STORE
from tests.journeys.elsewhere import COMPANY, DOMAIN, Elsewhere, agree, refuse
from tests.journeys.looking import Look
from tests.journeys.site import Site
from tests.journeys.test_ways_in import decided
from tests.journeys.visitor import PASSWORD, Visitor, visiting
from vestibule.client import identities, users
from vestibule.client.models import User

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("site", ONE_STORE, indirect=True)]


@pytest.fixture(autouse=True)
def switched_on(site: Site) -> Iterator[None]:
    """Companies may sign their people in."""
    with decided(site, singleSignOnEnabled=True):
        yield


async def go(visitor: Visitor, address: str) -> None:
    """From anywhere signed out, say which company one belongs to; the page after it moves on by itself."""
    await visitor.open("/")
    await visitor.follow("company.title")
    await visitor.box("company.email").fill(address)
    await visitor.press("company.go")


def known_as(site: Site, address: str) -> list[User]:
    """Return whoever has an address."""
    return list(site.manager.pages(users.find(search=address)))


async def test_somebody_of_a_company_is_led_there_gets_an_account_and_comes_back(
    browser: Browser, site: Site, there: Elsewhere
) -> None:
    name, look = site.somebody("ada"), Look()
    address = f"{name}@{DOMAIN}"
    async with visiting(browser, site) as ada:
        await ada.open("/")
        await look(ada.page, "sign in")
        await ada.follow("company.title")
        await ada.sees(ada.t("company.title"))
        await look(ada.page, "which company")
        await ada.box("company.email").fill("ada@nowhere.example")
        await ada.press("company.go")
        await expect(ada.box("company.email")).to_have_attribute("aria-invalid", "true")
        await look(ada.page, "no such company")
        # The page that leads on stays where the way is closed.
        await ada.page.route(f"{there.address}/auth?*", lambda route: route.fulfill(status=204))
        await ada.box("company.email").fill(address)
        await ada.press("company.go")
        await ada.sees(ada.t("company.onward_title", company=COMPANY))
        await look(ada.page, "on the way")
        await ada.page.unroute(f"{there.address}/auth?*")
        await ada.page.get_by_role("link", name=ada.t("company.to_go", company=COMPANY)).click()
        await refuse(ada)
        await ada.sees(ada.t("company.failed_title", company=COMPANY))
        await look(ada.page, "given up")
        await ada.follow("company.again")
        await ada.box("company.email").fill(address)
        await ada.press("company.go")
        await agree(ada, address)
        await ada.sees(name.capitalize())
        await ada.open("/connected")
        await expect(ada.page.get_by_role("heading", name=COMPANY)).to_be_visible()
        await ada.reads(ada.t("connected.company_lead", company=COMPANY))
        await expect(ada.page.get_by_role("link", name=f"{ada.t('connected.disconnect')} {COMPANY}")).to_have_count(0)
        await look(ada.page, "the company's identity")
        await ada.sign_out()
        await go(ada, address)
        await ada.sees(name.capitalize())
    (user,) = known_as(site, address)
    (identity,) = site.manager.send(identities.find(user.id)).sso_identities
    assert (identity.sso_identity.issuer, identity.sso_identity.identity_id) == (there.address, address)
    assert look.is_content()


async def test_an_address_of_a_company_opens_no_other_way(browser: Browser, site: Site, there: Elsewhere) -> None:
    """Whoever had an account before is led to the company, and finds it again."""
    name, look = site.somebody("ada"), Look()
    address = f"{name}@{DOMAIN}"
    held = site.manager.send(users.create(name="Ada of old", primary_email=address, password=PASSWORD))
    async with visiting(browser, site, scripts=False) as ada:
        await ada.open("/")
        await ada.sign_in(address, PASSWORD)
        await ada.sees(ada.t("company.to_title", company=COMPANY))
        await ada.press("company.to_go", company=COMPANY)
        await agree(ada, address)
        await ada.sees("Ada of old")
    async with visiting(browser, site) as ada:
        await ada.open("/")
        await ada.sign_in(address, PASSWORD)
        await ada.sees(ada.t("company.to_title", company=COMPANY))
        await look(ada.page, "which company, known")
    assert [user.id for user in known_as(site, address)] == [held.id]
    assert look.is_content()


async def test_a_company_opens_nobody_elses_account(browser: Browser, site: Site, there: Elsewhere) -> None:
    """It speaks for verified addresses in its domains, and for no others."""
    victim, unproven = site.somebody("eve"), site.somebody("ben")
    elsewhere, within = f"{victim}@elsewhere.example", f"{unproven}@{DOMAIN}"
    for address in (elsewhere, within):
        site.manager.send(users.create(name="A victim", primary_email=address, password=PASSWORD))
    async with visiting(browser, site) as eve, visiting(browser, site) as ben:
        await go(eve, f"{victim}@{DOMAIN}")
        await agree(eve, elsewhere)
        await eve.sees(victim.capitalize())
        await go(ben, within)
        await agree(ben, within)
        await ben.sees(unproven.capitalize())
    for address in (elsewhere, within):
        (user,) = known_as(site, address)
        assert (user.name, site.manager.send(identities.find(user.id)).sso_identities) == ("A victim", [])


async def by_name(visitor: Visitor, person: str) -> None:
    """At the company of a SAML provider, sign in as somebody; without script, send its answer on."""
    await visitor.page.get_by_label("Login").fill(person)
    await visitor.page.get_by_role("button", name="Sign in").click()
    if not visitor.scripts:
        await visitor.page.get_by_role("button", name="Continue").click()


@pytest.mark.parametrize(("scripts", "which"), [(True, 0), (False, 1)], ids=["with script", "without script"])
async def test_somebody_comes_by_an_assertion_and_comes_back(
    browser: Browser, site: Site, by_assertion: list[Company], scripts: bool, which: int
) -> None:
    name, company = site.somebody("ada"), by_assertion[which]
    address = f"{name}@{company.domain}"
    async with visiting(browser, site, scripts=scripts) as ada:
        await go(ada, address)
        await by_name(ada, address)
        await ada.sees(name.capitalize())
        await ada.open("/connected")
        await ada.reads(ada.t("connected.company_lead", company=company.name))
        await ada.sign_out()
        await go(ada, address)
        if not scripts:
            await ada.page.get_by_role("button", name="Continue").click()
        await ada.sees(name.capitalize())
    (user,) = known_as(site, address)
    assert user.primary_email == address


async def test_an_assertion_that_was_altered_on_the_way_lets_nobody_in(
    browser: Browser, site: Site, by_assertion: list[Company]
) -> None:
    """B72: also where the rest of the response is as it was."""
    for company in by_assertion:
        name = site.somebody("eve")
        address, forged = f"{name}@{company.domain}", f"root_{name}@{company.domain}"
        async with visiting(browser, site, scripts=False) as eve:
            await go(eve, address)
            await eve.page.get_by_label("Login").fill(address)
            await eve.page.get_by_role("button", name="Sign in").click()
            answer = eve.page.locator("[name=SAMLResponse]")
            said = base64.b64decode(await answer.get_attribute("value") or "").decode()
            altered = base64.b64encode(said.replace(address, forged).encode()).decode()
            await answer.evaluate("(field, value) => { field.value = value }", altered)
            await eve.page.get_by_role("button", name="Continue").click()
            await eve.sees(eve.t("company.failed_title", company=company.name))
            await eve.follow("company.again")
            await eve.sees(eve.t("company.title"))
        assert address in said
        assert known_as(site, name) == []
