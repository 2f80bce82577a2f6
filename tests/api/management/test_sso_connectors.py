"""Enterprise connectors over the Management API, on both stores."""

import json

import pytest
from sqlalchemy import select

from tests.sso_provider import CONFIG, ISSUER, CompanyProvider
from tests.world import World
from vestibule.db import Statement
from vestibule.domain import email_domains
from vestibule.store import sso_identities
from vestibule.store.rows import Row
from vestibule.store.tables import sso_connectors, user_sso_identities

pytestmark = pytest.mark.anyio
NAMES = {"OIDC", "GoogleWorkspace", "Okta", "AzureAdOidc"}


@pytest.fixture
def provider(world: World) -> CompanyProvider:
    """The provider that the server finds at the company's address."""
    made = CompanyProvider(world)
    made.serve()
    return made


async def acme(world: World, **more: object) -> dict[str, object]:
    """Set up the company's connector."""
    body = {"providerName": "OIDC", "connectorName": "Acme", "config": CONFIG, "domains": ["acme.example"], **more}
    return await world.made("/sso-connectors", **body)


async def test_providers_are_listed_in_the_language_of_the_request(world: World) -> None:
    listed = (await world.call("GET", "/sso-connector-providers")).json()
    assert {one["providerName"] for one in listed} >= NAMES
    for one in listed:
        assert one["logo"].startswith("data:image/svg+xml,")
        assert one["description"]
    german = (await world.call("GET", "/sso-connector-providers", headers={"accept-language": "de"})).json()
    assert {one["providerName"]: one["description"] for one in german} != {
        one["providerName"]: one["description"] for one in listed
    }


async def test_a_connector_is_stored_with_defaults_and_without_unknown_members(
    world: World, provider: CompanyProvider
) -> None:
    made = await acme(world, config={**CONFIG, "nonsense": 1, "scope": ""})
    assert made == {
        "tenantId": "default", "id": made["id"], "providerName": "OIDC", "connectorName": "Acme",
        "config": {**CONFIG, "trustUnverifiedEmail": False}, "domains": ["acme.example"], "branding": {},
        "syncProfile": False, "enableTokenStorage": False, "createdAt": world.clock.now(),
    }  # fmt: skip
    shown = (await world.call("GET", f"/sso-connectors/{made['id']}")).json()
    assert shown["providerConfig"] == {
        **CONFIG, "scope": "openid profile email", "trustUnverifiedEmail": False,
        "authorizationEndpoint": f"{ISSUER}/authorize", "tokenEndpoint": f"{ISSUER}/token",
        "jwksUri": f"{ISSUER}/jwks",
    }  # fmt: skip
    assert (shown["name"], shown["providerType"]) == ("OIDC", "oidc")
    provider.metadata = {"issuer": "https://elsewhere.example"}
    listed = (await world.call("GET", "/sso-connectors")).json()
    assert [("providerConfig" in one, one["id"]) for one in listed] == [(False, made["id"])]


async def test_a_connector_may_have_no_configuration_yet(world: World) -> None:
    made = await world.made("/sso-connectors", providerName="Okta", connectorName="Later")
    assert (made["config"], made["domains"]) == ({}, [])


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"providerName": "Nope"}, (422, "connector.not_found")),
        ({"domains": ["Gmail.com", "acme.example"]}, (422, "single_sign_on.forbidden_domains")),
        ({"domains": ["acme.example", "ACME.example."]}, (422, "single_sign_on.duplicated_domains")),
        ({"config": {"clientId": "x", "issuer": ISSUER}}, (400, "connector.invalid_config")),
        ({"config": {**CONFIG, "clientSecret": ""}}, (400, "connector.invalid_config")),
        ({"config": {**CONFIG, "issuer": "ftp://acme.example"}}, (400, "connector.invalid_config")),
        ({"config": {**CONFIG, "issuer": "https://login.acme.example/elsewhere"}}, (400, "connector.invalid_config")),
        ({"connectorName": "Acme"}, (409, "single_sign_on.duplicate_connector_name")),
        ({"connectorName": ""}, (400, "guard.invalid_input")),
    ],
)
async def test_what_cannot_be_used_is_refused_and_nothing_is_stored(
    world: World, provider: CompanyProvider, change: dict[str, object], refusal: tuple[int, str]
) -> None:
    held = await acme(world)
    new = {"providerName": "OIDC", "connectorName": "Second", "config": CONFIG, **change}
    assert await world.refusal("POST", "/sso-connectors", new) == refusal
    assert [one["id"] for one in (await world.call("GET", "/sso-connectors")).json()] == [held["id"]]


