"""Resources: created, listed, changed, made the default, deleted; what may not be touched."""

import asyncio
from typing import Any

import pytest

from tests.world import JSON, World
from vestibule.model import MANAGEMENT_RESOURCE

pytestmark = pytest.mark.anyio

API = "https://api.example"
MANAGEMENT = "/resources/management-api"


async def created(world: World, indicator: str = API, **body: Any) -> JSON:
    """Create a resource."""
    return await world.made("/resources", **{"name": "API", "indicator": indicator, **body})


async def test_a_created_resource_is_shown_whole(world: World) -> None:
    resource = await created(world)
    assert list(resource) == ["tenantId", "id", "name", "indicator", "isDefault", "accessTokenTtl", "scopes"]
    assert len(resource.pop("id")) == 21
    assert resource == {
        "tenantId": "default",
        "name": "API",
        "indicator": API,
        "isDefault": False,
        "accessTokenTtl": 3600,
        "scopes": [],
    }


async def test_one_resource_and_the_list_have_no_scopes_unless_asked(world: World) -> None:
    resource = await created(world, accessTokenTtl=60)
    scope = await world.made(f"/resources/{resource['id']}/scopes", name="read")
    del resource["scopes"]
    assert (await world.call("GET", f"/resources/{resource['id']}")).json() == resource
    listed = (await world.call("GET", "/resources")).json()
    assert [item["indicator"] for item in listed] == [API, MANAGEMENT_RESOURCE]
    assert listed[0] == resource
    whole = (await world.call("GET", "/resources?includeScopes=true")).json()
    assert [[item["name"] for item in found["scopes"]] for found in whole] == [["read"], ["all"]]
    assert whole[0]["scopes"] == [scope]


async def test_a_list_is_whole_unless_a_page_is_asked_for(world: World) -> None:
    for number in range(21):
        await created(world, f"{API}/{number:02}", name=f"A{number:02}")
    whole = await world.call("GET", "/resources")
    assert len(whole.json()) == 22
    assert "total-number" not in whole.headers
    page = await world.call("GET", "/resources?page=2&page_size=10&includeScopes=1")
    assert [item["name"] for item in page.json()] == [f"A{number}" for number in range(10, 20)]
    assert page.headers["total-number"] == "22"
    assert len(page.headers.get_list("link")) == 4
    assert await world.refusal("GET", "/resources?page=0") == (400, "guard.invalid_pagination")


async def test_a_resource_can_be_renamed_but_keeps_its_indicator(world: World) -> None:
    resource = await created(world)
    body = {"name": "New", "accessTokenTtl": 120, "indicator": "https://other.example"}
    answer = await world.call("PATCH", f"/resources/{resource['id']}", body)
    del resource["scopes"]
    assert answer.json() == {**resource, "name": "New", "accessTokenTtl": 120}


@pytest.mark.parametrize(
    "body",
    [
        {"indicator": API},
        {"name": "", "indicator": API},
        {"name": "A", "indicator": ""},
        {"name": "A", "indicator": API, "accessTokenTtl": 0},
        {"name": "A", "indicator": API, "accessTokenTtl": "60"},
        {"name": "A", "indicator": API, "accessTokenTtl": 1.5},
    ],
)
async def test_a_faulty_resource_is_refused(world: World, body: JSON) -> None:
    assert await world.refusal("POST", "/resources", body) == (400, "guard.invalid_input")
    assert len((await world.call("GET", "/resources")).json()) == 1


@pytest.mark.parametrize(
    "indicator",
    [MANAGEMENT_RESOURCE, API, "urn:logto:resource:organizations", "urn:logto:organization:x"],
)
async def test_an_indicator_that_is_taken_or_reserved_is_refused(world: World, indicator: str) -> None:
    await created(world)
    body = {"name": "B", "indicator": indicator}
    assert await world.refusal("POST", "/resources", body) == (422, "resource.resource_identifier_in_use")


async def test_too_long_values_are_refused(world: World) -> None:
    body = {"name": "x" * 257, "indicator": API}
    assert await world.refusal("POST", "/resources", body) == (422, "entity.value_too_long")


async def test_what_does_not_exist_is_not_found(world: World) -> None:
    missing = (404, "entity.not_exists_with_id")
    assert await world.refusal("GET", "/resources/x") == missing
    assert await world.refusal("PATCH", "/resources/x", {"name": "A"}) == missing
    assert await world.refusal("PATCH", "/resources/x/is-default", {"isDefault": True}) == missing
    assert await world.refusal("DELETE", "/resources/x") == (404, "entity.not_found")


async def test_a_change_of_nothing_is_refused(world: World) -> None:
    resource = await created(world)
    assert await world.refusal("PATCH", f"/resources/{resource['id']}", {}) == (422, "entity.invalid_input")


async def test_the_management_resource_cannot_be_touched(world: World) -> None:
    modify = (400, "resource.cannot_modify_management_api")
    assert await world.refusal("PATCH", MANAGEMENT, {"name": "Mine"}) == modify
    assert await world.refusal("PATCH", f"{MANAGEMENT}/is-default", {"isDefault": True}) == modify
    assert await world.refusal("POST", f"{MANAGEMENT}/scopes", {"name": "some"}) == modify
    assert await world.refusal("PATCH", f"{MANAGEMENT}/scopes/management-api-all", {"name": "some"}) == modify
    assert await world.refusal("DELETE", f"{MANAGEMENT}/scopes/management-api-all") == modify
    assert await world.refusal("DELETE", MANAGEMENT) == (400, "resource.cannot_delete_management_api")
    assert (await world.call("GET", f"{MANAGEMENT}/scopes")).json()[0]["name"] == "all"


async def defaults(world: World) -> list[str]:
    return [item["name"] for item in (await world.call("GET", "/resources")).json() if item["isDefault"]]


async def test_there_is_at_most_one_default_resource(world: World) -> None:
    first, second = await created(world, name="A"), await created(world, f"{API}/b", name="B")
    answer = await world.call("PATCH", f"/resources/{first['id']}/is-default", {"isDefault": True})
    assert answer.json()["isDefault"] is True
    await world.call("PATCH", f"/resources/{second['id']}/is-default", {"isDefault": True})
    assert await defaults(world) == ["B"]
    await world.call("PATCH", f"/resources/{second['id']}/is-default", {"isDefault": False})
    assert await defaults(world) == []


async def test_an_unknown_resource_does_not_unseat_the_default(world: World) -> None:
    resource = await created(world, name="A")
    await world.call("PATCH", f"/resources/{resource['id']}/is-default", {"isDefault": True})
    await world.refusal("PATCH", "/resources/x/is-default", {"isDefault": True})
    assert await defaults(world) == ["A"]


async def test_of_many_made_default_at_once_one_remains(world: World) -> None:
    made = [await created(world, f"{API}/{number}", name=str(number)) for number in range(6)]
    await world.management_token()
    calls = (world.call("PATCH", f"/resources/{item['id']}/is-default", {"isDefault": True}) for item in made)
    answers = await asyncio.gather(*calls)
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len(await defaults(world)) == 1


async def test_a_deleted_resource_takes_its_scopes_along(world: World) -> None:
    resource = await created(world)
    path = f"/resources/{resource['id']}"
    await world.call("POST", f"{path}/scopes", {"name": "read"})
    answer = await world.call("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await world.call("GET", f"{path}/scopes")).json() == []
    assert await world.refusal("GET", path) == (404, "entity.not_exists_with_id")
