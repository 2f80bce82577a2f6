"""The access token that a company gave: of the identity that is asked for, and of no other."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from tests.api.experience.test_sso import Company, company
from tests.api.experience.test_sso_issuer import ENTRA, OTHER_TENANT, TENANT
from tests.api.my_account.test_access_tokens import MISSING, get, refused, token
from tests.connectors.social.nearby import world
from tests.sso_provider import CONFIG, ISSUER

__all__ = ["company", "world"]
pytestmark = pytest.mark.anyio
UNCLEAR = (400, "request.invalid_input")


@pytest.fixture
async def keeping(company: Company, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A company whose tokens are kept; each says in whose name it is."""
    given = company.provider.token

    async def answer(request: Request) -> Any:
        form = dict(parse_qsl((await request.body()).decode()))
        if form["grant_type"] == "refresh_token":
            assert request.headers["authorization"].startswith("Basic ")
            return JSONResponse({"access_token": f"renewed-by-{form['refresh_token']}", "token_type": "Bearer"})
        told = json.loads(bytes((await given(request)).body))
        subject = f"{company.provider.claims.get('tid', '')}{company.provider.claims['sub']}"
        return JSONResponse({**told, "access_token": f"of-{subject}", "refresh_token": f"r-{subject}"})

    monkeypatch.setattr(company.provider, "token", answer)
    company.provider.serve()
    switched = await company.world.call("PATCH", f"/sso-connectors/{company.id}", {"enableTokenStorage": True})
    assert switched.status_code == 200
    return company


async def signed_in(company: Company) -> str:
    """Sign in through the company as somebody who is known; returns the access token here."""
    await company.program.begin(prompt="login", scope="openid identities")
    await company.program.start()
    body = {"state": "state-1", "redirectUri": "http://id.localhost:3001/callback/acme"}
    begun = await company.program.good("POST", f"{company.path}/authorization-uri", body)
    company.provider.arrive(begun["authorizationUri"])
    verification = begun["verificationId"]
    await company.program.good("POST", f"{company.path}/verify", company.callback(verification))
    assert await company.identify(verification) == (204, "")
    return await token(company.program)


def path_of(connector_id: str, **named: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in named.items())
    return f"sso-identities/{connector_id}/access-token?{query}"


async def test_a_companys_token_is_given_and_renewed(keeping: Company) -> None:
    await keeping.arrive_new()
    bearer, path = await signed_in(keeping), path_of(keeping.id)
    assert (await get(keeping.world, bearer, path)).json()["access_token"] == "of-ada-at-acme"
    keeping.world.clock.advance(seconds=300)
    renewed = {"access_token": "renewed-by-r-ada-at-acme", "token_type": "Bearer"}
    assert (await get(keeping.world, bearer, path)).json() == renewed
    assert await refused(keeping.world, bearer, path_of("other")) == MISSING


async def test_of_two_connectors_to_one_issuer_each_gives_what_came_through_it(keeping: Company) -> None:
    """One identity, whichever way was taken: a token of the one client is never given for the other's."""
    world, first = keeping.world, keeping.id
    await keeping.arrive_new()
    bearer = await signed_in(keeping)
    body = {"providerName": "OIDC", "connectorName": "Acme 2", "config": CONFIG, "domains": ["acme.example"]}
    second = (await world.made("/sso-connectors", **body, enableTokenStorage=True))["id"]
    assert await refused(world, bearer, path_of(second)) == MISSING
    assert (await get(world, bearer, path_of(first))).status_code == 200
    keeping.id = second
    bearer = await signed_in(keeping)
    assert (await get(world, bearer, path_of(second))).json()["access_token"] == "of-ada-at-acme"
    assert await refused(world, bearer, path_of(first)) == MISSING
    [identity] = (await keeping.only_user())["ssoIdentities"]
    assert identity["ssoConnectorId"] == first


async def test_who_is_two_people_at_a_company_says_which_one_is_meant(keeping: Company) -> None:
    await keeping.world.user(username="ada", primaryEmail="ada@acme.example")
    await signed_in(keeping)
    keeping.provider.claims["sub"] = "ada-the-admin"
    bearer = await signed_in(keeping)
    assert len((await keeping.only_user())["ssoIdentities"]) == 2
    assert await refused(keeping.world, bearer, path_of(keeping.id)) == UNCLEAR
    assert await refused(keeping.world, bearer, path_of(keeping.id, issuer=ISSUER)) == UNCLEAR
    for subject in ("ada-at-acme", "ada-the-admin"):
        answer = await get(keeping.world, bearer, path_of(keeping.id, identityId=subject))
        assert answer.json()["access_token"] == f"of-{subject}"
    assert await refused(keeping.world, bearer, path_of(keeping.id, identityId="bob-at-acme")) == MISSING


async def test_of_many_tenants_the_token_is_the_tenants_that_is_asked_for(keeping: Company) -> None:
    config = {**CONFIG, "issuer": f"{ENTRA}/common/v2.0"}
    keeping.provider.metadata["issuer"] = f"{ENTRA}/{{tenantid}}/v2.0"
    body = {"providerName": "AzureAdOidc", "connectorName": "Entra", "config": config, "domains": ["acme.example"]}
    keeping.id = (await keeping.world.made("/sso-connectors", **body, enableTokenStorage=True))["id"]
    await keeping.world.user(username="ada", primaryEmail="ada@acme.example")
    issuers = {tenant: f"{ENTRA}/{tenant}/v2.0" for tenant in (TENANT, OTHER_TENANT)}
    for tenant, issuer in issuers.items():
        keeping.provider.claims |= {"iss": issuer, "tid": tenant, "xms_edov": True}
        bearer = await signed_in(keeping)
    assert await refused(keeping.world, bearer, path_of(keeping.id)) == UNCLEAR
    for tenant, issuer in issuers.items():
        answer = await get(keeping.world, bearer, path_of(keeping.id, issuer=issuer))
        assert answer.json()["access_token"] == f"of-{tenant}ada-at-acme"
    keeping.world.clock.advance(seconds=300)
    for tenant, issuer in issuers.items():
        answer = await get(keeping.world, bearer, path_of(keeping.id, issuer=issuer))
        assert answer.json()["access_token"] == f"renewed-by-r-{tenant}ada-at-acme"