async def test_a_provider_of_saml_gives_no_tokens_to_keep(world: World) -> None:
    refused = (400, "connector.token_storage_not_supported")
    new = {"providerName": "SAML", "connectorName": "Acme"}
    assert await world.refusal("POST", "/sso-connectors", {**new, "enableTokenStorage": True}) == refused
    made = await world.made("/sso-connectors", **new)
    assert await world.refusal("PATCH", f"/sso-connectors/{made['id']}", {"enableTokenStorage": True}) == refused


async def test_a_refusal_names_the_domains_and_repeats_no_secret(world: World, provider: CompanyProvider) -> None:
    body = {"providerName": "OIDC", "connectorName": "Acme", "config": CONFIG, "domains": ["qq.com", "acme.example"]}
    assert (await world.call("POST", "/sso-connectors", body)).json()["data"] == {"data": ["qq.com"]}
    provider.metadata = {"issuer": "https://elsewhere.example"}
    answer = await world.call("POST", "/sso-connectors", {**body, "domains": []})
    assert answer.status_code == 400
    assert CONFIG["clientSecret"] not in answer.text


async def test_a_change_replaces_the_configuration_and_leaves_the_rest(world: World, provider: CompanyProvider) -> None:
    made = await acme(world, branding={"displayName": "Acme Inc.", "logo": ""})
    path = f"/sso-connectors/{made['id']}"
    changed = (await world.call("PATCH", path, {"config": {**CONFIG, "clientId": "second"}})).json()
    assert changed["config"]["clientId"] == "second"
    assert (changed["domains"], changed["branding"]) == (["acme.example"], {"displayName": "Acme Inc."})
    same = (await world.call("PATCH", path, {})).json()
    assert same == changed
    own_name = await world.call("PATCH", path, {"connectorName": "Acme", "domains": [], "syncProfile": True})
    assert (own_name.json()["domains"], own_name.json()["syncProfile"]) == ([], True)
    other = await world.made("/sso-connectors", providerName="Okta", connectorName="Other")
    refused = await world.refusal("PATCH", f"/sso-connectors/{other['id']}", {"connectorName": "Acme"})
    assert refused == (409, "single_sign_on.duplicate_connector_name")
    for method in ("GET", "PATCH", "DELETE"):
        assert await world.refusal(method, "/sso-connectors/nope", {}) == (404, "entity.not_exists_with_id")


async def test_lists_come_in_pages_on_demand(world: World) -> None:
    for name in ("a", "b", "c"):
        await world.made("/sso-connectors", providerName="Okta", connectorName=name)
        world.clock.advance(seconds=1)
    assert len((await world.call("GET", "/sso-connectors")).json()) == 3
    page = await world.call("GET", "/sso-connectors?page=2&page_size=2")
    assert ([one["connectorName"] for one in page.json()], page.headers["total-number"]) == (["c"], "3")


async def test_the_configuration_lies_sealed_in_the_store(world: World, provider: CompanyProvider) -> None:
    """B100: the client secret is nowhere in the row."""
    made = await acme(world)
    async with world.server.ctx.db.read() as tx:
        rows: list[Row] = await tx.all(Statement(select(sso_connectors)))
    assert [row[0] for row in rows] == [made["id"]]
    assert str(CONFIG["clientSecret"]) not in str(rows)
    assert str(rows[0][3]).startswith("v1.")


