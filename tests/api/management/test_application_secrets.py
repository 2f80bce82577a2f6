"""Secrets of applications: the first one, more of them, their names and ends; which of them authenticate."""

from pathlib import Path
from typing import Any

import pytest

from tests.world import JSON, World, worlds
from vestibule.domain.shown_secrets import HIDDEN

pytestmark = pytest.mark.anyio

MISSING = (404, "entity.not_exists_with_id")


async def machine(world: World, kind: str = "MachineToMachine") -> str:
    """Create an application; returns the path of its secrets."""
    application = await world.made("/applications", name="App", type=kind)
    return f"/applications/{application['id']}/secrets"


async def listed(world: World, path: str) -> list[JSON]:
    answer = await world.call("GET", path)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def lets_in(world: World, path: str, value: str) -> bool:
    """Whether the token endpoint takes this secret."""
    answer = await world.client_token(path.split("/")[2], value, resource="https://default.logto.app/api")
    return "access_token" in answer


@pytest.mark.parametrize("kind", ["Traditional", "MachineToMachine"])
async def test_a_confidential_application_has_a_first_secret(world: World, kind: str) -> None:
    path = await machine(world, kind)
    (secret,) = await listed(world, path)
    assert list(secret) == ["tenantId", "applicationId", "name", "value", "createdAt", "expiresAt"]
    assert (secret["tenantId"], secret["applicationId"]) == ("default", path.split("/")[2])
    assert (secret["name"], len(secret["value"]), secret["expiresAt"]) == ("Default secret", 32, None)
    assert secret["createdAt"] == world.clock.now()


@pytest.mark.parametrize("kind", ["SPA", "Native"])
async def test_a_public_application_has_none_and_gets_none(world: World, kind: str) -> None:
    path = await machine(world, kind)
    assert await listed(world, path) == []
    assert await world.refusal("POST", path, {"name": "A"}) == (422, "entity.db_constraint_violated")


async def test_every_secret_that_lives_authenticates(world: World) -> None:
    path = await machine(world)
    first = (await listed(world, path))[0]["value"]
    world.clock.advance(seconds=1)
    second = await world.made(path, name="Second", expiresAt=world.clock.now() + 60_000)
    assert [secret["name"] for secret in await listed(world, path)] == ["Default secret", "Second"]
    assert (await listed(world, path))[1] == second
    assert await lets_in(world, path, first)
    assert await lets_in(world, path, second["value"])
    world.clock.advance(seconds=61)
    assert await lets_in(world, path, first)
    assert not await lets_in(world, path, second["value"])


async def test_a_deleted_secret_is_refused_at_once(world: World) -> None:
    path = await machine(world)
    first = (await listed(world, path))[0]["value"]
    assert (await world.call("DELETE", f"{path}/Default%20secret")).status_code == 204
    assert await listed(world, path) == []
    assert not await lets_in(world, path, first)
    assert await world.refusal("DELETE", f"{path}/Default%20secret") == (404, "entity.not_found")


async def test_a_renamed_secret_keeps_its_value(world: World) -> None:
    path = await machine(world)
    (first,) = await listed(world, path)
    answer = await world.call("PATCH", f"{path}/Default%20secret", {"name": "a/b ü"})
    assert (answer.status_code, answer.json()) == (200, {**first, "name": "a/b ü"})
    assert await listed(world, path) == [answer.json()]
    assert await lets_in(world, path, first["value"])
    assert (await world.call("DELETE", f"{path}/a%2Fb%20%C3%BC")).status_code == 204


async def test_a_name_is_unique_within_its_application(world: World) -> None:
    path, taken = await machine(world), (422, "application.secret_name_exists")
    await world.made(path, name="Second")
    assert await world.refusal("POST", path, {"name": "Second"}) == taken
    assert await world.refusal("PATCH", f"{path}/Second", {"name": "Default secret"}) == taken
    await world.made(await machine(world), name="Second")


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 257}, {"name": "A", "expiresAt": "soon"}])
async def test_a_faulty_secret_is_refused(world: World, body: JSON) -> None:
    assert await world.refusal("POST", await machine(world), body) == (400, "guard.invalid_input")


async def test_a_secret_that_has_ended_already_is_refused(world: World) -> None:
    path = await machine(world)
    for end in (0, 1, world.clock.now()):
        body: dict[str, Any] = {"name": "A", "expiresAt": end}
        assert await world.refusal("POST", path, body) == (400, "request.invalid_input")
    assert (await world.made(path, name="A", expiresAt=None))["expiresAt"] is None


async def test_what_does_not_exist_is_not_found(world: World) -> None:
    path = await machine(world)
    assert await world.refusal("PATCH", f"{path}/x", {"name": "y"}) == (404, "entity.not_exists")
    for unknown in ("/applications/x/secrets", "/applications/demo-app/secrets"):
        assert await world.refusal("GET", unknown) == MISSING
        assert await world.refusal("POST", unknown, {"name": "A"}) == MISSING
        assert await world.refusal("PATCH", f"{unknown}/x", {"name": "y"}) == (404, "entity.not_exists")
        assert await world.refusal("DELETE", f"{unknown}/x") == (404, "entity.not_found")


async def test_a_value_that_may_be_shown_once_is_shown_once(database_url: str, tmp_path: Path) -> None:
    async with worlds(database_url, tmp_path, VESTIBULE_SHOW_TOKENS="once") as world:
        path = await machine(world)
        made = await world.made(path, name="Second")
        assert [secret["value"] for secret in await listed(world, path)] == [HIDDEN, HIDDEN]
        renamed = (await world.call("PATCH", f"{path}/Second", {"name": "B"})).json()
        assert renamed == {**made, "name": "B", "value": HIDDEN}
        assert await lets_in(world, path, made["value"])
