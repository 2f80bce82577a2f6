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
from tests.real_provider import CLIENTS, SECRET
from vestibule.client import identities, sso_connectors, users
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


async def test_somebody_new_accepts_the_terms_first(browser: Browser, site: Site, there: Elsewhere) -> None:
    name, look = site.somebody("ada"), Look()
    terms = {"termsOfUseUrl": "https://example.com/terms", "agreeToTermsPolicy": "ManualRegistrationOnly"}
    with decided(site, **terms):
        async with visiting(browser, site) as ada:
            await go(ada, f"{name}@{DOMAIN}")
            await agree(ada, f"{name}@{DOMAIN}")
            await ada.sees(ada.t("company.new_title"))
            await look(ada.page, "the terms")
            # What the browser checks itself is let through once, so that the page says it.
            await ada.page.get_by_role("checkbox").evaluate("box => { box.required = false }")
            await ada.press("company.new_go")
            await expect(ada.page.get_by_role("checkbox")).to_have_attribute("aria-invalid", "true")
            await look(ada.page, "the terms, not accepted")
            assert known_as(site, name) == []
            await ada.page.get_by_role("checkbox").check()
            await ada.press("company.new_go")
            await ada.sees(name.capitalize())
    assert look.is_content()


async def claimed(browser: Browser, site: Site, address: str) -> None:
    """Somebody makes an account with an address that they do not prove, before companies sign people in."""
    sign_up = {"identifiers": ["email"], "password": True, "verify": False}
    with decided(site, singleSignOnEnabled=False, signUp=sign_up):
        async with visiting(browser, site, scripts=False) as eve:
            await eve.open("/")
            await eve.follow("sign_in.register")
            await eve.page.get_by_role("textbox").first.fill(address)
            await eve.fill(new_password=PASSWORD)
            await eve.press("register.go")
            await eve.reads(address)


async def test_a_good_answer_of_a_company_that_leads_nowhere_is_a_page_of_its_own(
    browser: Browser, site: Site, there: Elsewhere
) -> None:
    name, taken, closed, look = site.somebody("ada"), site.somebody("eve"), site.somebody("cleo"), Look()
    await claimed(browser, site, f"{taken}@{DOMAIN}")
    held = site.manager.send(users.create(name="Cleo", primary_email=f"{closed}@{DOMAIN}", password=PASSWORD))
    site.manager.send(users.suspend(held.id))
    for person, ends, settings in (
        (name, "nobody", {"signInMode": "SignIn"}),
        (taken, "taken", {"signInMode": "SignInAndRegister"}),
        (closed, "suspended", {"signInMode": "SignInAndRegister"}),
    ):
        with decided(site, **settings):
            async with visiting(browser, site) as ada:
                await go(ada, f"{person}@{DOMAIN}")
                await agree(ada, f"{person}@{DOMAIN}")
                await ada.sees(ada.t(f"company.{ends}_title", company=COMPANY))
                await ada.reads(ada.t(f"company.{ends}_lead", company=COMPANY))
                await look(ada.page, ends)
                await ada.follow("link.other")
                await ada.sees(ada.t("sign_in.title"))
    assert known_as(site, name) == []
    assert look.is_content()


async def test_a_company_without_a_name_for_people_is_called_as_its_operator_called_it(
    browser: Browser, site: Site, there: Elsewhere
) -> None:
    """Not `OIDC`, which nobody knows; of two with one domain each has a name of its own."""
    look, names = Look(), ("Hooli, Paris", "Hooli, Berlin")
    config = {"clientId": CLIENTS["oauth2"], "clientSecret": SECRET, "issuer": there.address}
    for one in names:
        site.manager.send(sso_connectors.create("OIDC", one, config=config, domains=["hooli.example"]))
    async with visiting(browser, site) as ada:
        await go(ada, "ada@hooli.example")
        await ada.sees(ada.t("company.title"))
        for one in names:
            await expect(ada.page.get_by_role("button", name=ada.t("company.to_go", company=one))).to_be_visible()
        await look(ada.page, "two companies")
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
