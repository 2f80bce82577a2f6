"""Signing in through one's company on the pages, without script."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.oidc.world import App
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.sso_provider import CONFIG, ISSUER, CompanyProvider
from tests.world import PASSWORD, World
from vestibule.store import users

pytestmark = pytest.mark.anyio
ADDRESS = "ada@acme.example"
CLAIMS = {"sub": "ada-at-acme", "name": "Ada Lovelace", "email": ADDRESS, "email_verified": True}
BRANDING = {"displayName": "Acme"}


async def decide(world: World, **body: Any) -> None:
    """Set something of the sign-in experience."""
    assert (await world.call("PATCH", "/sign-in-exp", body)).status_code == 200


@pytest.fixture
async def provider(world: World) -> CompanyProvider:
    """The company that people sign in through."""
    made = CompanyProvider(world, claims=dict(CLAIMS))
    made.serve()
    body = {"providerName": "OIDC", "connectorName": "Acme", "config": CONFIG, "domains": ["acme.example"]}
    await world.made("/sso-connectors", **body, branding=BRANDING)
    await decide(world, singleSignOnEnabled=True)
    return made


@pytest.fixture
async def app(world: World) -> App:
    """The application that Ada wants to use."""
    return await application(world)


def onward(ada: Visitor) -> str:
    """Return where the page leads by itself, and by its button."""
    [moved] = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', ada.text)
    assert f'href="{moved}"' in ada.text
    return str(moved)


async def come_back(ada: Visitor, provider: CompanyProvider, **changed: str) -> Visitor:
    """Sign in at the company, and be sent back."""
    asked = provider.arrive(onward(ada))
    query = {"code": "c-1", "state": asked["state"], **changed}
    parts = "&".join(f"{name}={value}" for name, value in query.items())
    return await ada.open(f"{urlsplit(asked['redirect_uri']).path}?{parts}")


async def test_an_address_of_the_company_leads_to_its_own_sign_in(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    await world.user(primaryEmail=ADDRESS, password=PASSWORD)
    await ada.begin(app)
    await ada.sign_in("ADA@acme.example", PASSWORD)
    assert ada.heading == t("company.to_title", company="Acme")
    await ada.submit(connector=await connector_id(world))
    assert onward(ada).startswith(f"{ISSUER}/authorize?")
    await come_back(ada, provider)
    assert ada.address.startswith(CALLBACK)
    assert "code" in dict(parse_qsl(urlsplit(ada.address).query))


async def connector_id(world: World) -> str:
    """Return the id of the only connector."""
    return str((await world.call("GET", "/sso-connectors")).json()[0]["id"])


async def test_somebody_new_comes_in_by_the_entry_on_the_sign_in_page(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    await ada.begin(app)
    assert 'href="/single-sign-on?' in ada.text
    await ada.open("/single-sign-on")
    assert ada.heading == t("company.title")
    await ada.submit(email="ada@nowhere.example")
    assert ada.answer.status_code == 422
    assert ada.reads("company.none")
    await ada.submit(email=ADDRESS)
    await come_back(ada, provider)
    assert ada.address.startswith(CALLBACK)
    [user] = (await world.call("GET", "/users")).json()
    assert (user["primaryEmail"], user["name"]) == (ADDRESS, "Ada Lovelace")


async def test_a_company_without_a_name_for_people_is_called_as_its_operator_called_it(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    """Not `OIDC`, which nobody knows; the API's own lists keep the contract's word."""
    path = f"/sso-connectors/{await connector_id(world)}"
    assert (await world.call("PATCH", path, {"branding": {}, "connectorName": "Acme, Paris"})).status_code == 200
    await ada.begin(app, first_screen="single_sign_on")
    await ada.submit(email=ADDRESS)
    assert ada.heading == t("company.onward_title", company="Acme, Paris")
    told = (await world.client.get("/api/.well-known/sign-in-exp")).json()
    assert [one["connectorName"] for one in told["ssoConnectors"]] == ["OIDC"]


async def test_whoever_is_new_accepts_the_terms_where_that_is_asked(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    await decide(world, agreeToTermsPolicy="ManualRegistrationOnly", termsOfUseUrl="https://acme.example/terms")
    await ada.begin(app, first_screen="single_sign_on")
    await ada.submit(email=ADDRESS)
    await come_back(ada, provider)
    assert ada.heading == t("company.new_title")
    await ada.submit()
    assert ada.reads("fault.agree")
    assert (await world.call("GET", "/users")).json() == []
    await ada.submit(agree="yes")
    assert ada.address.startswith(CALLBACK)


async def test_a_link_of_an_application_leads_straight_to_the_company(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    await ada.begin(app, direct_sign_in=f"sso:{await connector_id(world)}")
    assert ada.heading == t("company.onward_title", company="Acme")
    await come_back(ada, provider)
    assert ada.address.startswith(CALLBACK)


async def test_a_link_of_somebody_else_leads_no_further_than_to_the_companys_button(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    """B41: what the application did not ask for begins with a press of one's own."""
    connector = await connector_id(world)
    asked = list(provider.asked)
    await ada.begin(app)
    await ada.open(f"/direct/sso/{connector}?app_id={app.id}")
    assert ada.heading == t("company.to_title", company="Acme")
    assert provider.asked == asked


