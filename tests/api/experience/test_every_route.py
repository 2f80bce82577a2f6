"""Every step of a sign-in from everybody whose sign-in it is not: nothing gets in (A19, B21, B41, B77)."""

from typing import Any

import pytest

from tests.api.experience.headless import Headless, headless
from tests.world import World
from vestibule.api.experience.access import InteractionAccess
from vestibule.app import faces
from vestibule.http import Route

pytestmark = pytest.mark.anyio


def steps(world: World) -> list[Route]:
    """Every route that is a step of a sign-in, as they are served."""
    [face] = [face for face in faces(world.server.ctx, world.server.keys) if face.prefix == "/api"]
    return [route for route in face.routes if isinstance(route.access, InteractionAccess)]


async def answers(world: World, program: Headless, **headers: str) -> set[tuple[int, Any]]:
    """Call every step; returns how they were refused."""
    found = set()
    for route in steps(world):
        answer = await program.send(route.method, route.path, {}, **headers)
        found.add((answer.status_code, answer.json().get("code") if answer.content else None))
    return found


async def test_without_the_cookies_of_a_sign_in_there_is_none(world: World, program: Headless) -> None:
    """B77: no cookie, a forged one, or a token of the Management API; the refusal comes before the body is read."""
    assert len(steps(world)) >= 15
    missing = {(400, "session.not_found")}
    nobody = Headless(world, program.app)
    assert await answers(world, nobody) == missing
    assert await answers(world, nobody, authorization=f"Bearer {await world.management_token()}") == missing
    for name in ("_interaction", "_interaction.sig"):
        assert await answers(world, Headless(world, program.app, {**program.jar, name: "x"})) == missing


async def test_the_sign_in_of_another_browser_is_out_of_reach(world: World, program: Headless) -> None:
    """A19, B21: the cookies of a sign-in alone do not carry it to another browser."""
    eve = await headless(world)
    await eve.begin()
    fixed = {name: value for name, value in program.jar.items() if name.startswith(("_interaction", "_logto"))}
    eve.jar |= fixed
    assert await answers(world, eve) == {(400, "session.not_found")}


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}]
)
async def test_another_site_changes_nothing(world: World, program: Headless, headers: dict[str, str]) -> None:
    """B41: also by a form, which such an API would take."""
    await program.start()
    for route in steps(world):
        if route.method != "GET":
            answer = await program.send(route.method, route.path, {"interactionEvent": "Register"}, **headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden"), route
    assert (await program.good("GET", "/interaction"))["interactionEvent"] == "SignIn"


async def test_our_own_pages_may_call_every_step(world: World, program: Headless) -> None:
    """The control: what the tests above see is the cookies' doing, and the other site's."""
    await program.start()
    found = await answers(world, program, origin="http://id.localhost:3001", sec_fetch_site="same-origin")
    assert not found & {(403, "auth.forbidden")}
    assert (400, "guard.invalid_input") in found
