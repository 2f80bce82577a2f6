"""Roles: created, listed with who has them, searched, changed, deleted; internal ones cannot be touched."""

from pathlib import Path
from typing import Any

import pytest

from tests.world import JSON, World, worlds
from vestibule.store.roles import HELD_SCOPES

pytestmark = pytest.mark.anyio

SEEDED = ["Logto Management API access"]
INTERNAL = (403, "role.internal_role_violation")


async def created(world: World, name: str = "Reader", **body: Any) -> JSON:
    """Create a role of users unless told otherwise."""
    return await world.made("/roles", **{"name": name, "description": "Reads", **body})


async def scope(world: World, name: str = "read") -> str:
    """Create a resource with one scope; returns the scope's id."""
    resource = await world.made("/resources", name="API", indicator=f"https://{name}.example")
    return str((await world.made(f"/resources/{resource['id']}/scopes", name=name))["id"])


async def names(world: World, query: str = "") -> list[str]:
    """Return the names of the roles that a list shows."""
    answer = await world.call("GET", f"/roles{query}")
    assert answer.status_code == 200, answer.text
    return [role["name"] for role in answer.json()]


async def test_a_created_role_is_shown_whole_and_answers_200(world: World) -> None:
    answer = await world.call("POST", "/roles", {"name": "Reader", "description": "Reads"})
    role = answer.json()
    assert answer.status_code == 200
    assert list(role) == ["tenantId", "id", "name", "description", "type", "isDefault"]
    assert len(role["id"]) == 21
    assert (role["name"], role["description"], role["type"], role["isDefault"]) == ("Reader", "Reads", "User", False)
    assert (await world.call("GET", f"/roles/{role['id']}")).json() == role


async def test_a_role_can_be_created_with_its_scopes(world: World) -> None:
    read = await scope(world)
    role = await created(world, scopeIds=[read, read])
    held = (await world.call("GET", f"/roles/{role['id']}/scopes")).json()
    assert [item["id"] for item in held] == [read]


async def test_the_list_says_who_has_a_role(world: World) -> None:
    role = await created(world)
    users = [await world.user(username=f"u{number}", name=f"U{number}") for number in range(4)]
    await world.call("POST", f"/roles/{role['id']}/users", {"userIds": [user["id"] for user in users]})
    machine = await created(world, "Machine", type="MachineToMachine")
    application, _ = await world.app("MachineToMachine")
    await world.call("POST", f"/roles/{machine['id']}/applications", {"applicationIds": [application]})
    listed = {item["name"]: item for item in (await world.call("GET", "/roles")).json()}
    reader, machine = listed["Reader"], listed["Machine"]
    assert list(reader)[6:] == ["usersCount", "featuredUsers", "applicationsCount", "featuredApplications"]
    assert (reader["usersCount"], reader["applicationsCount"], reader["featuredApplications"]) == (4, 0, [])
    first = sorted(users, key=lambda user: user["id"])[:3]
    assert reader["featuredUsers"] == [{"id": user["id"], "avatar": None, "name": user["name"]} for user in first]
    assert (machine["usersCount"], machine["featuredUsers"], machine["applicationsCount"]) == (0, [], 1)
    shown = {"id": application, "name": "Test", "type": "MachineToMachine"}
    assert machine["featuredApplications"] == [shown]


async def test_a_list_is_whole_unless_a_page_is_asked_for(world: World) -> None:
    for number in range(21):
        await created(world, f"A{number:02}")
    whole = await world.call("GET", "/roles")
    assert len(whole.json()) == 22
    assert "total-number" not in whole.headers
    page = await world.call("GET", "/roles?page=2&page_size=10")
    assert [item["name"] for item in page.json()] == [f"A{number}" for number in range(10, 20)]
    assert page.headers["total-number"] == "22"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?search=reader", ["Reader"]),
        ("?search=%25ÄND%25", ["Écrivain"]),
        ("?search.name=écrivain", ["Écrivain"]),
        ("?search.description=READS", ["Reader"]),
        ("?search.description=READS&isCaseSensitive=true", []),
        ("?type=User", ["Reader", "Écrivain"]),
        ("?type=MachineToMachine", ["Logto Management API access", "Machine"]),
        ("?type=User&search=%25machine%25", []),
        ("?search=%25internal%25", []),
    ],
)
async def test_roles_are_searched_and_filtered(world: World, query: str, expected: list[str]) -> None:
    await created(world)
    await created(world, "Écrivain", description="Ändert")
    await created(world, "Machine", type="MachineToMachine", description="Runs")
    assert sorted(await names(world, query)) == expected


async def test_roles_that_somebody_has_can_be_left_out(world: World) -> None:
    role, other = await created(world), await created(world, "Other")
    machine = await created(world, "Machine", type="MachineToMachine")
    user = await world.user(username="ada")
    application, _ = await world.app("MachineToMachine")
    await world.call("POST", f"/users/{user['id']}/roles", {"roleIds": [role["id"]]})
    await world.call("POST", f"/applications/{application}/roles", {"roleIds": [machine["id"]]})
    assert await names(world, f"?excludeUserId={user['id']}&type=User") == [other["name"]]
    assert await names(world, f"?excludeApplicationId={application}&type=MachineToMachine") == SEEDED
    assert len(await names(world, "?excludeUserId=")) == 4


