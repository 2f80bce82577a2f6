"""What an address from Microsoft or Google is worth: anybody can have a tenant, or an account by any address."""

from typing import Any

import pytest

from tests.api.experience.test_sso import ADDRESS, Company, company
from tests.sso_provider import CONFIG

__all__ = ["company"]

pytestmark = pytest.mark.anyio
TENANT = "8a1f0c5e-0000-4000-8000-00000000000a"
LOGIN = "https://login.microsoftonline.example"
ONE, MANY = f"{LOGIN}/{TENANT}/v2.0", f"{LOGIN}/{{tenantid}}/v2.0"
LINKED, NOBODY = (204, ""), (404, "user.sso_identity_not_exist")


async def entra(company: Company, named: str = ONE, **more: Any) -> Company:
    """Let the company keep its people at Microsoft, which describes itself by this issuer and vouches for nothing."""
    company.provider.metadata |= {"issuer": named}
    config = {**CONFIG, "issuer": ONE, **more}
    body = {"providerName": "AzureAdOidc", "connectorName": "Entra", "config": config, "domains": ["acme.example"]}
    company.id = (await company.world.made("/sso-connectors", **body))["id"]
    company.provider.claims |= {"iss": ONE, "tid": TENANT}
    del company.provider.claims["email_verified"]
    await company.world.user(username="ada", primaryEmail="ada@acme.example")
    return company


async def come(company: Company, **claims: Any) -> tuple[int, str]:
    """Sign in with these claims; returns whether somebody is recognised."""
    kept = dict(company.provider.claims)
    company.provider.claims |= claims
    answer = await company.identify(await company.prove())
    company.provider.claims = kept
    return answer


async def test_an_address_of_which_microsoft_says_nothing_finds_nobody(company: Company) -> None:
    """B69."""
    assert await come(await entra(company)) == NOBODY


async def test_an_operator_may_believe_one_tenant_and_never_many(company: Company) -> None:
    """Whoever makes a tenant says there whatever address they like."""
    assert await come(await entra(company, MANY, trustUnverifiedEmail=True)) == NOBODY
    company.provider.metadata |= {"issuer": ONE}
    assert await come(company) == LINKED


@pytest.mark.parametrize("named", [ONE, MANY])
@pytest.mark.parametrize("said", [True, "1", 1, "true"])
async def test_an_address_whose_domain_is_the_tenants_own_is_proven(company: Company, named: str, said: object) -> None:
    assert await come(await entra(company, named), xms_edov=said) == LINKED


@pytest.mark.parametrize("said", [False, "0", 0, "false", "yes", None, [True]])
async def test_an_address_whose_domain_is_not_the_tenants_own_is_not_believed(company: Company, said: object) -> None:
    """Nor where the operator believes what is not said: this is a no."""
    assert await come(await entra(company, trustUnverifiedEmail=True), xms_edov=said) == NOBODY


async def test_both_claims_have_to_be_a_yes_and_be_about_the_address(company: Company) -> None:
    await entra(company)
    for claims in ({"email_verified": False}, {"email_verified": "false"}):
        assert await come(company, xms_edov=True, **claims) == NOBODY
    company.provider.userinfo = {"sub": "ada-at-acme", "email": ADDRESS}
    assert await come(company, xms_edov=True, email=None) == NOBODY
    assert await come(company, xms_edov=True, email="eve@acme.example") == NOBODY
    assert await come(company, xms_edov=True) == LINKED


async def test_no_other_provider_says_so(company: Company) -> None:
    """The claim is Microsoft's: elsewhere it can mean anything."""
    await company.world.user(username="ada", primaryEmail="ada@acme.example")
    del company.provider.claims["email_verified"]
    assert await come(company, xms_edov=True) == NOBODY


@pytest.mark.parametrize(("hosted", "answer"), [("acme.example", LINKED), (None, NOBODY), ("", NOBODY), (5, NOBODY)])
@pytest.mark.parametrize("trusts", [True, False])
async def test_a_private_google_account_does_not_speak_for_a_companys_address(
    company: Company, trusts: bool, hosted: object, answer: tuple[int, str]
) -> None:
    """Google verified the address when that account was made; whose it is now, only the company knows."""
    company.provider.issuer = "https://accounts.google.com"
    config = {"clientId": "vestibule", "clientSecret": "s", "trustUnverifiedEmail": trusts}
    body = {"providerName": "GoogleWorkspace", "connectorName": "G", "config": config, "domains": ["acme.example"]}
    company.id = (await company.world.made("/sso-connectors", **body))["id"]
    await company.world.user(username="ada", primaryEmail="ada@acme.example")
    assert await come(company, hd=hosted) == answer
    company.provider.userinfo = {"sub": "ada-at-acme", "email": ADDRESS, "email_verified": True}
    assert await come(company, hd=hosted, email=None) == NOBODY
    if hosted:
        company.provider.userinfo["hd"] = hosted
        assert await come(company, hd=hosted, email=None) == answer