async def test_everybody_sees_a_connector_that_is_open_and_nothing_secret(
    world: World, provider: CompanyProvider
) -> None:
    made = await acme(world, branding={"displayName": "Acme Inc."})
    await world.made("/sso-connectors", providerName="Okta", connectorName="Not set up", domains=["later.example"])

    async def seen() -> list[dict[str, object]]:
        return list((await world.client.get("/api/.well-known/sign-in-exp")).json()["ssoConnectors"])

    assert await seen() == []
    shown = await world.call("PATCH", "/sign-in-exp", {"singleSignOnEnabled": True})
    assert shown.json()["singleSignOnEnabled"] is True
    logo = (await world.call("GET", f"/sso-connectors/{made['id']}")).json()["providerLogo"]
    assert await seen() == [{"id": made["id"], "connectorName": "Acme Inc.", "logo": logo}]
    await world.call("PATCH", f"/sso-connectors/{made['id']}", {"domains": []})
    assert await seen() == []


async def linked(world: World, connector_id: object, **more: str) -> dict[str, object]:
    """Make a user who has signed in through a connector."""
    user = await world.user(username="ada")
    now = world.clock.now()
    row = {
        "id": "identity-1", "user_id": user["id"], "sso_connector_id": connector_id, "issuer": ISSUER,
        "identity_id": "ada@acme", "detail": json.dumps({"id": "ada@acme", "department": "Engines"}),
        "created_at": now, "updated_at": now, **more,
    }  # fmt: skip
    async with world.server.ctx.db.write() as tx:
        await tx.run(sso_identities.PUT, **row)
    return {**user, "row": row}


async def test_who_a_user_is_at_the_company_is_shown_on_demand(world: World, provider: CompanyProvider) -> None:
    made = await acme(world)
    user = await linked(world, made["id"])
    path = f"/users/{user['id']}"
    expected = {
        "tenantId": "default", "id": "identity-1", "userId": user["id"], "issuer": ISSUER, "identityId": "ada@acme",
        "detail": {"id": "ada@acme", "department": "Engines"}, "createdAt": world.clock.now(),
        "updatedAt": world.clock.now(), "ssoConnectorId": made["id"],
    }  # fmt: skip
    assert "ssoIdentities" not in (await world.call("GET", path)).json()
    assert (await world.call("GET", f"{path}?includeSsoIdentities=1")).json()["ssoIdentities"] == [expected]
    one = await world.call("GET", f"{path}/sso-identities/{made['id']}?includeTokenSecret=1")
    assert one.json() == {"ssoIdentity": expected}
    everywhere = (await world.call("GET", f"{path}/all-identities")).json()
    assert everywhere["ssoIdentities"] == [{"ssoConnectorId": made["id"], "ssoIdentity": expected}]
    unknown = await world.refusal("GET", f"{path}/sso-identities/other")
    assert unknown == (404, "user.enterprise_sso_identity_not_exists")
    assert await world.refusal("GET", f"/users/nobody/sso-identities/{made['id']}") == (404, "entity.not_found")


@pytest.mark.parametrize("gone", ["user", "connector"])
async def test_an_identity_goes_with_the_user_and_with_the_connector(
    world: World, provider: CompanyProvider, gone: str
) -> None:
    made = await acme(world)
    user = await linked(world, made["id"])
    path = f"/users/{user['id']}" if gone == "user" else f"/sso-connectors/{made['id']}"
    assert (await world.call("DELETE", path)).status_code == 204
    async with world.server.ctx.db.read() as tx:
        assert await tx.all(Statement(select(user_sso_identities))) == []


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("ada@Example.COM", "example.com"),
        ("ada@example.com.", "example.com"),
        ("ada@bücher.example", "xn--bcher-kva.example"),
        ("ada@XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("ada@acme.example@evil.example", None),
        ("acme.example", None),
        ("ada@", None),
        (None, None),
    ],
)
def test_the_domain_of_an_address_has_one_form_or_none(email: str | None, domain: str | None) -> None:
    """B76."""
    assert email_domains.domain_of(email) == domain
