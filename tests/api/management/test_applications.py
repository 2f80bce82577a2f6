"""Applications: every type created, listed, changed, deleted; what the server does not obey is refused."""

from typing import Any

import pytest

from tests.world import JSON, World

pytestmark = pytest.mark.anyio

MISSING = (404, "entity.not_exists_with_id")
ADDRESSES = {"redirectUris": ["https://app.example/callback"], "postLogoutRedirectUris": ["https://app.example/bye"]}
NOWHERE: JSON = {"redirectUris": [], "postLogoutRedirectUris": []}


async def created(world: World, kind: str = "Traditional", **body: Any) -> JSON:
    """Create an application."""
    return await world.made("/applications", **{"name": "App", "type": kind, **body})


async def names(world: World, query: str) -> list[str]:
    """Return the names that a list shows, sorted."""
    answer = await world.call("GET", f"/applications{query}")
    assert answer.status_code == 200, answer.text
    return sorted(item["name"] for item in answer.json())


@pytest.mark.parametrize("kind", ["Native", "SPA", "Traditional", "MachineToMachine"])
async def test_an_application_of_each_type_is_created_with_200_and_shown_whole(world: World, kind: str) -> None:
    body = {"name": "App", "type": kind, "description": "Mine", "oidcClientMetadata": ADDRESSES}
    answer = await world.call("POST", "/applications", body)
    application = answer.json()
    assert answer.status_code == 200
    assert len(application["id"]) == 21
    assert list(application) == [
        "tenantId",
        "id",
        "name",
        "description",
        "type",
        "oidcClientMetadata",
        "customClientMetadata",
        "protectedAppMetadata",
        "customData",
        "isThirdParty",
        "appLevelAccessControlEnabled",
        "createdAt",
    ]
    del application["id"]
    assert application == {
        **body,
        "tenantId": "default",
        "customClientMetadata": {},
        "protectedAppMetadata": None,
        "customData": {},
        "isThirdParty": False,
        "appLevelAccessControlEnabled": False,
        "createdAt": world.clock.now(),
    }


async def test_metadata_may_be_left_out(world: World) -> None:
    application = await created(world, "MachineToMachine")
    assert (application["description"], application["oidcClientMetadata"]) == (None, NOWHERE)
    answer = await world.call("GET", f"/applications/{application['id']}")
    assert answer.json() == {**application, "isAdmin": False}


async def test_everything_given_is_kept(world: World) -> None:
    settings = {
        "corsAllowedOrigins": ["https://other.example", "http://localhost:3000"],
        "idTokenTtl": 60,
        "refreshTokenTtlInDays": 180,
        "refreshTokenTtl": 60,
        "rotateRefreshToken": False,
        "alwaysIssueRefreshToken": True,
        "allowTokenExchange": True,
        "isDeviceFlow": False,
        "maxAllowedGrants": 3,
    }
    addresses = {
        **ADDRESSES,
        "backchannelLogoutUri": "https://app.example/out",
        "backchannelLogoutSessionRequired": True,
        "logoUri": "https://app.example/logo.png",
    }
    data = {"a": [1, {"b": None}]}
    body: JSON = {"oidcClientMetadata": addresses, "customClientMetadata": settings, "customData": data}
    application = await created(world, **body, unknown=1)
    assert {name: application[name] for name in body} == body
    internal = {**settings, "tenantId": "x"}
    again = await created(world, customClientMetadata=internal)
    assert again["customClientMetadata"] == settings


async def test_a_third_party_is_one_for_good(world: World) -> None:
    application = await created(world, isThirdParty=True)
    assert application["isThirdParty"] is True
    body = {"isThirdParty": False, "type": "SPA", "name": "New"}
    answer = await world.call("PATCH", f"/applications/{application['id']}", body)
    assert answer.json() == {**application, "name": "New"}


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"type": "SAML"}, (400, "application.saml.use_saml_app_api")),
        ({"type": "Protected"}, (400, "application.protected_app_metadata_is_required")),
        (
            {"type": "Protected", "protectedAppMetadata": {"subDomain": "a", "origin": "https://a.example"}},
            (400, "application.not_supported"),
        ),
        (
            {"type": "MachineToMachine", "isThirdParty": True},
            (400, "application.invalid_third_party_application_type"),
        ),
        (
            {"isThirdParty": True, "customClientMetadata": {"allowTokenExchange": True}},
            (422, "application.third_party_application_cannot_enable_token_exchange"),
        ),
        ({"customClientMetadata": {"isDeviceFlow": True}}, (422, "application.device_flow_native_only")),
        ({"type": "Native", "customClientMetadata": {"isDeviceFlow": True}}, (400, "application.not_supported")),
        ({"oidcClientMetadata": {**NOWHERE, "backchannelLogoutUri": "app:/out"}}, (400, "guard.invalid_input")),
        ({"oidcClientMetadata": {**NOWHERE, "backchannelLogoutUri": "https://a/#b"}}, (400, "guard.invalid_input")),
    ],
)
async def test_what_cannot_be_made_here_is_refused_and_nothing_is_made(
    world: World, body: JSON, refusal: tuple[int, str]
) -> None:
    await world.management_token()
    before = len(await names(world, ""))
    assert await world.refusal("POST", "/applications", {"name": "A", "type": "SPA", **body}) == refusal
    assert len(await names(world, "")) == before


