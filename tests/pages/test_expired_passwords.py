"""Passwords that expire, by age or by hand: who has one chooses another before going on."""

from typing import Any

import httpx2
import pytest

from tests.oidc.world import App
from tests.pages.visitor import CALLBACK, Visitor, application, visitor
from tests.world import PASSWORD, World

pytestmark = pytest.mark.anyio
FRESH = "another lazy door"
DAY = 86_400


async def expire_after(world: World, days: int, **more: Any) -> dict[str, Any]:
    policy = {"enabled": True, "validPeriodDays": days, **more}
    answer = await world.call("PATCH", "/sign-in-exp", {"passwordExpiration": policy})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["passwordExpiration"])


async def mark(world: World, user_id: str, expired: bool = True) -> httpx2.Response:
    return await world.call("PATCH", f"/users/{user_id}/password/expiration", {"isExpired": expired})


async def at_the_door(world: World, app: App | None = None) -> Visitor:
    """Return a browser after its sign-in with the right password."""
    ada = visitor(world)
    await (await ada.begin(app or await application(world))).sign_in("ada")
    return ada


async def test_by_default_no_password_expires_and_none_can_be_marked(world: World) -> None:
    """B45."""
    user = await world.user(username="ada", password=PASSWORD)
    refused = await mark(world, user["id"])
    assert (refused.status_code, refused.json()["code"]) == (
        400,
        "sign_in_experiences.password_expiration_not_enabled",
    )
    assert (await mark(world, user["id"], False)).status_code == 200
    assert (await mark(world, "nobody")).status_code == 404
    world.clock.advance(seconds=4000 * DAY)
    world.token = ""
    assert (await at_the_door(world)).address.startswith(CALLBACK)


async def test_a_marked_password_is_replaced_before_the_way_goes_on(world: World) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    await expire_after(world, 90)
    answer = await mark(world, user["id"])
    assert (answer.status_code, answer.json()["id"]) == (200, user["id"])
    ada = await at_the_door(world)
    assert ada.answer.status_code == 422
    assert ada.reads("renewal.title")
    assert PASSWORD not in ada.answer.text
    await ada.submit(password=PASSWORD, new_password=FRESH)
    assert ada.address.startswith(CALLBACK)
    old = visitor(world)
    await (await old.begin(await application(world))).sign_in("ada", PASSWORD)
    assert old.reads("fault.credentials")
    new = visitor(world)
    await (await new.begin(await application(world))).sign_in("ada", FRESH)
    assert new.address.startswith(CALLBACK)


async def test_a_password_expires_by_age(world: World) -> None:
    await world.user(username="ada", password=PASSWORD)
    policy = await expire_after(world, 30)
    assert policy == {"enabled": True, "validPeriodDays": 30, "enabledAt": world.clock.now()}
    world.clock.advance(seconds=30 * DAY - 1)
    assert (await at_the_door(world)).address.startswith(CALLBACK)
    world.clock.advance(seconds=2)
    assert (await at_the_door(world)).reads("renewal.title")
    world.token = ""
    await world.call("PATCH", "/sign-in-exp", {"passwordExpiration": {"enabled": False}})
    assert (await at_the_door(world)).address.startswith(CALLBACK)


@pytest.mark.parametrize(
    ("fresh", "words"),
    [
        ("short", "fault.password_rejected_too_short"),
        ("password1", "fault.password_rejected_pwned"),
        ("adalovelace", "fault.password_rejected_restricted_user_info"),
        (PASSWORD, "fault.same_password"),
    ],
)
async def test_the_new_password_meets_the_policy_and_is_another_one(world: World, fresh: str, words: str) -> None:
    user = await world.user(username="ada", name="adalovelace", password=PASSWORD)
    await expire_after(world, 90)
    await mark(world, user["id"])
    ada = await at_the_door(world)
    await ada.submit(password=PASSWORD, new_password=fresh)
    assert ada.answer.status_code == 422
    assert ada.reads(words, min=8)
    await ada.submit(password=PASSWORD, new_password=FRESH)
    assert ada.address.startswith(CALLBACK)


async def test_who_does_not_know_the_old_password_replaces_nothing(world: World) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    await expire_after(world, 90)
    await mark(world, user["id"])
    ada = await at_the_door(world)
    await ada.submit(password="wrong", new_password=FRESH)
    assert ada.reads("fault.credentials")
    verified = await world.call("POST", f"/users/{user['id']}/password/verify", {"password": PASSWORD})
    assert verified.status_code == 204


async def test_a_password_that_has_not_expired_is_not_replaced_this_way(world: World) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    await expire_after(world, 90)
    await mark(world, user["id"])
    ada = await at_the_door(world)
    await mark(world, user["id"], False)
    await ada.submit(password=PASSWORD, new_password=FRESH)
    assert ada.answer.status_code == 403
    verified = await world.call("POST", f"/users/{user['id']}/password/verify", {"password": PASSWORD})
    assert verified.status_code == 204


async def test_setting_a_password_lifts_the_mark(world: World) -> None:
    user = await world.user(username="ada", password="first of them all")
    await expire_after(world, 90)
    await mark(world, user["id"])
    await world.call("PATCH", f"/users/{user['id']}/password", {"password": PASSWORD})
    assert (await at_the_door(world)).address.startswith(CALLBACK)


@pytest.mark.parametrize("body", [{}, {"isExpired": "true"}, {"isExpired": None}])
async def test_the_mark_is_true_or_false(world: World, body: dict[str, Any]) -> None:
    user = await world.user()
    answer = await world.call("PATCH", f"/users/{user['id']}/password/expiration", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")
