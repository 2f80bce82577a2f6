"""Signing in through social providers on the pages, without script: there, back, and what is asked in between."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.connectors.social.nearby import upstream, world
from tests.connectors.social.payloads import CASES
from tests.connectors.social.trial import Trial
from tests.connectors.social.upstream import Json, Said, Upstream
from tests.oidc.world import query_of
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.saml_provider import Saml, metadata, pair, pem
from tests.world import PASSWORD, World
from vestibule.domain.social import SESSION_MS

__all__ = ["upstream", "world"]
pytestmark = pytest.mark.anyio
EMAIL, GOOGLE = "ana@example.com", "google-universal"


@pytest.fixture
async def ana(world: World) -> Visitor:
    """Somebody with a browser, at the sign-in page."""
    return await visitor(world).begin(await application(world))


async def decide(world: World, **body: Any) -> None:
    answer = await world.call("PATCH", "/sign-in-exp", body)
    assert answer.status_code == 200, answer.text


async def set_up(world: World, upstream: Upstream, name: str = GOOGLE, **more: Any) -> tuple[Trial, str]:
    """Set a provider up with a button; returns it with the id of its connector."""
    trial = Trial(name, upstream)
    connector = await world.made("/connectors", connectorId=name, config=trial.config)
    await decide(world, socialSignInConnectorTargets=[trial.record.target], **more)
    return trial, connector["id"]


async def leave(ana: Visitor, trial: Trial, connector: str, changes: Json | None = None, **fields: str) -> Json:
    """Press the button; returns what the provider was asked with."""
    await ana.open(ana.address)
    form = ana.form
    assert f'value="{connector}"' in ana.answer.text
    action = unescape(re.findall(r'formaction="([^"]+)"', ana.answer.text)[0])
    sent = {**form.fields, "connector": connector, **fields}
    headers = {"origin": str(ana.client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    await ana._walk("POST", f"{str(ana.client.base_url).rstrip('/')}{action}", sent, headers)
    found = re.search(r'class="button" href="([^"]+)"', ana.answer.text)
    asked = {} if found is None else parse_qs(urlsplit(unescape(found[1])).query)
    trial.answer({**(changes or {}), "claims": {"nonce": asked.get("nonce", [None])[0]}})
    return {name: values[0] for name, values in asked.items()}


async def come_back(ana: Visitor, trial: Trial, connector: str, **data: str | None) -> Visitor:
    """Come back from the provider."""
    given: Json = {"code": "code-1", **data}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    base = str(ana.client.base_url).rstrip("/")
    return await ana.open(f"{base}/callback/{connector}?{query}")


async def through(ana: Visitor, trial: Trial, connector: str, changes: Json | None = None, **fields: str) -> Visitor:
    """There and back."""
    asked = await leave(ana, trial, connector, changes, **fields)
    return await come_back(ana, trial, connector, state=asked["state"])


async def users(world: World) -> list[Json]:
    return list((await world.call("GET", "/users")).json())


async def test_providers_have_buttons_in_their_order_on_both_pages(
    world: World, upstream: Upstream, ana: Visitor
) -> None:
    for name in ("github-universal", GOOGLE, "wechat-native"):
        await world.made("/connectors", connectorId=name, config=Trial(name, upstream).config)
    await ana.open(ana.address)
    assert "formaction" not in ana.answer.text
    await decide(world, socialSignInConnectorTargets=["google", "wechat", "github"])
    await ana.open(ana.address)
    shown = re.findall(r"Continue with (\w+)", ana.text)
    assert shown == ["Google", "GitHub"]
    assert re.findall(r'<img src="(https?:[^"]*)"', ana.answer.text) == [], "nothing is fetched from elsewhere"
    await ana.open(ana.address.replace("/sign-in", "/register"))
    assert re.findall(r"Continue with (\w+)", ana.text) == shown


async def test_a_provider_that_gets_another_name_or_goes_is_shown_so_at_once(
    world: World, upstream: Upstream, ana: Visitor
) -> None:
    names = {"target": "acme", "name": {"en": "Acme"}}
    made = await world.made(
        "/connectors", connectorId="oauth2", metadata=names, config=Trial("oauth2", upstream).config
    )
    await decide(world, socialSignInConnectorTargets=["acme"])
    place = f"/connectors/{made['id']}"
    assert (await ana.open(ana.address)).reads("social.go", provider="Acme")
    answer = await world.call("PATCH", place, {"metadata": {**names, "name": {"en": "Acme & Co"}}})
    assert answer.status_code == 200, answer.text
    assert (await ana.open(ana.address)).reads("social.go", provider="Acme & Co")
    assert (await world.call("DELETE", place)).status_code == 204
    assert "Continue with" not in (await ana.open(ana.address)).text


async def test_a_newcomer_gets_an_account_and_is_known_the_next_time(
    world: World, upstream: Upstream, ana: Visitor
) -> None:
    trial, connector = await set_up(world, upstream)
    asked = await leave(ana, trial, connector)
    assert asked["redirect_uri"] == f"{world.server.ctx.settings.public_url}/callback/{connector}"
    await come_back(ana, trial, connector, state=asked["state"])
    assert ana.address.startswith(CALLBACK)
    (user,) = await users(world)
    assert (user["primaryEmail"], user["name"]) == (EMAIL, "Ana")
    again = await visitor(world).begin(await application(world))
    await through(again, trial, connector)
    assert again.address.startswith(CALLBACK)
    assert len(await users(world)) == 1


async def test_what_went_wrong_at_a_provider_is_said_on_the_page_that_it_began_on(
    world: World, upstream: Upstream, ana: Visitor
) -> None:
    """Where nobody signs in that is the sign-up page; and only there is a box that newcomers tick."""
    await decide(world, termsOfUseUrl="https://x.io/terms", agreeToTermsPolicy="ManualRegistrationOnly")
    trial, connector = await set_up(world, upstream)
    await ana.open(ana.address.replace("/sign-in", "/register"))
    await leave(ana, trial, connector, None, **{"from": "register"})
    assert "/register?" in ana.address
    assert ana.reads("fault.agree")
    await decide(world, signInMode="Register", agreeToTermsPolicy="Automatic")
    asked = await leave(ana, trial, connector, None, **{"from": "register"})
    await come_back(ana, trial, connector, state=asked["state"], code=None, error="access_denied")
    assert "/register?" in ana.address
    assert ana.reads("social.declined")


BY_OTHERS = {"identifiers": [], "password": False, "verify": False}


async def test_where_nobody_registers_with_an_identifier_providers_are_the_way(
    world: World, upstream: Upstream, ana: Visitor
) -> None:
    await decide(world, signUp=BY_OTHERS)
    page = ana.address.replace("/sign-in", "/register")
    await ana.open(page)
    assert ana.reads("register.closed")
    assert "<form" not in ana.text
    trial, connector = await set_up(world, upstream)
    await ana.open(page)
    assert 'name="identifier"' not in ana.text
    assert not ana.reads("register.closed")
    await ana.submit(identifier="ana", password=PASSWORD)
    assert (ana.answer.status_code, await users(world)) == (403, [])
    await ana.open(page)
    await through(ana, trial, connector)
    assert ana.address.startswith(CALLBACK)
    assert [user["primaryEmail"] for user in await users(world)] == [EMAIL]


async def test_an_account_with_the_same_address_is_asked_about(world: World, upstream: Upstream, ana: Visitor) -> None:
    held = await world.user(primaryEmail=EMAIL, password=PASSWORD)
    trial, connector = await set_up(world, upstream)
    await through(ana, trial, connector)
    assert ana.heading == t("social.related_title")
    assert ana.reads("social.related_lead", address=EMAIL, provider="Google")
    assert (await users(world))[0]["identities"] == {}
    await ana.submit(answer="link")
    assert ana.address.startswith(CALLBACK)
    (user,) = await users(world)
    assert (user["id"], list(user["identities"])) == (held["id"], ["google"])


async def test_whose_account_it_is_not_makes_another_one(world: World, upstream: Upstream, ana: Visitor) -> None:
    held = await world.user(primaryEmail=EMAIL, password=PASSWORD)
    trial, connector = await set_up(world, upstream, socialSignIn={"skipRequiredIdentifiers": True})
    await through(ana, trial, connector)
    await ana.submit(answer="register")
    assert ana.address.startswith(CALLBACK)
    made = {user["id"]: user for user in await users(world)}
    assert made.pop(held["id"])["identities"] == {}
    (newcomer,) = made.values()
    assert newcomer["primaryEmail"] is None


async def test_accounts_are_linked_unasked_where_that_is_set(world: World, upstream: Upstream, ana: Visitor) -> None:
    held = await world.user(primaryEmail=EMAIL, password=PASSWORD)
    trial, connector = await set_up(world, upstream, socialSignIn={"automaticAccountLinking": True})
    await through(ana, trial, connector)
    assert ana.address.startswith(CALLBACK)
    (user,) = await users(world)
    assert (user["id"], list(user["identities"])) == (held["id"], ["google"])


async def test_an_address_that_is_not_vouched_for_leads_to_nobodys_account(
    world: World, upstream: Upstream, ana: Visitor
) -> None:
    """Also where accounts are linked unasked."""
    held = await world.user(primaryEmail=EMAIL, password=PASSWORD)
    more = {"automaticAccountLinking": True, "skipRequiredIdentifiers": True}
    trial, connector = await set_up(world, upstream, socialSignIn=more)
    await through(ana, trial, connector, CASES[GOOGLE].unvouched)
    assert ana.address.startswith(CALLBACK)
    made = {user["id"]: user for user in await users(world)}
    assert made.pop(held["id"])["identities"] == {}
    assert [user["primaryEmail"] for user in made.values()] == [None]


async def test_what_an_account_needs_is_asked_for_on_the_next_page(
    world: World, upstream: Upstream, ana: Visitor
) -> None:
    trial, connector = await set_up(
        world, upstream, signUp={"identifiers": ["username"], "password": True, "verify": False}
    )
    await through(ana, trial, connector)
    assert "/continue?app_id=" in ana.address
    assert 'type="password"' not in ana.answer.text
    await ana.submit(username="ana")
    assert ana.address.startswith(CALLBACK)
    (user,) = await users(world)
    assert (user["username"], list(user["identities"])) == ("ana", ["google"])


async def test_where_nobody_registers_a_stranger_is_told_so(world: World, upstream: Upstream, ana: Visitor) -> None:
    trial, connector = await set_up(world, upstream, signInMode="SignIn")
    await through(ana, trial, connector)
    assert ana.heading == t("social.nobody_title")
    assert not ana.reads("social.register_go")
    await ana.submit(answer="register")
    assert await users(world) == []


async def test_a_newcomer_accepts_the_terms_first(world: World, upstream: Upstream, ana: Visitor) -> None:
    trial, connector = await set_up(
        world, upstream, termsOfUseUrl="https://x.io/terms", agreeToTermsPolicy="ManualRegistrationOnly"
    )
    await through(ana, trial, connector)
    assert (ana.heading, await users(world)) == (t("social.nobody_title"), [])
    await ana.submit(answer="register")
    assert (ana.answer.status_code, await users(world)) == (422, [])
    assert ana.reads("fault.agree")
    await ana.submit(answer="register", agree="yes")
    assert ana.address.startswith(CALLBACK)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"state": "another"}, "social.declined"),
        ({"error": "access_denied"}, "social.declined"),
        ({"error": "server_error"}, "social.failed"),
        ({"code": None}, "social.failed"),
    ],
)
async def test_a_way_back_that_leads_nowhere_is_told_on_the_sign_in_page(
    world: World, upstream: Upstream, ana: Visitor, data: Json, words: str
) -> None:
    trial, connector = await set_up(world, upstream)
    asked = await leave(ana, trial, connector)
    await come_back(ana, trial, connector, **{"state": asked["state"], **data})
    assert ana.reads(words)
    assert upstream.requests("tokenEndpoint") == []
    assert await users(world) == []
    await through(ana, trial, connector)
    assert ana.address.startswith(CALLBACK)


async def test_a_strangers_link_spoils_no_sign_in_at_the_provider(
    world: World, upstream: Upstream, ana: Visitor
) -> None:
    trial, connector = await set_up(world, upstream)
    asked = await leave(ana, trial, connector)
    app_id = asked["state"].partition("~")[2]
    for stranger in ({}, {"state": "another"}, {"state": f"x~{app_id}"}, {"state": f"x~{app_id}", "error": "no"}):
        await come_back(ana, trial, connector, **stranger)
        assert "/sign-in" in ana.address
    await come_back(ana, trial, connector, state=asked["state"])
    assert ana.address.startswith(CALLBACK)


async def test_a_provider_that_fails_is_told(world: World, upstream: Upstream, ana: Visitor) -> None:
    trial, connector = await set_up(world, upstream)
    await through(ana, trial, connector, {"tokenEndpoint": Said(b"<html>", 500)})
    assert ana.reads("social.failed")
    assert "html>500" not in ana.answer.text


async def test_a_way_back_works_once_and_not_for_ever(world: World, upstream: Upstream, ana: Visitor) -> None:
    trial, connector = await set_up(world, upstream)
    asked = await leave(ana, trial, connector)
    world.clock.advance(seconds=SESSION_MS // 1000)
    await come_back(ana, trial, connector, state=asked["state"])
    assert ana.reads("fault.over")
    await come_back(ana, trial, connector, state=asked["state"])
    assert ana.reads("fault.over")
    await come_back(ana, trial, connector)
    assert ana.reads("fault.over")
    assert upstream.requests("tokenEndpoint") == []


async def test_a_way_back_is_nothing_in_another_browser(world: World, upstream: Upstream, ana: Visitor) -> None:
    """Nobody is signed in as somebody else by a link to a way back."""
    trial, connector = await set_up(world, upstream)
    asked = await leave(ana, trial, connector)
    eve = visitor(world)
    await come_back(eve, trial, connector, state=asked["state"])
    assert "/unknown-session" in eve.address
    other = await visitor(world).begin(await application(world))
    await leave(other, trial, connector)
    await come_back(other, trial, connector, state=asked["state"])
    assert not other.address.startswith(CALLBACK)
    assert upstream.requests("tokenEndpoint") == []


async def test_a_way_back_belongs_to_the_application_that_it_left(world: World, upstream: Upstream) -> None:
    """Two are under way in one browser: each callback finishes its own, whichever was begun last."""
    trial, connector = await set_up(world, upstream)
    ana, left = visitor(world), dict[str, str]()
    for name in ("first", "second"):
        await ana.begin(await application(world), state=name)
        left[name] = (await leave(ana, trial, connector))["state"]
    assert len({state.partition("~")[2] for state in left.values()}) == 2
    for name in ("first", "second"):
        await come_back(ana, trial, connector, state=left[name])
        assert ana.address.startswith(CALLBACK)
        assert query_of(ana.address)["state"] == name
    assert len(await users(world)) == 1


async def test_a_suspended_account_is_told_so(world: World, upstream: Upstream, ana: Visitor) -> None:
    held = await world.user(username="ana")
    await world.call("PUT", f"/users/{held['id']}/identities/google", {"userId": "person-1"})
    await world.call("PATCH", f"/users/{held['id']}/is-suspended", {"isSuspended": True})
    trial, connector = await set_up(world, upstream)
    await through(ana, trial, connector)
    assert ana.reads("verdict.suspended_title")


async def test_a_provider_without_a_button_is_not_gone_to(world: World, upstream: Upstream, ana: Visitor) -> None:
    _, connector = await set_up(world, upstream)
    await ana.open(ana.address)
    form = ana.form
    await decide(world, socialSignInConnectorTargets=[])
    base = str(ana.client.base_url).rstrip("/")
    sent = {**form.fields, "connector": connector}
    await ana._walk("POST", f"{base}/social", sent, {"origin": base, "sec-fetch-site": "same-origin"})
    assert ana.reads("social.failed")


async def test_a_form_of_another_site_goes_nowhere(world: World, upstream: Upstream, ana: Visitor) -> None:
    """B41"""
    _, connector = await set_up(world, upstream)
    await ana.open(ana.address)
    base = str(ana.client.base_url).rstrip("/")
    for fields, origin in (({**ana.form.fields, "csrf": "x"}, base), (ana.form.fields, "https://evil.example")):
        answer = await ana.client.post("/social", data={**fields, "connector": connector}, headers={"origin": origin})
        assert answer.status_code == 403


async def test_a_provider_that_answers_by_a_form_is_led_to_the_same_page(world: World, upstream: Upstream) -> None:
    answer = await visitor(world).client.post("/callback/abc", data={"code": "c&d", "state": "s"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/callback/abc?code=c%26d&state=s")


async def test_an_application_leads_its_people_straight_to_a_provider(
    world: World, upstream: Upstream, ana: Visitor
) -> None:
    trial, connector = await set_up(world, upstream)
    app = await application(world)
    await ana.begin(app, direct_sign_in="social:google")
    [moved] = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', ana.text)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(moved).query).items()}
    trial.answer({"claims": {"nonce": asked.get("nonce")}})
    await come_back(ana, trial, connector, state=asked["state"])
    assert ana.address.startswith(CALLBACK)
    assert len(await users(world)) == 1


@pytest.mark.parametrize(
    ("change", "lands"),
    [
        ({"socialSignInConnectorTargets": []}, "/register"),
        ({"socialSignInConnectorTargets": ["github"]}, "/register"),
        ({"agreeToTermsPolicy": "Manual", "termsOfUseUrl": "https://acme.example/terms"}, "/register"),
    ],
)
async def test_where_nobody_may_be_led_straight_to_a_provider_the_page_is_shown(
    world: World, upstream: Upstream, ana: Visitor, change: Json, lands: str
) -> None:
    """B75."""
    await set_up(world, upstream)
    await decide(world, **change)
    await ana.begin(await application(world), direct_sign_in="social:google", first_screen="register")
    assert urlsplit(ana.address).path == lands
    assert "http-equiv" not in ana.answer.text


async def test_a_link_of_somebody_else_leads_to_no_provider(world: World, upstream: Upstream, ana: Visitor) -> None:
    """B41: a sign-in that is under way is not begun anew by a link that its application did not make."""
    await set_up(world, upstream)
    app = await application(world)
    for extra in ({}, {"direct_sign_in": "social:github"}, {"direct_sign_in": "sso:google"}):
        await ana.begin(app, **extra)
        await ana.open(f"/direct/social/google?app_id={app.id}")
        assert urlsplit(ana.address).path == "/sign-in"
        assert "http-equiv" not in ana.answer.text


async def test_a_saml_provider_has_a_button_like_any_other(world: World, ana: Visitor) -> None:
    place = f"{world.server.ctx.settings.public_url}/api/authn/saml/acme"
    config = {"entityID": "https://us.example", "idpMetadataXml": metadata(), "assertionConsumerServiceUrl": place}
    config["x509Certificate"] = pem(pair("idp")[1])
    names = {"target": "acme", "name": {"en": "Acme"}}
    await world.made("/connectors", connectorId="saml", id="acme", metadata=names, config=config)
    await decide(world, socialSignInConnectorTargets=["acme"], socialSignIn={"skipRequiredIdentifiers": True})
    app = await application(world)
    await ana.begin(app)
    assert "Continue with Acme" in ana.text
    await ana.begin(app, direct_sign_in="social:acme")
    [moved] = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', ana.text)
    saml = Saml.asked(moved, world.clock.now())
    await ana.open(f"/callback/acme?state=x~{app.id}")
    assert "social=over" in ana.address, "the answer has not arrived yet"
    relay = parse_qs(urlsplit(moved).query)["RelayState"][0]
    form = {"SAMLResponse": saml.answer(), "RelayState": relay}
    answer = await world.client.post("/api/authn/saml/acme", data=form)
    await ana.open(answer.headers["location"])
    assert ana.address.startswith(CALLBACK)
    assert [user["name"] for user in await users(world)] == ["Ada Lovelace"]