@pytest.mark.parametrize(
    ("more", "lands"),
    [({}, "/sign-in"), ({"first_screen": "register"}, "/register"), ({"interaction_mode": "signUp"}, "/register")],
)
async def test_a_link_to_a_company_that_is_closed_leads_to_the_page_that_the_application_wants(
    world: World, ada: Visitor, app: App, provider: CompanyProvider, more: dict[str, str], lands: str
) -> None:
    """B75."""
    way = f"sso:{await connector_id(world)}"
    await decide(world, singleSignOnEnabled=False)
    await ada.begin(app, direct_sign_in=way, **more)
    assert urlsplit(ada.address).path == lands


@pytest.mark.parametrize(
    ("what", "heading"),
    [
        ("declined", "company.failed_title"),
        ("another state", "company.failed_title"),
        ("nobody registers", "company.nobody_title"),
        ("address taken", "company.taken_title"),
        ("suspended", "company.suspended_title"),
        ("down", "company.failed_title"),
    ],
)
async def test_what_leads_nowhere_is_said_in_plain_words(
    world: World, ada: Visitor, app: App, provider: CompanyProvider, what: str, heading: str
) -> None:
    changed: dict[str, str] = {}
    if what == "declined":
        changed = {"error": "access_denied"}
    elif what == "another state":
        changed = {"state": "another"}
    elif what == "nobody registers":
        await decide(world, signInMode="SignIn")
    elif what == "address taken":
        await world.user(primaryEmail="ada@acme.example")
        provider.claims |= {"email": "adA@acme.example", "email_verified": True}
        await unprove(world)
    elif what == "suspended":
        user = await world.user(primaryEmail=ADDRESS)
        await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    await ada.begin(app, first_screen="single_sign_on")
    await ada.submit(email=ADDRESS)
    if what == "down":
        provider.metadata = {"issuer": "https://elsewhere.example"}
    await come_back(ada, provider, **changed)
    assert ada.heading == t(heading, company="Acme")
    assert ada.answer.status_code >= 400


async def unprove(world: World) -> None:
    """Let nobody have proven the address of the only user."""
    [user] = (await world.call("GET", "/users")).json()
    async with world.server.ctx.db.write() as tx:
        await users.change(tx, user["id"], {"email_verified": False})


async def test_an_answer_that_another_browser_asked_for_signs_nobody_in(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    """B73: whoever is sent somebody else's callback is not signed in as them."""
    await ada.begin(app, first_screen="single_sign_on")
    await ada.submit(email=ADDRESS)
    asked = provider.arrive(onward(ada))
    eve = visitor(world)
    await eve.begin(app)
    await eve.open(f"{urlsplit(asked['redirect_uri']).path}?code=c-1&state={asked['state']}")
    assert eve.heading == t("company.failed_title", company="Acme")
    assert not await eve.is_signed_in(app)
    assert provider.asked.count("token c-1") == 0


async def test_each_of_two_tabs_comes_back_to_its_own_application(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    """The newest sign-in of a browser is not the one that another tab's company answers."""
    await ada.begin(app, first_screen="single_sign_on")
    await ada.submit(email=ADDRESS)
    asked = provider.arrive(onward(ada))
    await ada.begin(await application(world), first_screen="single_sign_on")
    await ada.submit(email=ADDRESS)
    onward(ada)
    await ada.open(f"{urlsplit(asked['redirect_uri']).path}?code=c-1&state={asked['state']}")
    assert ada.address.startswith(CALLBACK)
    assert await ada.is_signed_in(app)


async def test_what_is_still_missing_is_asked_for_in_the_tab_that_came_back(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    """B68: a factor, in the sign-in that the company answered and not in the newest one."""
    user = await world.user(primaryEmail=ADDRESS)
    assert (await world.call("POST", f"/users/{user['id']}/mfa-verifications", {"type": "Totp"})).status_code == 200
    await ada.begin(app, first_screen="single_sign_on")
    await ada.submit(email=ADDRESS)
    asked = provider.arrive(onward(ada))
    await ada.begin(await application(world))
    await ada.open(f"{urlsplit(asked['redirect_uri']).path}?code=c-1&state={asked['state']}")
    assert ada.address.endswith(f"/mfa-verification?app_id={app.id}")
    assert ada.heading == t("factor.title")


async def test_a_link_that_brings_nothing_back_spoils_no_sign_in_at_the_company(
    world: World, ada: Visitor, app: App, provider: CompanyProvider
) -> None:
    await ada.begin(app, first_screen="single_sign_on")
    await ada.submit(email=ADDRESS)
    asked, back = provider.arrive(onward(ada)), f"/callback/{await connector_id(world)}"
    for link in (back, f"{back}/arrival?sign_in=x&ticket=x"):
        await ada.open(link)
        assert ada.heading == t("company.failed_title", company="Acme")
    for stranger in ("x", f"x~{app.id}", f"x~{app.id}&error=access_denied"):
        await ada.open(f"{back}?code=c-2&state={stranger}")
        assert ada.heading == t("company.failed_title", company="Acme")
    await ada.open(f"{back}?code=c-1&state={asked['state']}")
    assert ada.address.startswith(CALLBACK)


async def test_where_no_company_is_there_is_no_entry(world: World, ada: Visitor, app: App) -> None:
    await ada.begin(app)
    assert "/single-sign-on" not in ada.text
    await ada.open("/single-sign-on")
    assert ada.heading == t("sign_in.title")
