"""The question for consent: who asks, for what, who is asked, and what an answer does."""

import pytest

from tests.oidc.world import App, change, query_of
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import PASSWORD, World

pytestmark = pytest.mark.anyio
SCOPES = "openid profile email"


async def asked(world: World, ada: Visitor, **extra: str) -> App:
    """Bring Ada to the question of an application that is not ours."""
    await world.user(username="ada", name="Ada <Lovelace>", password=PASSWORD)
    app = await application(world, third_party=True)
    await ada.begin(app, **{"scope": SCOPES, **extra})
    await ada.sign_in("ada")
    assert ada.heading == t("consent.title", application="Test")
    return app


async def test_the_question_says_who_asks_for_what_and_where_it_leads(world: World, ada: Visitor) -> None:
    await asked(world, ada, scope="openid profile email phone address")
    for scope in ("profile", "email", "phone", "address"):
        assert ada.reads(f"scope.{scope}")
    assert ada.reads("consent.lead", host="app.example")
    assert "Ada <Lovelace>" in ada.text
    assert "Ada <Lovelace>" not in ada.answer.text


async def test_less_than_that_is_asked_in_fewer_lines(world: World, ada: Visitor) -> None:
    await asked(world, ada, scope="openid")
    assert ada.reads("scope.openid")
    assert not ada.reads("scope.email")


async def test_allowing_gives_a_code_and_is_remembered(world: World, ada: Visitor) -> None:
    app = await asked(world, ada)
    await ada.submit(decision="allow")
    assert ada.address.startswith(CALLBACK)
    assert "code" in query_of(ada.address)
    assert await ada.is_signed_in(app)
    await ada.begin(app, scope=f"{SCOPES} phone")
    assert ada.heading == t("consent.title", application="Test"), "more is asked about again"


@pytest.mark.parametrize("decision", ["deny", "", "ALLOW", "yes"])
async def test_anything_but_allowing_refuses(world: World, ada: Visitor, decision: str) -> None:
    app = await asked(world, ada)
    await ada.submit(decision=decision)
    assert query_of(ada.address)["error"] == "access_denied"
    assert not await ada.is_signed_in(app)


async def test_our_own_applications_do_not_ask(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await (await ada.begin(await application(world), scope=SCOPES)).sign_in("ada")
    assert ada.address.startswith(CALLBACK)


async def test_consent_cannot_be_given_from_outside(world: World, ada: Visitor) -> None:
    """B41: no csrf, somebody else's, a foreign Origin, or a request that says it comes from another site."""
    app = await asked(world, ada)
    mallory = await visitor(world).begin(app)
    good, action = ada.form.fields, ada.form.action
    for fields, headers in (
        ({}, {}),
        ({"csrf": "x" * 43}, {}),
        ({"csrf": mallory.form.fields["csrf"]}, {}),
        (good, {"origin": "https://evil.example"}),
        (good, {"origin": "null"}),
        (good, {"origin": "http://id.localhost:3002"}),
        (good, {"sec-fetch-site": "cross-site"}),
        (good, {"sec-fetch-site": "same-site"}),
    ):
        answer = await ada.client.post(action, data={**fields, "decision": "allow"}, headers=headers)
        assert answer.status_code == 403, (fields, headers)
    assert not await ada.is_signed_in(app)


async def test_a_step_cannot_be_skipped(world: World, ada: Visitor) -> None:
    """B62: consenting before signing in leads nowhere."""
    app = await application(world)
    await ada.begin(app)
    csrf = ada.form.fields["csrf"]
    for method in ("GET", "POST"):
        data = {"csrf": csrf, "decision": "allow"} if method == "POST" else None
        answer = await ada.client.request(method, f"/consent?app_id={app.id}", data=data)
        assert (answer.status_code, answer.headers["location"]) == (302, "/unknown-session")
    assert not await ada.is_signed_in(app)


async def test_an_answer_counts_once(world: World, ada: Visitor) -> None:
    await asked(world, ada)
    form = ada.form
    await ada.submit(decision="allow")
    again = await ada.client.post(form.action, data={**form.fields, "decision": "allow"})
    assert (again.status_code, again.headers["location"]) == (302, "/unknown-session")


async def test_a_suspended_person_is_not_asked_any_more(world: World, ada: Visitor) -> None:
    """B75."""
    app = await asked(world, ada)
    (user,) = (await world.call("GET", "/users")).json()
    form = ada.form
    await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    answer = await ada.client.post(form.action, data={**form.fields, "decision": "allow"})
    assert answer.headers["location"] == "/unknown-session"
    await ada.open(f"/consent?app_id={app.id}")
    assert ada.heading == t("unknown.title")


async def test_an_application_that_is_gone_asks_nothing(world: World, ada: Visitor) -> None:
    app = await asked(world, ada)
    await change(world.server.ctx, "applications", app.id, {"is_third_party": False})
    await ada.open(f"/consent?app_id={app.id}")
    assert ada.address.startswith(CALLBACK), "it became our own"
