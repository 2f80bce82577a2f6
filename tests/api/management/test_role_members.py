"""Who has a role: users and applications given it, listed, deprived of it."""

import pytest

from tests.world import JSON, World

pytestmark = pytest.mark.anyio

MISSING = (404, "entity.not_exists_with_id")
INTERNAL = (403, "role.internal_role_violation")


@pytest.fixture
async def reader(world: World) -> str:
    """The path of a role of users."""
    role = await world.made("/roles", name="Reader", description="Reads")
    return f"/roles/{role['id']}"


@pytest.fixture
async def machine(world: World) -> str:
    """The path of a role of applications."""
    role = await world.made("/roles", name="Machine", description="Runs", type="MachineToMachine")
    return f"/roles/{role['id']}"


async def people(world: World, *names: str) -> list[JSON]:
    """Create users, one after the other."""
    made = []
    for name in names:
        world.clock.advance(seconds=1)
        made.append(await world.user(username=name))
    return made


async def test_users_are_given_a_role_and_listed_newest_first(world: World, reader: str) -> None:
    ada, bob, _ = await people(world, "ada", "bob", "carol")
    body = {"userIds": [ada["id"], bob["id"], ada["id"]]}
    answer = await world.call("POST", f"{reader}/users", body)
    assert (answer.status_code, answer.text) == (201, "Created")
    listed = await world.call("GET", f"{reader}/users")
    assert listed.json() == [bob, ada]
    assert listed.headers["total-number"] == "2"
    found = await world.call("GET", f"{reader}/users?search=ADA&page_size=1")
    assert [user["username"] for user in found.json()] == ["ada"]


async def test_a_user_has_a_role_once(world: World, reader: str) -> None:
    ada, bob = await people(world, "ada", "bob")
    await world.call("POST", f"{reader}/users", {"userIds": [ada["id"]]})
    body = {"userIds": [bob["id"], ada["id"]]}
    assert await world.refusal("POST", f"{reader}/users", body) == (422, "role.user_exists")
    assert len((await world.call("GET", f"{reader}/users")).json()) == 1


async def test_unknown_users_and_roles_are_refused(world: World, reader: str) -> None:
    (ada,) = await people(world, "ada")
    assert await world.refusal("POST", f"{reader}/users", {"userIds": [ada["id"], "x"]}) == MISSING
    assert (await world.call("GET", f"{reader}/users")).json() == []
    assert await world.refusal("POST", "/roles/x/users", {"userIds": [ada["id"]]}) == MISSING
    assert await world.refusal("GET", "/roles/x/users") == MISSING
    assert await world.refusal("DELETE", f"/roles/x/users/{ada['id']}") == (404, "entity.not_found")
    assert await world.refusal("DELETE", f"{reader}/users/{ada['id']}") == (404, "entity.not_found")
    assert await world.refusal("POST", f"{reader}/users", {"userIds": [""]}) == (400, "guard.invalid_input")


async def test_a_role_is_taken_from_a_user(world: World, reader: str) -> None:
    (ada,) = await people(world, "ada")
    await world.call("POST", f"{reader}/users", {"userIds": [ada["id"]]})
    assert (await world.call("DELETE", f"{reader}/users/{ada['id']}")).status_code == 204
    assert (await world.call("GET", f"{reader}/users")).json() == []


async def test_roles_go_only_to_holders_of_their_type(world: World, reader: str, machine: str) -> None:
    (ada,) = await people(world, "ada")
    robot, _ = await world.app("MachineToMachine")
    site, _ = await world.app("SPA", redirect_uris=["https://app.example/callback"])
    answer = await world.call("POST", f"{machine}/users", {"userIds": [ada["id"]]})
    assert (answer.status_code, answer.json()["code"]) == (422, "user.invalid_role_type")
    assert answer.json()["data"] == {"roleId": machine.split("/")[2]}
    answer = await world.call("POST", f"{reader}/applications", {"applicationIds": [robot]})
    assert (answer.status_code, answer.json()["code"]) == (422, "application.invalid_role_type")
    assert answer.json()["data"] == {"roleId": reader.split("/")[2]}
    body = {"applicationIds": [robot, site]}
    assert await world.refusal("POST", f"{machine}/applications", body) == (422, "application.invalid_type")


async def test_applications_are_given_a_role_once_and_deprived_of_it(world: World, machine: str) -> None:
    robot, _ = await world.app("MachineToMachine")
    body = {"applicationIds": [robot]}
    answer = await world.call("POST", f"{machine}/applications", body)
    assert (answer.status_code, answer.text) == (201, "Created")
    assert await world.refusal("POST", f"{machine}/applications", body) == (422, "role.application_exists")
    assert await world.refusal("POST", f"{machine}/applications", {"applicationIds": ["x"]}) == MISSING
    path = f"{machine}/applications/{robot}"
    assert (await world.call("DELETE", path)).status_code == 204
    assert await world.refusal("DELETE", path) == (404, "entity.not_found")


async def test_the_internal_role_is_given_to_nobody_this_way(world: World) -> None:
    (ada,) = await people(world, "ada")
    robot, _ = await world.app("MachineToMachine")
    assert await world.refusal("POST", "/roles/admin-role/users", {"userIds": [ada["id"]]}) == INTERNAL
    assert await world.refusal("POST", "/roles/admin-role/applications", {"applicationIds": [robot]}) == INTERNAL
    assert await world.refusal("DELETE", f"/roles/admin-role/applications/{robot}") == INTERNAL
    assert await world.refusal("DELETE", f"/roles/admin-role/users/{ada['id']}") == INTERNAL
