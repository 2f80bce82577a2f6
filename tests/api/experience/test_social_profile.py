"""A provider beside another way to register: `POST /profile` with `type: "social"`."""

import pytest

from tests.api.experience.test_socials import EMAIL, Provider, decide, set_up, upstream, users, world
from tests.connectors.social.payloads import claims
from tests.connectors.social.upstream import Json, Upstream
from tests.sso_provider import CONFIG, CompanyProvider
from tests.world import PASSWORD, World

pytestmark = pytest.mark.anyio
__all__ = ["upstream", "world"]


def social(verification: str) -> Json:
    """What adds who somebody is at a provider."""
    return {"type": "social", "verificationId": verification}


async def named(provider: Provider) -> None:
    """Choose a user name and a password to register with."""
    await provider.program.good("POST", "/profile", {"type": "username", "value": "ana"})
    await provider.program.good("POST", "/profile", {"type": "password", "value": PASSWORD})


async def test_who_registers_otherwise_is_known_by_the_provider_as_well(world: World, upstream: Upstream) -> None:
    provider = await set_up(world, upstream)
    verification = await provider.verified("Register")
    await named(provider)
    await provider.program.good("POST", "/profile", social(verification))
    gone = (404, "session.verification_session_not_found")
    assert await provider.program.refused("POST", "/profile", social(verification)) == gone
    await provider.program.identify(None)
    assert await provider.program.code_for_tokens()
    [user] = await users(world)
    assert (user["username"], user["primaryEmail"], user["name"]) == ("ana", EMAIL, "Ana")
    assert user["identities"]["google"]["userId"] == "person-1"
    await provider.program.begin(prompt="login")
    await provider.program.identify(await provider.verified())
    assert await provider.program.code_for_tokens()


async def test_an_identity_of_somebody_else_is_refused(world: World, upstream: Upstream) -> None:
    """B71: also where it was taken after it was added."""
    provider = await set_up(world, upstream)
    bob = await world.user(username="bob")
    path, taken = f"/users/{bob['id']}/identities/google", (422, "user.identity_already_in_use")
    verification = await provider.verified("Register")
    await named(provider)
    assert (await world.call("PUT", path, {"userId": "person-1"})).status_code == 201
    assert await provider.program.refused("POST", "/profile", social(verification)) == taken
    assert (await world.call("DELETE", path)).status_code == 200
    await provider.program.good("POST", "/profile", social(verification))
    assert (await world.call("PUT", path, {"userId": "person-1"})).status_code == 201
    assert await provider.program.refused("POST", "/identification", {}) == taken
    assert [user["username"] for user in await users(world)] == ["bob"]


async def test_an_address_that_somebody_has_or_that_nobody_vouches_for_does_not_come_along(
    world: World, upstream: Upstream
) -> None:
    """B69."""
    owner = await world.user(primaryEmail=EMAIL)
    provider = await set_up(world, upstream)
    for changes in ({}, {"userInfoEndpoint": claims(email="free@example.com", email_verified=False)}):
        await provider.program.begin(prompt="login")
        verification = await provider.verified("Register", changes)
        await named(provider)
        await provider.program.good("POST", "/profile", social(verification))
    await provider.program.identify(None)
    [new] = [user for user in await users(world) if user["id"] != owner["id"]]
    assert (new["username"], new["primaryEmail"]) == ("ana", None)


async def test_only_who_registers_adds_a_provider(world: World, upstream: Upstream) -> None:
    provider = await set_up(world, upstream)
    verification = await provider.verified()
    assert await provider.program.refused("POST", "/profile", social(verification)) == (403, "auth.forbidden")
    await world.user(username="bob", password=PASSWORD)
    await provider.program.identify(await provider.program.password(value="bob"))
    assert await provider.program.refused("POST", "/profile", social(verification)) == (403, "auth.forbidden")


async def test_what_is_no_verified_and_open_provider_is_refused(world: World, upstream: Upstream) -> None:
    """B56, B75."""
    provider = await set_up(world, upstream)
    await provider.program.start("Register")
    begun = await provider.begin()
    refused = provider.program.refused
    assert (await refused("POST", "/profile", social(begun)))[0] == 400
    assert await refused("POST", "/profile", social("nobody")) == (404, "session.verification_session_not_found")
    verification = await provider.verified("Register")
    await decide(world, socialSignInConnectorTargets=[])
    closed = (422, "user.sign_in_method_not_enabled")
    assert await refused("POST", "/profile", social(verification)) == closed
    await decide(world, socialSignInConnectorTargets=["google"])
    await named(provider)
    await provider.program.good("POST", "/profile", social(verification))
    await decide(world, socialSignInConnectorTargets=[])
    assert await refused("POST", "/identification", {}) == closed
    assert await users(world) == []


async def test_an_address_of_a_company_opens_no_way_beside_the_companys_own(world: World, upstream: Upstream) -> None:
    provider = await set_up(world, upstream)
    verification = await provider.verified("Register")
    await named(provider)
    CompanyProvider(world).serve()
    body = {"providerName": "OIDC", "connectorName": "Acme", "config": CONFIG, "domains": ["example.com"]}
    await world.made("/sso-connectors", **body)
    await decide(world, singleSignOnEnabled=True)
    assert await provider.program.refused("POST", "/profile", social(verification)) == (422, "session.sso_enabled")
