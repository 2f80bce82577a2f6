"""Callbacks that say from which provider they are (RFC 9207), and proofs that stay until the sign-in ends."""

from typing import Any

import pytest

from tests.api.experience.test_sso import Company, company
from tests.sso_provider import CONFIG, ISSUER

__all__ = ["company"]

pytestmark = pytest.mark.anyio
SAID = {"authorization_response_iss_parameter_supported": True}
FAILED = (401, "connector.authorization_failed")
TENANT = "8a1f0c5e-0000-4000-8000-00000000000a"
OTHER_TENANT = "8a1f0c5e-0000-4000-8000-00000000000b"
ENTRA = "https://login.microsoftonline.example"


async def verified(company: Company, **data: str) -> tuple[int, str]:
    """Go to the company and come back with more; returns the status and the code of a refusal."""
    verification, _ = await company.leave()
    answer = await company.program.call("POST", f"{company.path}/verify", company.callback(verification, **data))
    return answer.status_code, answer.json().get("code", "")


async def test_a_callback_without_issuer_is_refused_where_the_provider_signs_every_one(company: Company) -> None:
    """RFC 9207 section 2.4: a code that another provider gave must not be redeemed here."""
    assert await verified(company) == (200, "")
    company.provider.metadata |= SAID
    assert await verified(company) == FAILED
    assert await verified(company, iss="") == FAILED
    assert company.provider.asked.count("token c-1") == 1, "the code went nowhere"
    assert await verified(company, iss=ISSUER) == (200, "")


@pytest.mark.parametrize("said", [{}, SAID])
async def test_a_callback_of_another_issuer_is_refused(company: Company, said: dict[str, Any]) -> None:
    company.provider.metadata |= said
    for wrong in ("https://login.rival.example", f"{ISSUER}/", ISSUER.upper()):
        assert await verified(company, iss=wrong) == FAILED
    assert "token c-1" not in company.provider.asked


@pytest.fixture
async def tenants(company: Company) -> Company:
    """The company keeps its people at a provider of many tenants, which names none in its description."""
    config = {**CONFIG, "issuer": f"{ENTRA}/{TENANT}/v2.0"}
    company.provider.metadata |= {"issuer": f"{ENTRA}/{{tenantid}}/v2.0"} | SAID
    body = {"providerName": "AzureAdOidc", "connectorName": "Entra", "config": config, "domains": ["acme.example"]}
    company.id = (await company.world.made("/sso-connectors", **body))["id"]
    company.provider.claims |= {"iss": f"{ENTRA}/{TENANT}/v2.0", "tid": TENANT}
    return company


async def test_a_tenant_names_itself_where_the_description_has_a_placeholder(tenants: Company) -> None:
    for named in (f"{ENTRA}/{TENANT}/v2.0", f"{ENTRA}/{{tenantid}}/v2.0"):
        assert await verified(tenants, iss=named) == (200, "")
    wrong = ["https://login.rival.example", f"{ENTRA}/x/v2.0", f"{ENTRA}//v2.0", f"{ENTRA}/v2.0", f"{ENTRA}/{TENANT}"]
    for named in wrong:
        assert await verified(tenants, iss=named) == FAILED, named
    assert await verified(tenants) == FAILED


async def test_a_tenant_signs_for_no_other(tenants: Company) -> None:
    refused = (401, "connector.social_invalid_id_token")
    assert await verified(tenants, iss=f"{ENTRA}/{OTHER_TENANT}/v2.0") == refused


async def test_the_proof_of_who_it_is_stays_when_another_is_begun(company: Company) -> None:
    """A second way to the company, pressed by mistake or by a script, takes nothing from the first."""
    user = await company.arrive_new()
    verification = await company.prove()
    assert await company.identify(verification) == (204, "")
    for _ in range(2):
        body = {"state": "state-2", "redirectUri": "https://app.example/back"}
        await company.program.good("POST", f"{company.path}/authorization-uri", body)
    await company.program.finish()
    assert (await company.only_user())["id"] == user["id"]


async def test_a_later_proof_that_identified_nobody_settles_nothing(company: Company) -> None:
    """What is written down at the end is what identified, not what came after it."""
    user = await company.world.user(username="ada", primaryEmail="ada@acme.example")
    assert await company.identify(await company.prove()) == (204, "")
    company.provider.claims |= {"sub": "mallory-at-acme", "email": "mallory@acme.example"}
    body = {"state": "state-1", "redirectUri": "https://app.example/back"}
    begun = await company.program.good("POST", f"{company.path}/authorization-uri", body)
    company.provider.arrive(begun["authorizationUri"])
    later = company.callback(begun["verificationId"])
    await company.program.good("POST", f"{company.path}/verify", later)
    assert (await company.identify(begun["verificationId"]))[0] == 404
    await company.program.finish()
    held = await company.only_user()
    assert (held["id"], [one["identityId"] for one in held["ssoIdentities"]]) == (user["id"], ["ada-at-acme"])