async def test_a_refusal_names_the_settings_that_are_not_obeyed(world: World) -> None:
    application = await created(world)
    body = {"appLevelAccessControlEnabled": True, "protectedAppMetadata": {"origin": "https://a.example"}}
    answer = await world.call("PATCH", f"/applications/{application['id']}", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "application.not_supported")
    assert answer.json()["data"] == {"fields": ["appLevelAccessControlEnabled", "protectedAppMetadata"]}
    body = {"appLevelAccessControlEnabled": False, "protectedAppMetadata": None, "name": "B"}
    assert (await world.call("PATCH", f"/applications/{application['id']}", body)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"type": "SPA"},
        {"name": "A"},
        {"name": "", "type": "SPA"},
        {"name": "x" * 257, "type": "SPA"},
        {"name": "A", "type": "spa"},
        {"name": "A", "type": "SPA", "oidcClientMetadata": {"redirectUris": []}},
        {"name": "A", "type": "SPA", "customClientMetadata": {"idTokenTtl": 0}},
        {"name": "A", "type": "SPA", "customClientMetadata": {"refreshTokenTtlInDays": 181}},
        {"name": "A", "type": "SPA", "customClientMetadata": {"maxAllowedGrants": 0}},
        {"name": "A", "type": "SPA", "customClientMetadata": {"rotateRefreshToken": "yes"}},
        {"name": "A", "type": "SPA", "customData": []},
    ],
)
async def test_a_faulty_application_is_refused(world: World, body: JSON) -> None:
    assert await world.refusal("POST", "/applications", body) == (400, "guard.invalid_input")


@pytest.mark.parametrize(
    ("uri", "good"),
    [
        ("https://app.example/callback?x=1", True),
        ("http://localhost:3000/", True),
        ("com.example.app:/callback", True),
        ("myapp://callback", True),
        ("https://*.app.example/callback", True),
        ("https://pr-*.app.example/*", True),
        ("https://*.example/callback", False),
        ("https://app.*.example/callback", False),
        ("https://app.example/callback#x", False),
        ("https://good.example@evil.example/", False),
        ("http*://app.example/", False),
        ("https://app.example:*/", False),
        ("https://app.example/?x=*", False),
        ("javascript:alert(1)", False),
        ("/callback", False),
        ("app.example", False),
        ("", False),
        ("https://app.example/\u00e9", False),
    ],
)
async def test_addresses_have_to_be_ones_that_can_match(world: World, uri: str, good: bool) -> None:
    """A3: no user information; wildcards in labels before the last two, and in the path, nowhere else."""
    for member in ("redirectUris", "postLogoutRedirectUris"):
        body = {"name": "A", "type": "SPA", "oidcClientMetadata": {**NOWHERE, member: ["https://a.example", uri]}}
        answer = await world.call("POST", "/applications", body)
        if good:
            assert answer.json()["oidcClientMetadata"][member] == ["https://a.example", uri]
        else:
            assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")
            assert answer.json()["data"]["issues"][0]["path"] == ["oidcClientMetadata", member, 1]


@pytest.mark.parametrize(
    "origin", ["https://app.example/", "https://App.example", "app.example", "*", "https://*.a.example", "null", ""]
)
async def test_an_origin_that_no_browser_sends_is_refused(world: World, origin: str) -> None:
    """B104: only origins that can match are registered."""
    body = {"name": "A", "type": "SPA", "customClientMetadata": {"corsAllowedOrigins": [origin]}}
    assert await world.refusal("POST", "/applications", body) == (400, "guard.invalid_input")


async def test_a_patch_replaces_metadata_as_whole_objects(world: World) -> None:
    application = await created(
        world, oidcClientMetadata=ADDRESSES, customClientMetadata={"idTokenTtl": 60}, customData={"a": 1}
    )
    path = f"/applications/{application['id']}"
    changed = {
        "name": "New",
        "description": "Words",
        "oidcClientMetadata": {"redirectUris": ["https://b.example/"], "postLogoutRedirectUris": []},
        "customClientMetadata": {"rotateRefreshToken": False},
        "customData": {"b": 2},
    }
    answer = await world.call("PATCH", path, changed)
    assert answer.json() == {**application, **changed}
    answer = await world.call("PATCH", path, {"description": None, "customClientMetadata": {}})
    assert answer.json() == {**application, **changed, "description": None, "customClientMetadata": {}}


