"""What a list costs: the same few statements, however many rows are on the page."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.world import World
from vestibule.db.compiled import Compiled

pytestmark = pytest.mark.anyio
PLACES = ("/roles", "/roles?page=1&page_size=100", "/users", "/applications", "/resources?includeScopes=true")


async def statements(world: World, path: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many statements the store is given for a call; one call before it fills what is remembered."""
    await world.call("GET", path)
    count, arguments = 0, Compiled.arguments

    def counted(self: Compiled[Any], parameters: Mapping[str, Any]) -> Any:
        nonlocal count
        count += 1
        return arguments(self, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(Compiled, "arguments", counted)
        assert (await world.call("GET", path)).status_code == 200
    return count


async def grow(world: World, names: str) -> None:
    """Add roles with users and scopes, and applications: one of each for each letter."""
    for name in names:
        role = await world.made("/roles", name=f"Role {name}", description="Reads")
        machines = await world.made("/roles", name=f"Machines {name}", description="Read", type="MachineToMachine")
        users = [(await world.user(username=f"{name}{number}"))["id"] for number in range(3)]
        app, _ = await world.app("MachineToMachine")
        resource = await world.made("/resources", name=name, indicator=f"https://{name}.example")
        await world.made(f"/resources/{resource['id']}/scopes", name="read")
        for answer in (
            await world.call("POST", f"/roles/{role['id']}/users", {"userIds": users}),
            await world.call("POST", f"/roles/{machines['id']}/applications", {"applicationIds": [app]}),
        ):
            assert answer.status_code == 201, answer.text


async def test_no_list_asks_the_store_once_more_for_each_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await grow(world, "a")
    few = {path: await statements(world, path, monkeypatch) for path in PLACES}
    await grow(world, "bcde")
    assert {path: await statements(world, path, monkeypatch) for path in PLACES} == few
    assert few["/roles"] <= 6
    assert max(few.values()) <= 7