async def test_a_faulty_filter_is_refused(world: World) -> None:
    assert await world.refusal("GET", "/roles?type=Nobody") == (400, "guard.invalid_input")
    assert await world.refusal("GET", "/roles?search=") == (400, "request.invalid_input")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "A"},
        {"name": "", "description": "B"},
        {"name": "x" * 129, "description": "B"},
        {"name": "A", "description": ""},
        {"name": "A", "description": "B", "type": "Robot"},
        {"name": "A", "description": "B", "isDefault": None},
        {"name": "A", "description": "B", "scopeIds": [""]},
    ],
)
async def test_a_faulty_role_is_refused(world: World, body: JSON) -> None:
    assert await world.refusal("POST", "/roles", body) == (400, "guard.invalid_input")


async def test_a_name_is_unique(world: World) -> None:
    await created(world)
    other = await created(world, "Other")
    body = {"name": "Reader", "description": "x"}
    assert await world.refusal("POST", "/roles", body) == (422, "role.name_in_use")
    assert await world.refusal("PATCH", f"/roles/{other['id']}", {"name": "Reader"}) == (422, "role.name_in_use")


async def test_a_role_can_be_changed_but_not_its_type(world: World) -> None:
    role = await created(world)
    body = {"name": "Writer", "description": "Writes", "isDefault": True, "type": "MachineToMachine"}
    answer = await world.call("PATCH", f"/roles/{role['id']}", body)
    assert answer.json() == {**role, "name": "Writer", "description": "Writes", "isDefault": True}
    assert await names(world, "?search=WRITES") == ["Writer"]
    assert await world.refusal("PATCH", f"/roles/{role['id']}", {}) == (422, "entity.invalid_input")


async def test_only_roles_of_users_can_be_default_roles(world: World) -> None:
    refused = (422, "role.default_role_for_users_only")
    body = {"name": "M", "description": "M", "type": "MachineToMachine", "isDefault": True}
    assert await world.refusal("POST", "/roles", body) == refused
    machine = await created(world, "Machine", type="MachineToMachine")
    assert await world.refusal("PATCH", f"/roles/{machine['id']}", {"isDefault": True}) == refused


async def test_what_does_not_exist_is_not_found(world: World) -> None:
    missing = (404, "entity.not_exists_with_id")
    assert await world.refusal("GET", "/roles/x") == missing
    assert await world.refusal("PATCH", "/roles/x", {"name": "A"}) == missing
    assert await world.refusal("DELETE", "/roles/x") == missing


async def test_a_role_with_an_unknown_scope_is_not_created(world: World) -> None:
    read = await scope(world)
    body = {"name": "A", "description": "B", "scopeIds": [read, "unknown"]}
    assert await world.refusal("POST", "/roles", body) == (404, "entity.not_exists_with_id")
    assert await names(world) == SEEDED


async def test_a_role_of_users_with_the_management_scope_is_not_created(world: World) -> None:
    read = await scope(world)
    body = {"name": "A", "description": "B", "scopeIds": [read, "management-api-all"]}
    refused = (400, "role.management_api_scopes_not_assignable_to_user_role")
    assert await world.refusal("POST", "/roles", body) == refused
    assert await names(world) == SEEDED
    assert (await world.made("/roles", **{**body, "type": "MachineToMachine"}))["name"] == "A"


async def test_internal_roles_are_not_made_renamed_changed_or_deleted(world: World) -> None:
    role = await created(world)
    body = {"name": "#internal:mine", "description": "x"}
    assert await world.refusal("POST", "/roles", body) == INTERNAL
    assert await world.refusal("PATCH", f"/roles/{role['id']}", {"name": "#internal:mine"}) == INTERNAL
    assert await world.refusal("PATCH", "/roles/admin-role", {"description": "x"}) == INTERNAL
    assert await world.refusal("DELETE", "/roles/admin-role") == INTERNAL
    assert (await world.call("GET", "/roles/admin-role")).json()["name"] == "#internal:admin"
    assert "#internal:admin" not in await names(world)


async def test_a_deleted_role_is_taken_from_everybody(world: World) -> None:
    role, user = await created(world), await world.user(username="ada")
    await world.call("POST", f"/roles/{role['id']}/users", {"userIds": [user["id"]]})
    assert (await world.call("DELETE", f"/roles/{role['id']}")).status_code == 204
    assert (await world.call("GET", f"/users/{user['id']}/roles")).json() == []


async def test_what_an_operator_took_from_the_management_role_stays_taken(database_url: str, tmp_path: Path) -> None:
    async with worlds(database_url, tmp_path) as world:
        role = (await world.call("GET", "/roles")).json()[0]
        assert (await world.call("DELETE", f"/roles/{role['id']}/scopes/management-api-all")).status_code == 204
    async with worlds(database_url, tmp_path) as again, again.server.ctx.db.read() as tx:
        held = await tx.all(HELD_SCOPES, role_id=role["id"], scope_ids=["management-api-all"])
    assert held == []


async def test_new_users_get_the_default_roles(world: World) -> None:
    default, _ = await created(world, isDefault=True), await created(world, "Other")
    user = await world.user(username="ada")
    held = (await world.call("GET", f"/users/{user['id']}/roles")).json()
    assert [role["id"] for role in held] == [default["id"]]


async def test_new_users_get_the_roles_that_the_setting_names(database_url: str, tmp_path: Path) -> None:
    async with worlds(database_url, tmp_path, USER_DEFAULT_ROLE_NAMES="Reader, Both") as world:
        body = {"username": "early"}
        assert await world.refusal("POST", "/users", body) == (400, "role.default_role_missing")
        await created(world)
        await created(world, "Both", isDefault=True)
        await created(world, "Other")
        user = await world.user(username="ada")
        held = (await world.call("GET", f"/users/{user['id']}/roles")).json()
        assert [role["name"] for role in held] == ["Both", "Reader"]
