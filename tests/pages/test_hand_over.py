"""From the last form of a sign-in back to the application: in the answer to that form, with no redirects between."""

import asyncio
from typing import Any

import pytest

from tests.browser_by_hand import forms_of
from tests.oidc.world import VERIFIER, App, authorization, change, query_of
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import PASSWORD, World
from vestibule.model import ApplicationType

pytestmark = pytest.mark.anyio
OFFLINE = {"scope": "openid profile offline_access", "prompt": "consent"}


async def sent(ada: Visitor, **values: str) -> str:
    """Send the form of the page and follow nothing; returns where the answer leads."""
    form = forms_of(ada.answer.text)[0]
    ada.answer = await ada.client.post(form.action, data={**form.fields, **values})
    assert ada.answer.headers["cache-control"] == "no-store"
    return str(ada.answer.headers.get("location", ""))


async def signed_in(ada: Visitor, app: App, **extra: str) -> str:
    """Fill in the sign-in page; returns where the answer leads."""
    await ada.begin(app, **extra)
    return await sent(ada, identifier="ada", password=PASSWORD)


async def redeemed(world: World, app: App, address: str) -> dict[str, Any]:
    """Redeem the code in an address."""
    form = {
        "grant_type": "authorization_code",
        "code": query_of(address)["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **app.login,
    }
    return dict((await world.client.post("/oidc/token", data=form)).json())


@pytest.mark.parametrize("kind", ["Traditional", "SPA", "Native"])
@pytest.mark.parametrize("extra", [{}, OFFLINE])
async def test_an_application_of_ours_gets_its_code_in_the_answer_to_the_form(
    world: World, ada: Visitor, kind: ApplicationType, extra: dict[str, str]
) -> None:
    await world.user(username="ada", password=PASSWORD)
    app = await application(world, kind)
    address = await signed_in(ada, app, **extra)
    assert ada.answer.status_code == 303
    assert address.startswith(f"{CALLBACK}?")
    tokens = await redeemed(world, app, address)
    assert tokens["id_token"]
    assert ("refresh_token" in tokens) == bool(extra)
    assert await ada.is_signed_in(app) == (kind != "Native"), "Native asks again"
    assert await ada.has_session(app), "the browser holds the session"


async def test_what_was_granted_on_the_way_is_the_same_grant_as_over_the_step_of_consent(
    world: World, ada: Visitor
) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    app = await application(world)
    await redeemed(world, app, await signed_in(ada, app, **OFFLINE))
    straight = (await world.call("GET", f"/users/{user['id']}/grants")).json()["grants"]
    await ada.client.get("/oidc/auth", params=authorization(app, **OFFLINE))
    led = await ada.client.get("/consent", follow_redirects=True)
    assert str(led.url).startswith(CALLBACK)
    after = (await world.call("GET", f"/users/{user['id']}/grants")).json()["grants"]
    assert [grant["id"] for grant in after] == [grant["id"] for grant in straight]
    assert after[0]["payload"]["openid"] == straight[0]["payload"]["openid"]


async def test_somebody_elses_application_asks_first_and_then_gets_its_code_in_the_answer(
    world: World, ada: Visitor
) -> None:
    await world.user(username="ada", password=PASSWORD)
    app = await application(world, third_party=True)
    address = await signed_in(ada, app)
    assert address == f"/consent?app_id={app.id}"
    await ada.open(address)
    assert ada.heading == t("consent.title", application="Test")
    assert "code" in query_of(await sent(ada, decision="allow"))


async def test_giving_up_tells_the_application_in_the_answer(world: World, ada: Visitor) -> None:
    app = await application(world)
    await ada.begin(app)
    form = next(form for form in forms_of(ada.answer.text) if form.action.endswith("/cancel"))
    answer = await ada.client.post(form.action, data=form.fields)
    assert query_of(answer.headers["location"])["error"] == "access_denied"
    assert not await ada.has_session(app)


async def test_an_application_that_wants_a_form_gets_one_in_the_answer(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    app = await application(world)
    assert await signed_in(ada, app, response_mode="form_post") == ""
    form = ada.form
    assert (ada.answer.status_code, form.action, form.method) == (200, CALLBACK, "post")
    assert {"code", "state", "iss"} <= set(form.fields)
    assert "form-action 'self' https:;" in ada.answer.headers["content-security-policy"]


async def test_the_step_is_over_after_that(world: World, ada: Visitor) -> None:
    """B12: neither the form nor the way back counts a second time."""
    await world.user(username="ada", password=PASSWORD)
    app = await application(world)
    await ada.begin(app)
    page, uid = ada.answer, ada.cookie("_interaction_resume")
    assert uid
    assert "code" in query_of(await sent(ada, identifier="ada", password=PASSWORD))
    assert ada.cookie("_interaction_resume") == ""
    ada.answer = page
    assert await sent(ada, identifier="ada", password=PASSWORD) == "/unknown-session"
    ada.client.cookies.set("_interaction_resume", uid, path=f"/oidc/auth/{uid}")
    assert (await ada.open(f"/oidc/auth/{uid}")).heading == t("unknown.title")


async def test_the_form_sent_twice_at_once_signs_in_once(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await ada.begin(await application(world))
    form = ada.form
    values = {**form.fields, "identifier": "ada", "password": PASSWORD}
    answers = await asyncio.gather(*(ada.client.post(form.action, data=values) for _ in range(2)))
    led = sorted(answer.headers["location"].partition("?")[0] for answer in answers)
    assert led == ["/unknown-session", CALLBACK]


async def test_what_cannot_be_finished_leaves_nothing_behind(
    world: World, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the proof to the code it is one transaction: a fault in it, and the same form can be sent again."""

    async def broken(*_: object, **__: object) -> str:
        raise RuntimeError

    user = await world.user(username="ada", password=PASSWORD)
    await ada.begin(await application(world))
    page = ada.answer
    with monkeypatch.context() as fault:
        fault.setattr("vestibule.oidc.codes.issue", broken)
        await sent(ada, identifier="ada", password=PASSWORD)
    assert ada.answer.status_code == 500
    shown = (await world.call("GET", f"/users/{user['id']}")).json()
    assert shown["lastSignInAt"] is None
    assert (await world.call("GET", f"/users/{user['id']}/sessions")).json()["sessions"] == []
    ada.answer = page
    assert "code" in query_of(await sent(ada, identifier="ada", password=PASSWORD))


@pytest.mark.parametrize("gone", ["application", "redirect URI"])
async def test_nobody_is_led_to_an_address_that_is_no_longer_the_applications(
    world: World, ada: Visitor, gone: str
) -> None:
    """The client is looked at again when somebody goes back to it, and no session comes of it where it is not there."""
    await world.user(username="ada", password=PASSWORD)
    app, other = await application(world), await application(world)
    await ada.begin(app)
    if gone == "application":
        assert (await world.call("DELETE", f"/applications/{app.id}")).status_code == 204
    else:
        metadata = {
            "oidcClientMetadata": {"redirectUris": ["https://elsewhere.example/"], "postLogoutRedirectUris": []}
        }
        assert (await world.call("PATCH", f"/applications/{app.id}", metadata)).status_code == 200
    address = await sent(ada, identifier="ada", password=PASSWORD)
    assert not address.startswith(CALLBACK)
    assert (address == "/unknown-session") if gone == "application" else (ada.answer.status_code == 400)
    assert not await ada.has_session(other)


async def test_a_limit_of_grants_counts_for_those_given_on_the_way(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    app = await application(world)
    await change(world.server.ctx, "applications", app.id, {"custom_client_metadata": '{"maxAllowedGrants": 1}'})
    first = await redeemed(world, app, await signed_in(ada, app, **OFFLINE))
    world.clock.advance(seconds=1)
    await redeemed(world, app, await signed_in(visitor(world), app, **OFFLINE))
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **app.login}
    assert (await world.client.post("/oidc/token", data=form)).json()["error"] == "invalid_grant"


async def test_whoever_is_not_the_one_that_was_meant_is_told_to_the_application(world: World, ada: Visitor) -> None:
    """OpenID Connect Core section 3.1.2.1: `id_token_hint` names somebody else."""
    for name in ("ada", "bob"):
        await world.user(username=name, password=PASSWORD)
    app = await application(world)
    tokens = await redeemed(world, app, await signed_in(ada, app))
    bob = visitor(world)
    await bob.begin(app, id_token_hint=tokens["id_token"])
    assert query_of(await sent(bob, identifier="bob", password=PASSWORD))["error"] == "login_required"


async def test_what_somebody_allows_is_granted_to_nobody_who_signed_in_meanwhile(world: World, ada: Visitor) -> None:
    """In another tab somebody else has signed in: the question that was asked before is over."""
    ids = [(await world.user(username=name, password=PASSWORD))["id"] for name in ("ada", "bob")]
    theirs, ours = await application(world, third_party=True), await application(world)
    question = (await ada.open(await signed_in(ada, theirs))).answer
    assert "code" in query_of(await signed_in(ada, ours, prompt="login")), "ada, once more"
    await ada.begin(ours, prompt="login")
    assert "code" in query_of(await sent(ada, identifier="bob", password=PASSWORD))
    ada.answer = question
    assert await sent(ada, decision="allow") == "/unknown-session"
    for user_id in ids:
        grants = (await world.call("GET", f"/users/{user_id}/grants")).json()["grants"]
        assert theirs.id not in {grant["payload"]["clientId"] for grant in grants}


async def test_an_application_may_no_longer_ask_for_what_was_taken_from_it_meanwhile(
    world: World, ada: Visitor
) -> None:
    await world.user(username="ada", password=PASSWORD)
    app, other = await application(world, third_party=True), await application(world)
    await ada.begin(app, scope="openid email")
    taken = await world.call("DELETE", f"/applications/{app.id}/user-consent-scopes/user-scopes/email")
    assert taken.status_code == 204
    told = query_of(await sent(ada, identifier="ada", password=PASSWORD))
    assert (told["error"], told["scope"], "code" in told) == ("invalid_scope", "email", False)
    assert not await ada.has_session(other)
