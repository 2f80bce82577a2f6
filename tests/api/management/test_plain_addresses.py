"""Providers without TLS: whoever is on the way could read codes and secrets, and say who somebody is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.saml_provider import ENTITY, metadata, pair, pem
from tests.sso_provider import CONFIG, CompanyProvider
from tests.world import World, worlds

pytestmark = pytest.mark.anyio
PUBLIC, LISTED, SECURE = "http://9.9.9.9", "http://127.0.0.1:9", "https://id.example"
REFUSED = (400, "connector.invalid_config")
BACK = "https://app.example/back"
CLIENT = {"clientId": "client", "clientSecret": "secret", "scope": "openid"}
Json = dict[str, Any]


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A server whose operator lists loopback."""
    async with worlds(database_url, tmp_path, VESTIBULE_ALLOW_PRIVATE="127.0.0.0/8") as made:
        yield made


def oidc(**places: str) -> Json:
    """The configuration of an OpenID provider, every address with TLS but for these."""
    keys = {key: f"{SECURE}/{key}" for key in ("authorizationEndpoint", "tokenEndpoint", "jwksUri")} | places
    return {**CLIENT, **keys, "idTokenVerificationConfig": {"jwksUri": keys.pop("jwksUri"), "issuer": SECURE}}


def body(config: Json, factory: str = "oidc") -> Json:
    """What sets a connector up."""
    more = {"metadata": {"target": "acme"}} if factory == "oidc" else {}
    return {"connectorId": factory, "config": config, **more}


@pytest.mark.parametrize("key", ["authorizationEndpoint", "tokenEndpoint", "jwksUri"])
async def test_a_social_provider_is_set_up_without_tls_in_listed_networks_alone(world: World, key: str) -> None:
    assert await world.refusal("POST", "/connectors", body(oidc(**{key: PUBLIC}))) == REFUSED
    made = await world.made("/connectors", **body(oidc(**{key: LISTED})))
    assert await world.refusal("PATCH", f"/connectors/{made['id']}", {"config": oidc(**{key: PUBLIC})}) == REFUSED


async def test_an_address_that_is_made_of_the_configuration_counts_too(world: World) -> None:
    config = {"clientId": "client", "clientSecret": "secret", "cloudInstance": PUBLIC, "tenantId": "common"}
    assert await world.refusal("POST", "/connectors", body(config, "azuread-universal")) == REFUSED
    await world.made("/connectors", **body({**config, "cloudInstance": SECURE}, "azuread-universal"))


async def test_a_connector_from_before_leads_nobody_there(world: World) -> None:
    """The setting was taken back since: neither the browser nor the server goes there in plain text."""
    made = await world.made("/connectors", **body(oidc(authorizationEndpoint=LISTED)))
    user, asked = await world.user(username="ada"), {"state": "s", "redirectUri": BACK, "stateless": True}
    path = f"/connectors/{made['id']}/authorization-uri"
    assert (await world.call("POST", path, {**asked, "userId": user["id"]})).status_code == 200
    world.server.ctx.outgoing._allowed = ()
    assert await world.refusal("POST", path, {**asked, "userId": user["id"]}) == REFUSED


async def test_a_company_is_asked_and_shown_with_tls_alone(world: World) -> None:
    provider = CompanyProvider(world)
    provider.serve()
    sso: Json = {"providerName": "OIDC", "connectorName": "Acme", "domains": ["acme.example"], "config": CONFIG}
    assert await world.refusal("POST", "/sso-connectors", sso | {"config": {**CONFIG, "issuer": PUBLIC}}) == REFUSED
    assert provider.asked == []
    for key in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        for place in (PUBLIC, "javascript:alert(document.domain)", "http://10.0.0.1/"):
            provider.metadata = {key: place}
            assert await world.refusal("POST", "/sso-connectors", sso) == REFUSED, (key, place)
        provider.metadata = {key: LISTED}
        made = await world.made("/sso-connectors", **sso)
        assert (await world.call("DELETE", f"/sso-connectors/{made['id']}")).status_code == 204


async def test_a_company_that_speaks_saml_is_asked_and_shown_with_tls_alone(world: World) -> None:
    by_hand = {"entityId": ENTITY, "signInEndpoint": PUBLIC, "x509Certificate": pem(pair("idp")[1])}
    told = metadata().replace("https://idp.acme.example/sso", PUBLIC)
    for config, code in (
        (by_hand, "connector.invalid_metadata"),
        ({"metadata": told}, "connector.invalid_metadata"),
        ({"metadataUrl": f"{PUBLIC}/metadata"}, "connector.invalid_config"),
    ):
        sso: Json = {"providerName": "SAML", "connectorName": "Acme", "domains": ["acme.example"], "config": config}
        assert await world.refusal("POST", "/sso-connectors", sso) == (400, code), config
    await world.made("/sso-connectors", **{**sso, "config": {**by_hand, "signInEndpoint": LISTED}})