async def test_custom_data_is_merged_by_its_own_call(world: World) -> None:
    application = await created(world, customData={"a": 1, "b": {"c": 1}})
    path = f"/applications/{application['id']}/custom-data"
    answer = await world.call("PATCH", path, {"b": {"d": 2}, "e": None})
    assert (answer.status_code, answer.json()) == (200, {"a": 1, "b": {"d": 2}, "e": None})
    assert await world.refusal("PATCH", path, []) == (400, "guard.invalid_input")


async def test_changes_that_are_none_or_against_the_rules_are_refused(world: World) -> None:
    path = f"/applications/{(await created(world, isThirdParty=True))['id']}"
    assert await world.refusal("PATCH", path, {}) == (422, "entity.invalid_input")
    exchange = (422, "application.third_party_application_cannot_enable_token_exchange")
    assert await world.refusal("PATCH", path, {"customClientMetadata": {"allowTokenExchange": True}}) == exchange
    body = {"customClientMetadata": {"isDeviceFlow": True}}
    assert await world.refusal("PATCH", path, body) == (422, "application.device_flow_native_only")
    native = f"/applications/{(await created(world, 'Native'))['id']}"
    assert await world.refusal("PATCH", native, body) == (422, "application.device_flow_not_changeable")
    assert await world.refusal("PATCH", native, {"oidcClientMetadata": {}}) == (400, "guard.invalid_input")


async def test_an_application_is_made_an_administrator_and_only_a_machine_can_be(world: World) -> None:
    machine, site = await created(world, "MachineToMachine"), await created(world, "SPA")
    path = f"/applications/{machine['id']}"
    answer = await world.call("PATCH", path, {"isAdmin": True})
    assert answer.json() == machine
    assert (await world.call("GET", path)).json()["isAdmin"] is True
    assert (await world.call("GET", f"{path}/roles")).json() == []
    assert (await world.call("PUT", f"{path}/roles", {"roleIds": []})).status_code == 200
    assert (await world.call("GET", path)).json()["isAdmin"] is True
    await world.call("PATCH", path, {"isAdmin": False, "name": "Once"})
    assert (await world.call("GET", path)).json()["isAdmin"] is False
    body = {"isAdmin": True}
    assert await world.refusal("PATCH", f"/applications/{site['id']}", body) == (422, "application.invalid_type")


async def test_what_does_not_exist_is_not_found(world: World) -> None:
    for path in ("/applications/x", "/applications/x/organizations"):
        assert await world.refusal("GET", path) == MISSING
    assert await world.refusal("PATCH", "/applications/x", {"name": "A"}) == MISSING
    assert await world.refusal("PATCH", "/applications/x/custom-data", {}) == MISSING
    assert await world.refusal("DELETE", "/applications/x") == (404, "entity.not_found")


async def test_a_deleted_application_is_gone(world: World) -> None:
    application = await created(world)
    path = f"/applications/{application['id']}"
    assert (await world.call("DELETE", path)).status_code == 204
    assert await world.refusal("GET", path) == MISSING
    assert await world.refusal("GET", f"{path}/secrets") == MISSING
    assert await world.refusal("DELETE", path) == (404, "entity.not_found")


async def test_no_application_is_in_an_organization(world: World) -> None:
    path = f"/applications/{(await created(world, 'MachineToMachine'))['id']}/organizations"
    whole = await world.call("GET", path)
    assert (whole.json(), "total-number" in whole.headers) == ([], False)
    assert (await world.call("GET", f"{path}?page=1")).headers["total-number"] == "0"


async def test_the_built_in_client_is_a_placeholder_that_nobody_changes(world: World) -> None:
    shown = (await world.call("GET", "/applications/demo-app")).json()
    assert (shown["id"], shown["type"], shown["secret"], shown["isAdmin"]) == ("demo-app", "SPA", "N/A", False)
    assert (shown["oidcClientMetadata"], shown["customClientMetadata"]) == (NOWHERE, {})
    assert await world.refusal("PATCH", "/applications/demo-app", {"name": "Mine"}) == MISSING
    assert await world.refusal("PATCH", "/applications/demo-app/custom-data", {"a": 1}) == MISSING
    assert await world.refusal("DELETE", "/applications/demo-app") == (404, "entity.not_found")
    assert "demo-app" not in [item["id"] for item in (await world.call("GET", "/applications")).json()]


