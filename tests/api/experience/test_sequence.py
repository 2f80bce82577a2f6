"""The sequence of a sign-in without our pages: every redirect, every cookie (contract 1.5, 1.6, 6.6, 6.7)."""

import pytest

from tests.api.experience.headless import Headless, headless, path_of
from tests.oidc.world import query_of
from tests.world import PASSWORD, URL, World

pytestmark = pytest.mark.anyio


async def test_every_step_of_a_headless_sign_in(world: World) -> None:
    """6.6 and 6.7, to the letter: after the resume a program keeps only the cookies of that answer."""
    await world.user(username="ada", password=PASSWORD)
    program = await headless(world, "SPA")
    began = await program.begin(prompt="consent", scope="openid offline_access profile")
    assert began.status_code == 303
    assert began.headers["location"] == f"/sign-in?app_id={program.app.id}"
    signed = {"_logto", "_interaction", "_interaction_resume"}
    assert signed | {f"{name}.sig" for name in signed} <= set(program.jar)

    await program.identified()
    submitted = await program.call("POST", "/submit")
    assert submitted.status_code == 200
    assert "set-cookie" not in submitted.headers, "the API sets no cookies"
    onward = submitted.json()["redirectTo"]
    assert onward.startswith(f"{URL}/oidc/auth/")

    resumed = program.take(await program.send("GET", path_of(onward)), afresh=True)
    assert (resumed.status_code, resumed.headers["location"]) == (303, f"/consent?app_id={program.app.id}")
    needed = {"_interaction", "_interaction_resume", "_session"}
    assert needed | {f"{name}.sig" for name in needed} <= {name for name, value in program.jar.items() if value}

    consent = await program.send("GET", "/consent")
    assert consent.status_code == 302
    assert consent.headers["location"].startswith(f"{URL}/oidc/auth/")
    done = program.take(await program.send("GET", path_of(consent.headers["location"])))
    assert done.status_code == 303
    assert set(query_of(done.headers["location"])) == {"code", "state", "iss"}
    assert program.jar["_session"]
    assert program.jar["_interaction_resume"] == ""


async def test_before_anything_was_begun(world: World, program: Headless) -> None:
    assert await program.refused("GET", "/interaction") == (404, "session.interaction_not_found")
    assert await program.refused("POST", "/submit") == (404, "session.interaction_not_found")
    await program.start()
    assert await program.refused("POST", "/submit") == (400, "session.identifier_not_found")
    seen = await program.good("GET", "/interaction")
    assert (seen["interactionEvent"], seen["profile"]) == ("SignIn", {})


async def test_a_sign_in_that_is_over_takes_nothing_more(world: World, program: Headless) -> None:
    await world.user(username="ada", password=PASSWORD)
    await program.identified()
    await program.good("POST", "/submit")
    assert await program.refused("POST", "/submit") == (404, "session.interaction_not_found")
    world.clock.advance(seconds=3601)
    assert await program.refused("PUT", "", {"interactionEvent": "SignIn"}) == (400, "session.not_found")


async def test_two_applications_in_one_jar_are_told_apart(world: World) -> None:
    """1.6: by header or by query; without either the last one counts; a wrong one finds nothing."""
    first = await headless(world)
    await first.begin()
    second = await headless(world)
    second.jar = first.jar
    await second.begin()
    await second.call("PUT", "", {"interactionEvent": "Register"}, logto_app_id=first.app.id)
    await second.call("PUT", f"?app_id={second.app.id}", {"interactionEvent": "ForgotPassword"})

    async def event(path: str = "", **headers: str) -> str:
        return str((await second.call("GET", f"/interaction{path}", **headers)).json()["interactionEvent"])

    assert await event(logto_app_id=first.app.id) == "Register"
    assert await event(f"?app_id={first.app.id}") == "Register"
    assert await event(logto_app_id=second.app.id) == "ForgotPassword"
    assert await event() == "ForgotPassword"
    assert await second.refused("GET", "/interaction", logto_app_id="somebody-else") == (400, "session.not_found")


async def test_what_a_third_party_asks_for_is_shown_and_granted(world: World) -> None:
    user = await world.user(username="ada", name="Ada", password=PASSWORD)
    program = await headless(world, third_party=True)
    await program.begin(scope="openid profile email")
    assert (await program.send("GET", "/api/interaction/consent")).json()["code"] == "session.not_found"
    await program.identified()
    onward = (await program.good("POST", "/submit"))["redirectTo"]
    resumed = program.take(await program.send("GET", path_of(onward)), afresh=True)
    assert resumed.headers["location"] == f"/consent?app_id={program.app.id}"
    question = (await program.send("GET", "/api/interaction/consent")).json()
    assert (question["application"]["id"], question["user"]["id"]) == (program.app.id, user["id"])
    assert question["missingOIDCScope"] == ["profile", "email"]
    assert question["redirectUri"] == program.app.redirect_uri
    refused = await program.send("POST", "/api/interaction/consent", {"organizationIds": ["x"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "organization.require_membership")
    granted = (await program.send("POST", "/api/interaction/consent", {})).json()["redirectTo"]
    done = await program.send("GET", path_of(granted))
    assert "code" in query_of(done.headers["location"])


async def test_signing_in_is_no_step_of_consent(world: World) -> None:
    await world.user(username="ada", password=PASSWORD)
    program = await headless(world, third_party=True)
    await program.begin()
    await program.identified()
    onward = (await program.good("POST", "/submit"))["redirectTo"]
    program.take(await program.send("GET", path_of(onward)), afresh=True)
    assert await program.refused("PUT", "", {"interactionEvent": "SignIn"}) == (400, "session.not_found")
    assert await program.refused("GET", "/interaction") == (400, "session.not_found")


async def test_a_sign_in_ends_with_its_application(world: World, program: Headless) -> None:
    await world.user(username="ada", password=PASSWORD)
    await program.identified()
    assert (await world.call("DELETE", f"/applications/{program.app.id}")).status_code == 204
    for method, path in (("GET", "/interaction"), ("POST", "/submit"), ("PUT", "")):
        body = {"interactionEvent": "SignIn"} if method == "PUT" else None
        assert await program.refused(method, path, body) == (400, "session.not_found")
