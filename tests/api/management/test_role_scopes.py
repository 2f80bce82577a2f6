"""What a role holds: scopes added, listed with their resource, taken."""

import pytest

from tests.world import JSON, World

pytestmark = pytest.mark.anyio

MISSING = (404, "entity.not_exists_with_id")


@pytest.fixture
async def role(world: World) -> JSON:
    """A role of users."""
    return await world.made("/roles", name="Reader", description="Reads")


@pytest.fixture
async def scopes(world: World) -> list[JSON]:
    """The scopes `read` and `write` of one resource."""
    resource = await world.made("/resources", name="API", indicator="https://api.example")
    path = f"/resources/{resource['id']}/scopes"
    return [await world.made(path, name=name, description=name.upper()) for name in ("read", "write")]


async def test_added_scopes_are_answered_and_listed_with_their_resource(
    world: World, role: JSON, scopes: list[JSON]
) -> None:
    read, write = scopes
    path = f"/roles/{role['id']}/scopes"
    answer = await world.call("POST", path, {"scopeIds": [write["id"], read["id"], read["id"]]})
    assert (answer.status_code, answer.json()) == (201, [read, write])
    listed = (await world.call("GET", path)).json()
    resource = (await world.call("GET", f"/resources/{read['resourceId']}")).json()
    assert listed == [{**read, "resource": resource}, {**write, "resource": resource}]


async def test_scopes_of_a_role_are_searched_and_paged(world: World, role: JSON, scopes: list[JSON]) -> None:
    path = f"/roles/{role['id']}/scopes"
    await world.call("POST", path, {"scopeIds": [scope["id"] for scope in scopes]})
    assert [item["name"] for item in (await world.call("GET", f"{path}?search=WRITE")).json()] == ["write"]
    page = await world.call("GET", f"{path}?page=2&page_size=1")
    assert ([item["name"] for item in page.json()], page.headers["total-number"]) == (["write"], "2")


async def test_a_scope_is_held_once(world: World, role: JSON, scopes: list[JSON]) -> None:
    path, (read, write) = f"/roles/{role['id']}/scopes", scopes
    await world.call("POST", path, {"scopeIds": [read["id"]]})
    body = {"scopeIds": [write["id"], read["id"]]}
    assert await world.refusal("POST", path, body) == (422, "role.scope_exists")
    assert len((await world.call("GET", path)).json()) == 1


async def test_unknown_scopes_are_refused_and_nothing_is_added(world: World, role: JSON, scopes: list[JSON]) -> None:
    path = f"/roles/{role['id']}/scopes"
    assert await world.refusal("POST", path, {"scopeIds": [scopes[0]["id"], "x"]}) == MISSING
    assert (await world.call("GET", path)).json() == []
    assert await world.refusal("POST", path, {"scopeIds": [""]}) == (400, "guard.invalid_input")
    assert await world.refusal("POST", path, {}) == (400, "guard.invalid_input")


async def test_a_role_of_users_cannot_hold_the_management_scope(world: World, role: JSON) -> None:
    path, body = f"/roles/{role['id']}/scopes", {"scopeIds": ["management-api-all"]}
    refused = (400, "role.management_api_scopes_not_assignable_to_user_role")
    assert await world.refusal("POST", path, body) == refused
    machine = await world.made("/roles", name="Machine", description="M", type="MachineToMachine")
    assert (await world.call("POST", f"/roles/{machine['id']}/scopes", body)).status_code == 201


async def test_a_scope_is_taken_from_a_role(world: World, role: JSON, scopes: list[JSON]) -> None:
    path = f"/roles/{role['id']}/scopes"
    await world.call("POST", path, {"scopeIds": [scope["id"] for scope in scopes]})
    assert (await world.call("DELETE", f"{path}/{scopes[0]['id']}")).status_code == 204
    assert [item["name"] for item in (await world.call("GET", path)).json()] == ["write"]
    assert await world.refusal("DELETE", f"{path}/{scopes[0]['id']}") == (404, "entity.not_found")


async def test_a_role_that_does_not_exist_and_an_internal_one_are_refused(world: World, scopes: list[JSON]) -> None:
    body, internal = {"scopeIds": [scopes[0]["id"]]}, (403, "role.internal_role_violation")
    assert await world.refusal("GET", "/roles/x/scopes") == MISSING
    assert await world.refusal("POST", "/roles/x/scopes", body) == MISSING
    assert await world.refusal("DELETE", "/roles/x/scopes/y") == MISSING
    assert await world.refusal("POST", "/roles/admin-role/scopes", body) == internal
    assert await world.refusal("DELETE", "/roles/admin-role/scopes/management-api-all") == internal
