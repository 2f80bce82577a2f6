"""Social providers that sign nobody in: closed, deleted meanwhile, or not to be believed."""

import pytest

from tests.api.experience.test_socials import BACK, EMAIL, GOOGLE, asked, decide, set_up, upstream, users, world
from tests.connectors.social.upstream import Upstream
from tests.sso_provider import CONFIG, CompanyProvider
from tests.world import PASSWORD, World

pytestmark = pytest.mark.anyio

__all__ = ["upstream", "world"]


async def test_a_provider_that_is_not_among_those_to_sign_in_with_signs_nobody_in(
    world: World, upstream: Upstream
) -> None:
    """B75: nor does one that was taken out while somebody was there, or has been identified."""
    ana = await world.user(username="ana")
    await world.call("PUT", f"/users/{ana['id']}/identities/google", {"userId": "person-1"})
    provider, closed = await set_up(world, upstream), (422, "user.sign_in_method_not_enabled")
    body = {"state": "s", "redirectUri": BACK}
    await provider.program.start()
    await decide(world, socialSignInConnectorTargets=["github"])
    assert await provider.program.refused("POST", f"{provider.path}/authorization-uri", body) == closed
    await decide(world, socialSignInConnectorTargets=["google"])
    verification = await provider.verified()
    await decide(world, socialSignInConnectorTargets=[])
    status, error = await asked(provider, verification)
    assert (status, error["code"]) == closed
    await decide(world, socialSignInConnectorTargets=["google"])
    assert await asked(provider, verification) == (204, {})
    await decide(world, socialSignInConnectorTargets=[])
    assert await provider.program.refused("POST", "/submit") == closed


async def test_a_connector_that_was_deleted_meanwhile_signs_nobody_in(world: World, upstream: Upstream) -> None:
    """B75"""
    ana = await world.user(username="ana")
    await world.call("PUT", f"/users/{ana['id']}/identities/google", {"userId": "person-1"})
    provider, closed = await set_up(world, upstream), (422, "user.sign_in_method_not_enabled")
    verification = await provider.verified()

    async def replaced() -> None:
        """Another connector takes the place of the one that was asked."""
        await world.call("DELETE", f"/connectors/{provider.id}")
        again = await world.made("/connectors", connectorId=GOOGLE, config=provider.trial.config)
        await decide(world, socialSignInConnectorTargets=["google"])
        provider.id, provider.path = again["id"], f"/verification/social/{again['id']}"

    await replaced()
    status, error = await asked(provider, verification)
    assert (status, error["code"]) == closed
    assert await asked(provider, await provider.verified()) == (204, {})
    await replaced()
    assert await provider.program.refused("POST", "/submit") == closed
    assert len(await users(world)) == 1


async def test_nobody_registers_through_a_connector_that_was_deleted_meanwhile(
    world: World, upstream: Upstream
) -> None:
    """B75"""
    provider = await set_up(world, upstream)
    verification = await provider.verified("Register")
    await world.call("DELETE", f"/connectors/{provider.id}")
    await world.made("/connectors", connectorId=GOOGLE, config=provider.trial.config)
    await decide(world, socialSignInConnectorTargets=["google"])
    status, error = await asked(provider, verification)
    assert (status, error["code"]) == (422, "user.sign_in_method_not_enabled")
    assert await users(world) == []


async def test_nobody_is_signed_in_unlinked_by_beginning_at_a_provider_once_more(
    world: World, upstream: Upstream
) -> None:
    """What an account was found by is looked at again at the end, whatever took the place of the proof."""
    ana = await world.user(primaryEmail=EMAIL)
    provider = await set_up(world, upstream)
    assert await asked(provider, await provider.verified(), linkSocialIdentity=True) == (204, {})
    await provider.begin()
    await world.call("PATCH", f"/users/{ana['id']}", {"primaryEmail": "new@example.com"})
    assert (await provider.program.refused("POST", "/submit"))[0] in {400, 404}
    assert (await users(world))[0]["identities"] == {}


async def test_an_account_whose_company_signs_it_in_is_not_found_through_a_provider(
    world: World, upstream: Upstream
) -> None:
    """Whatever address the provider names, or none."""
    ana = await world.user(primaryEmail="ana@company.example")
    await world.call("PUT", f"/users/{ana['id']}/identities/google", {"userId": "person-1"})
    provider = await set_up(world, upstream)
    verification = await provider.verified()
    CompanyProvider(world, claims={}).serve()
    body = {"providerName": "OIDC", "connectorName": "Company", "config": CONFIG, "domains": ["company.example"]}
    await world.made("/sso-connectors", **body)
    await decide(world, singleSignOnEnabled=True)
    status, error = await asked(provider, verification)
    assert (status, error["code"]) == (422, "session.sso_enabled")


async def test_a_claim_at_the_top_vouches_for_no_address_elsewhere_in_a_profile(
    world: World, upstream: Upstream
) -> None:
    """Where an operator maps another member, only the claim beside it tells whether that one was verified."""
    ana = await world.user(primaryEmail=EMAIL, password=PASSWORD)
    provider = await set_up(world, upstream, "oauth2")
    claimed = {"user": {"uid": 9, "email": EMAIL}, "email": "eve@evil.example", "email_verified": True}
    status, error = await asked(
        provider, await provider.verified(changes={"userInfoEndpoint": claimed}), linkSocialIdentity=True
    )
    assert (status, error["code"], error["data"]) == (404, "user.identity_not_exist", {})
    mapping = {**provider.trial.config, "profileMap": {"id": "user.uid", "email": "nick"}}
    await world.call("PATCH", f"/connectors/{provider.id}", {"config": mapping})
    claimed = {"user": {"uid": 9}, "nick": EMAIL, "email": "eve@evil.example", "email_verified": True}
    status, error = await asked(
        provider, await provider.verified(changes={"userInfoEndpoint": claimed}), linkSocialIdentity=True
    )
    assert (status, error["code"], error["data"]) == (404, "user.identity_not_exist", {})
    assert [(one["id"], one["identities"]) for one in await users(world)] == [(ana["id"], {})]