async def test_everybody_may_use_an_application_and_other_rules_are_refused(world: World) -> None:
    path = f"/applications/{(await created(world))['id']}/access-control"
    everybody: JSON = {"userIds": [], "userRoleIds": [], "organizationIds": [], "organizationRoleRules": []}
    assert (await world.call("GET", path)).json() == everybody
    assert (await world.call("PUT", path, everybody)).json() == everybody
    rule = {"organizationId": "x", "organizationRoleIds": ["y"]}
    answer = await world.call("PUT", path, {**everybody, "userIds": ["x"], "organizationRoleRules": [rule]})
    assert (answer.status_code, answer.json()["code"]) == (400, "application.not_supported")
    assert answer.json()["data"] == {"fields": ["userIds", "organizationRoleRules"]}
    assert await world.refusal("PUT", path, {"userIds": []}) == (400, "guard.invalid_input")
    assert await world.refusal("GET", "/applications/x/access-control") == MISSING
    assert await world.refusal("PUT", "/applications/x/access-control", everybody) == MISSING


async def test_an_administrator_opens_the_management_api_until_it_is_none(world: World) -> None:
    machine = await created(world, "MachineToMachine")
    path = f"/applications/{machine['id']}"
    secret = (await world.call("GET", f"{path}/secrets")).json()[0]["value"]

    async def scope() -> str | None:
        form = {"resource": "https://default.logto.app/api", "scope": "all"}
        return (await world.client_token(machine["id"], secret, **form)).get("scope")

    assert await scope() is None
    await world.call("PATCH", path, {"isAdmin": True})
    assert await scope() == "all"
    await world.call("PATCH", path, {"isAdmin": False})
    assert await scope() is None


async def test_lists_are_newest_first_and_whole_unless_a_page_is_asked_for(world: World) -> None:
    await world.management_token()
    for number in range(21):
        world.clock.advance(seconds=1)
        await created(world, name=f"A{number:02}")
    whole = await world.call("GET", "/applications")
    assert [item["name"] for item in whole.json()][:2] == ["A20", "A19"]
    assert (len(whole.json()), "total-number" in whole.headers) == (22, False)
    page = await world.call("GET", "/applications?page=2&page_size=10")
    assert [item["name"] for item in page.json()] == [f"A{number:02}" for number in range(10, 0, -1)]
    assert page.headers["total-number"] == "22"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?types=SPA", ["Öffentlich"]),
        ("?types=SPA&types=MachineToMachine", ["Robot", "Test", "Öffentlich"]),
        ("?types=SPA&types=MachineToMachine&page=1&page_size=5", ["Robot", "Test", "Öffentlich"]),
        ("?types=Protected", []),
        ("?isThirdParty=true", ["Website"]),
        ("?isThirdParty=false", ["Robot", "Test", "Öffentlich"]),
        ("?search=%C3%B6%25", ["Öffentlich"]),
        ("?search.description=%25WWW%25", ["Website"]),
        ("?search=%25e%25&types=Traditional", ["Website"]),
        ("?excludeOrganizationId=x", ["Robot", "Test", "Website", "Öffentlich"]),
    ],
)
async def test_applications_are_filtered_and_searched(world: World, query: str, expected: list[str]) -> None:
    await created(world, name="Website", description="www", isThirdParty=True)
    await created(world, "SPA", name="Öffentlich")
    await created(world, "MachineToMachine", name="Robot")
    assert await names(world, query) == expected


async def test_holders_of_a_role_can_be_left_out_and_listed(world: World) -> None:
    machine = await created(world, "MachineToMachine", name="Robot")
    role = await world.made("/roles", name="R", description="R", type="MachineToMachine")
    await world.call("POST", f"/roles/{role['id']}/applications", {"applicationIds": [machine["id"]]})
    assert await names(world, f"?types=MachineToMachine&excludeRoleId={role['id']}") == ["Test"]
    path = f"/roles/{role['id']}/applications"
    assert (await world.call("GET", path)).json() == [machine]
    assert (await world.call("GET", f"{path}?search=nobody&page=1")).headers["total-number"] == "0"
    assert await world.refusal("GET", "/roles/x/applications") == MISSING


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("types=Robot", "guard.invalid_input"),
        ("types=SPA&types=Robot", "guard.invalid_input"),
        ("isThirdParty=1", "guard.invalid_input"),
        ("excludeRoleId=a&excludeOrganizationId=b", "request.invalid_input"),
        ("search.type=SPA", "request.invalid_input"),
        ("page=x", "guard.invalid_pagination"),
    ],
)
async def test_a_faulty_filter_is_refused(world: World, query: str, code: str) -> None:
    assert await world.refusal("GET", f"/applications?{query}") == (400, code)
