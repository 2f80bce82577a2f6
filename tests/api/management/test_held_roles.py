"""The roles of a user and of an application: given, replaced, taken; the two sides behave alike."""

import asyncio
from dataclasses import dataclass

import pytest

from tests.world import World

pytestmark = pytest.mark.anyio

MISSING = (404, "entity.not_exists_with_id")
INTERNAL = (403, "role.internal_role_violation")


@dataclass(frozen=True)
class Holder:
    """Somebody who can have roles: the path, roles of the right type, one of the wrong type."""

    path: str
    unknown: str
    unknown_code: str
    roles: list[str]
    wrong: str
    wrong_code: str


@pytest.fixture(params=["user", "application"])
async def holder(request: pytest.FixtureRequest, world: World) -> Holder:
    """A user, and an application."""
    made = {}
    for kind in ("User", "MachineToMachine"):
        roles = [await world.made("/roles", name=f"{kind}{n}", description=f"R{n}", type=kind) for n in range(3)]
        made[kind] = [role["id"] for role in roles]
    if request.param == "user":
        user = await world.user(username="ada")
        return Holder(
            f"/users/{user['id']}/roles",
            "/users/x/roles",
            "entity.not_found",
            made["User"],
            made["MachineToMachine"][0],
            "user.invalid_role_type",
        )
    robot, _ = await world.app("MachineToMachine")
    return Holder(
        f"/applications/{robot}/roles",
        "/applications/x/roles",
        "entity.not_exists_with_id",
        made["MachineToMachine"],
        made["User"][0],
        "application.invalid_role_type",
    )


async def held(world: World, holder: Holder) -> set[str]:
    answer = await world.call("GET", holder.path)
    assert answer.status_code == 200, answer.text
    return {role["id"] for role in answer.json()}


async def test_roles_are_given_and_only_new_ones_are_named_as_added(world: World, holder: Holder) -> None:
    first, second, _ = holder.roles
    answer = await world.call("POST", holder.path, {"roleIds": [first]})
    assert (answer.status_code, answer.json()) == (201, {"roleIds": [first], "addedRoleIds": [first]})
    answer = await world.call("POST", holder.path, {"roleIds": [first, second]})
    assert (answer.status_code, answer.json()) == (201, {"roleIds": [first, second], "addedRoleIds": [second]})
    assert await held(world, holder) == {first, second}


async def test_roles_are_listed_whole_searched_and_in_pages(world: World, holder: Holder) -> None:
    await world.call("POST", holder.path, {"roleIds": holder.roles})
    answer = await world.call("GET", holder.path)
    assert [role["description"] for role in answer.json()] == ["R0", "R1", "R2"]
    assert list(answer.json()[0]) == ["tenantId", "id", "name", "description", "type", "isDefault"]
    assert "total-number" not in answer.headers
    page = await world.call("GET", f"{holder.path}?page=2&page_size=2&search=r_")
    assert [role["description"] for role in page.json()] == ["R2"]
    assert page.headers["total-number"] == "3"
    assert await world.refusal("GET", f"{holder.path}?search=") == (400, "request.invalid_input")


async def test_a_role_asked_for_twice_is_given_once(world: World, holder: Holder) -> None:
    first = holder.roles[0]
    answer = await world.call("POST", holder.path, {"roleIds": [first, first]})
    assert (answer.status_code, answer.json()["addedRoleIds"]) == (201, [first])
    answer = await world.call("PUT", holder.path, {"roleIds": [first, first]})
    assert (answer.status_code, answer.json()) == (200, {"roleIds": [first]})


async def test_an_empty_list_gives_nothing_and_replaces_everything(world: World, holder: Holder) -> None:
    await world.call("POST", holder.path, {"roleIds": holder.roles})
    answer = await world.call("POST", holder.path, {"roleIds": []})
    assert (answer.status_code, answer.json()) == (201, {"roleIds": [], "addedRoleIds": []})
    assert (await world.call("PUT", holder.path, {"roleIds": []})).json() == {"roleIds": []}
    assert await held(world, holder) == set()


