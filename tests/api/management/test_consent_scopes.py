"""What a third-party application may ask people for: enabled, listed, disabled."""

import pytest

from tests.world import JSON, World

pytestmark = pytest.mark.anyio

MISSING = (404, "entity.not_exists_with_id")
NOTHING: JSON = {"organizationScopes": [], "resourceScopes": [], "organizationResourceScopes": [], "userScopes": []}


@pytest.fixture
async def path(world: World) -> str:
    """The path of a third-party application's scopes."""
    application = await world.made("/applications", name="Other", type="Traditional", isThirdParty=True)
    return f"/applications/{application['id']}/user-consent-scopes"


async def resource(world: World, name: str, *scopes: str) -> tuple[JSON, list[JSON]]:
    """Create a resource with scopes."""
    made = await world.made("/resources", name=name, indicator=f"https://{name}.example")
    return made, [await world.made(f"/resources/{made['id']}/scopes", name=scope) for scope in scopes]


async def test_a_new_application_may_ask_for_nothing(world: World, path: str) -> None:
    assert (await world.call("GET", path)).json() == NOTHING


async def test_enabled_scopes_are_listed_by_resource(world: World, path: str) -> None:
    first, (read, write) = await resource(world, "a", "read", "write")
    second, (other,) = await resource(world, "b", "read")
    body = {
        "resourceScopes": [other["id"], write["id"], read["id"], read["id"]],
        "userScopes": ["roles", "profile", "profile"],
    }
    answer = await world.call("POST", path, body)
    assert (answer.status_code, answer.text) == (201, "Created")
    assert (await world.call("POST", path, body)).status_code == 201
    shown = (await world.call("GET", path)).json()
    assert shown["userScopes"] == ["profile", "roles"]
    assert shown["resourceScopes"] == [
        {
            "resource": {name: made[name] for name in ("id", "name", "indicator")},
            "scopes": [{name: scope[name] for name in ("id", "name", "description")} for scope in scopes],
        }
        for made, scopes in ((first, [read, write]), (second, [other]))
    ]


async def test_unknown_scopes_are_listed_and_nothing_is_enabled(world: World, path: str) -> None:
    _, (read,) = await resource(world, "a", "read")
    body = {
        "userScopes": ["email"],
        "resourceScopes": [read["id"], "x"],
        "organizationScopes": ["y"],
        "organizationResourceScopes": [read["id"]],
    }
    answer = await world.call("POST", path, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "application.user_consent_scopes_not_found")
    assert answer.json()["data"] == {
        "invalidResourceScopes": ["x"],
        "invalidOrganizationScopes": ["y"],
        "invalidOrganizationResourceScopes": [read["id"]],
    }
    assert (await world.call("GET", path)).json() == NOTHING


@pytest.mark.parametrize("body", [{"userScopes": ["openid"]}, {"userScopes": ["x"]}, {"resourceScopes": [""]}])
async def test_a_faulty_body_is_refused(world: World, path: str, body: JSON) -> None:
    assert await world.refusal("POST", path, body) == (400, "guard.invalid_input")


async def test_scopes_are_disabled_one_by_one(world: World, path: str) -> None:
    _, (read,) = await resource(world, "a", "read")
    body = {"resourceScopes": [read["id"]], "userScopes": ["email", "urn:logto:scope:sessions"]}
    await world.call("POST", path, body)
    for one in (f"resource-scopes/{read['id']}", "user-scopes/urn:logto:scope:sessions"):
        assert (await world.call("DELETE", f"{path}/{one}")).status_code == 204
        assert await world.refusal("DELETE", f"{path}/{one}") == (404, "entity.not_found")
    assert (await world.call("GET", path)).json() == {**NOTHING, "userScopes": ["email"]}
    for kind in ("organization-scopes", "organization-resource-scopes"):
        assert await world.refusal("DELETE", f"{path}/{kind}/x") == (404, "entity.not_found")
    assert await world.refusal("DELETE", f"{path}/other-scopes/x") == (400, "guard.invalid_input")


async def test_an_application_that_does_not_exist_is_not_found(world: World) -> None:
    for application in ("x", "demo-app"):
        path = f"/applications/{application}/user-consent-scopes"
        assert await world.refusal("GET", path) == MISSING
        assert await world.refusal("POST", path, {"userScopes": ["email"]}) == MISSING
        assert await world.refusal("DELETE", f"{path}/user-scopes/email") == MISSING
