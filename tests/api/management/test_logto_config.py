"""What a user chose about factors, read and changed through the Management API."""

from typing import Any

import httpx2
import pytest

from tests.world import World

pytestmark = pytest.mark.anyio
NOTHING_CHOSEN = {"mfa": {"skipped": False, "skipMfaOnSignIn": False}, "passkeySignIn": {"skipped": False}}


async def patch(world: World, user: dict[str, Any], body: Any) -> httpx2.Response:
    return await world.call("PATCH", f"/users/{user['id']}/logto-configs", body)


async def test_nothing_is_chosen_at_first_and_enabled_is_unknown(world: World) -> None:
    user = await world.user()
    answer = await world.call("GET", f"/users/{user['id']}/logto-configs")
    assert (answer.status_code, answer.json()) == (200, NOTHING_CHOSEN)


async def test_only_what_is_given_changes(world: World) -> None:
    user = await world.user()
    first = await patch(world, user, {"mfa": {"enabled": True, "skipMfaOnSignIn": True}})
    chosen = {"enabled": True, "skipped": False, "skipMfaOnSignIn": True}
    assert (first.status_code, first.json()) == (200, {"mfa": chosen, "passkeySignIn": {"skipped": False}})
    second = await patch(world, user, {"mfa": {"skipped": True}, "passkeySignIn": {"skipped": True}})
    assert second.json() == {"mfa": chosen | {"skipped": True}, "passkeySignIn": {"skipped": True}}
    nothing: list[dict[str, Any]] = [{}, {"mfa": {}}]
    for empty in nothing:
        assert (await patch(world, user, empty)).json() == second.json()
    assert (await world.call("GET", f"/users/{user['id']}/logto-configs")).json() == second.json()
    assert (await patch(world, user, {"mfa": {"enabled": False}})).json()["mfa"]["enabled"] is False


async def test_other_members_are_accepted_and_not_kept(world: World) -> None:
    user = await world.user()
    answer = await patch(world, user, {"mfa": {"additionalBindingSuggestionSkipped": True}, "isSuspended": True})
    assert (answer.status_code, answer.json()) == (200, NOTHING_CHOSEN)


async def test_a_change_moves_the_users_time_of_change(world: World) -> None:
    user = await world.user()
    world.clock.advance(seconds=1)
    await patch(world, user, {"passkeySignIn": {"skipped": True}})
    assert (await world.call("GET", f"/users/{user['id']}")).json()["updatedAt"] == user["updatedAt"] + 1000


@pytest.mark.parametrize("body", [{"mfa": None}, {"mfa": {"enabled": None}}, {"passkeySignIn": {"skipped": "true"}}])
async def test_choices_are_true_or_false(world: World, body: Any) -> None:
    answer = await patch(world, await world.user(), body)
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")


async def test_nobody_has_no_choices(world: World) -> None:
    for answer in (
        await world.call("GET", "/users/nobody/logto-configs"),
        await patch(world, {"id": "nobody"}, {"mfa": {"enabled": True}}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "entity.not_found")