async def test_roles_are_replaced(world: World, holder: Holder) -> None:
    first, second, third = holder.roles
    await world.call("POST", holder.path, {"roleIds": [first, second]})
    assert (await world.call("PUT", holder.path, {"roleIds": [second, third]})).status_code == 200
    assert await held(world, holder) == {second, third}


async def test_a_refused_replacement_changes_nothing(world: World, holder: Holder) -> None:
    first, second, _ = holder.roles
    await world.call("POST", holder.path, {"roleIds": [first]})
    assert await world.refusal("PUT", holder.path, {"roleIds": [second, "unknown"]}) == MISSING
    body = {"roleIds": [second, holder.wrong]}
    assert await world.refusal("PUT", holder.path, body) == (422, "entity.db_constraint_violated")
    assert await held(world, holder) == {first}


async def test_roles_of_the_other_type_and_unknown_ones_are_refused_whole(world: World, holder: Holder) -> None:
    first = holder.roles[0]
    answer = await world.call("POST", holder.path, {"roleIds": [first, holder.wrong]})
    assert (answer.status_code, answer.json()["code"]) == (422, holder.wrong_code)
    assert answer.json()["data"] == {"roleId": holder.wrong}
    assert await world.refusal("POST", holder.path, {"roleIds": [first, "unknown"]}) == MISSING
    assert await held(world, holder) == set()


@pytest.mark.parametrize("body", [{}, {"roleIds": [""]}, {"roleIds": "x"}, {"roleIds": [1]}])
async def test_faulty_bodies_are_refused(world: World, holder: Holder, body: dict[str, object]) -> None:
    for method in ("POST", "PUT"):
        assert await world.refusal(method, holder.path, body) == (400, "guard.invalid_input")


async def test_a_role_is_taken(world: World, holder: Holder) -> None:
    first, second, _ = holder.roles
    await world.call("POST", holder.path, {"roleIds": [first, second]})
    assert (await world.call("DELETE", f"{holder.path}/{first}")).status_code == 204
    assert await held(world, holder) == {second}
    assert await world.refusal("DELETE", f"{holder.path}/{first}") == (404, "entity.not_found")


async def test_whoever_does_not_exist_has_no_roles(world: World, holder: Holder) -> None:
    missing = (404, holder.unknown_code)
    assert await world.refusal("GET", holder.unknown) == missing
    for method in ("POST", "PUT"):
        assert await world.refusal(method, holder.unknown, {"roleIds": holder.roles}) == missing
    assert await world.refusal("DELETE", f"{holder.unknown}/{holder.roles[0]}") == (404, "entity.not_found")


async def test_the_internal_role_is_not_given_or_taken_this_way(world: World, holder: Holder) -> None:
    for method in ("POST", "PUT"):
        assert await world.refusal(method, holder.path, {"roleIds": ["admin-role"]}) == INTERNAL
    assert await world.refusal("DELETE", f"{holder.path}/admin-role") == INTERNAL


async def test_the_same_roles_given_many_times_at_once_are_given_once(world: World, holder: Holder) -> None:
    await world.management_token()
    calls = [world.call("POST", holder.path, {"roleIds": holder.roles}) for _ in range(5)]
    calls += [world.call("PUT", holder.path, {"roleIds": list(reversed(holder.roles))}) for _ in range(5)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200, 201}
    assert await held(world, holder) == set(holder.roles)


async def test_only_machines_have_roles(world: World) -> None:
    site, _ = await world.app("SPA", redirect_uris=["https://app.example/callback"])
    refused = (422, "application.invalid_type")
    assert await world.refusal("GET", f"/applications/{site}/roles") == refused
    assert await world.refusal("POST", f"/applications/{site}/roles", {"roleIds": []}) == refused
    assert await world.refusal("PUT", f"/applications/{site}/roles", {"roleIds": []}) == refused
