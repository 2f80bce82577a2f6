"""Scopes of resources: created, searched, changed, deleted."""

import pytest

from tests.world import JSON, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def path(world: World) -> str:
    """The path of a resource's scopes."""
    resource = await world.made("/resources", name="API", indicator="https://api.example")
    return f"/resources/{resource['id']}/scopes"


async def test_a_created_scope_is_shown_whole(world: World, path: str) -> None:
    scope = await world.made(path, name="read:things", description="Read things")
    assert list(scope) == ["tenantId", "id", "resourceId", "name", "description", "createdAt"]
    assert (len(scope["id"]), scope["resourceId"]) == (21, path.split("/")[2])
    assert (scope["name"], scope["description"]) == ("read:things", "Read things")
    assert (scope["tenantId"], scope["createdAt"]) == ("default", world.clock.now())
    assert (await world.call("GET", path)).json() == [scope]
    assert (await world.made(path, name="bare"))["description"] is None


@pytest.mark.parametrize("name", ["read things", " read", "read\n", "a\u00a0b"])
async def test_a_name_with_white_space_is_refused(world: World, path: str, name: str) -> None:
    scope = await world.made(path, name="read")
    assert await world.refusal("POST", path, {"name": name}) == (400, "scope.name_with_space")
    assert await world.refusal("PATCH", f"{path}/{scope['id']}", {"name": name}) == (400, "scope.name_with_space")


async def test_a_name_is_unique_within_its_resource(world: World, path: str) -> None:
    await world.made(path, name="read")
    other = await world.made(path, name="write")
    assert await world.refusal("POST", path, {"name": "read"}) == (422, "scope.name_exists")
    assert await world.refusal("PATCH", f"{path}/{other['id']}", {"name": "read"}) == (422, "scope.name_exists")
    second = await world.made("/resources", name="B", indicator="https://b.example")
    await world.made(f"/resources/{second['id']}/scopes", name="read")


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x" * 257}, {"name": None}, {"name": "a", "description": 1}]
)
async def test_a_faulty_scope_is_refused(world: World, path: str, body: JSON) -> None:
    assert await world.refusal("POST", path, body) == (400, "guard.invalid_input")


async def test_a_scope_can_be_renamed_and_described(world: World, path: str) -> None:
    scope = await world.made(path, name="read", description="Read")
    answer = await world.call("PATCH", f"{path}/{scope['id']}", {"name": "READ", "description": None})
    assert answer.json() == {**scope, "name": "READ", "description": None}
    assert [item["name"] for item in (await world.call("GET", f"{path}?search=read")).json()] == ["READ"]
    assert (await world.call("GET", f"{path}?search.description=read")).json() == []
    assert await world.refusal("PATCH", f"{path}/{scope['id']}", {}) == (422, "entity.invalid_input")


async def test_a_scope_belongs_to_its_resource(world: World, path: str) -> None:
    """B78: the path of another resource does not lead to it."""
    scope = await world.made(path, name="read")
    second = await world.made("/resources", name="B", indicator="https://b.example")
    other = f"/resources/{second['id']}/scopes/{scope['id']}"
    assert await world.refusal("PATCH", other, {"name": "x"}) == (404, "entity.not_exists_with_id")
    assert await world.refusal("DELETE", other) == (404, "entity.not_found")
    assert (await world.call("GET", path)).json() == [scope]


async def test_a_resource_that_does_not_exist_has_no_scopes_and_takes_none(world: World) -> None:
    assert (await world.call("GET", "/resources/x/scopes")).json() == []
    missing = (404, "entity.relation_foreign_key_not_found")
    assert await world.refusal("POST", "/resources/x/scopes", {"name": "a"}) == missing


async def test_a_deleted_scope_is_gone(world: World, path: str) -> None:
    scope = await world.made(path, name="read")
    assert (await world.call("DELETE", f"{path}/{scope['id']}")).status_code == 204
    assert await world.refusal("DELETE", f"{path}/{scope['id']}") == (404, "entity.not_found")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Ä:read", "read", "write"]),
        ("search=%25read", ["Ä:read", "read"]),
        ("search=%C3%A4%25", ["Ä:read"]),
        ("search.name=READ", ["read"]),
        ("search.name=READ&isCaseSensitive=true", []),
        ("search.description=%25everything%25", ["write"]),
        ("search.name=read&search.name=WRITE&mode=exact", ["read", "write"]),
        ("search.name=%5E(r|w)&mode=posix", ["read", "write"]),
        ("page=1&page_size=5&search=%25read", ["Ä:read", "read"]),
    ],
)
async def test_scopes_are_searched(world: World, path: str, query: str, expected: list[str]) -> None:
    await world.made(path, name="read", description="Read")
    await world.made(path, name="write", description="Write EVERYTHING")
    await world.made(path, name="Ä:read")
    answer = await world.call("GET", f"{path}?{query}")
    assert sorted(item["name"] for item in answer.json()) == sorted(expected)
    assert ("total-number" in answer.headers) is ("page=" in query)


async def test_a_faulty_search_is_refused(world: World, path: str) -> None:
    for query in ("search=", "search.resourceId=x", "search=a&mode=fuzzy", "search=a%5C"):
        assert await world.refusal("GET", f"{path}?{query}") == (400, "request.invalid_input")
