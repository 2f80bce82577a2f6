"""Giving an address that becomes a second factor, at sign-in, on pages that need no script."""

import pytest

from tests.pages.test_codes import ADDRESS, NUMBER, decide, wrong
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.sso_provider import CONFIG, CompanyProvider
from tests.world import PASSWORD, World

pytestmark = pytest.mark.anyio
FACTORS = ["EmailVerificationCode", "PhoneVerificationCode"]


async def test_an_address_is_given_proven_and_asked_for_from_then_on(world: World, ada: Visitor) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    await decide(world, mfa={"factors": FACTORS, "policy": "Mandatory"})
    app = await application(world)
    await ada.begin(app)
    await ada.sign_in("ada")
    assert ada.heading == t("binding.title")
    assert ada.reads("binding.email_new_what")
    assert ada.reads("binding.phone_new_what")
    await ada.open(f"/mfa-binding?app_id={app.id}&factor=phone")
    assert ada.reads("binding.phone_new_lead")
    await ada.submit(identifier=ADDRESS)
    assert (ada.answer.status_code, 'id="identifier-fault"' in ada.answer.text) == (422, True)
    await ada.submit(identifier="+33 6 12 34 56 78")
    assert ada.heading == t("code.title_phone")
    assert f'href="/mfa-binding?app_id={app.id}&amp;factor=phone"' in ada.answer.text
    await ada.submit(code=wrong(world.code_for(NUMBER)))
    assert ada.reads("fault.sent_code")
    await ada.submit(code=world.code_for(NUMBER))
    assert ada.address.startswith(CALLBACK)
    assert (await world.call("GET", f"/users/{user['id']}")).json()["primaryPhone"] == NUMBER
    again = visitor(world)
    await again.begin(app)
    world.clock.advance(seconds=60)
    await again.sign_in("ada")
    assert again.heading == t("factor.title")


async def test_it_can_be_put_off_where_it_is_not_insisted_on(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await decide(world, mfa={"factors": FACTORS, "policy": "UserControlled"})
    await ada.begin(await application(world))
    await ada.sign_in("ada")
    assert ada.reads("binding.later")
    await ada.submit(0, factor="none")
    assert ada.address.startswith(CALLBACK)


async def test_an_address_that_is_taken_or_cannot_be_reached_is_told(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    other = await world.user(primaryEmail=ADDRESS)
    await decide(world, mfa={"factors": FACTORS[:1], "policy": "Mandatory"})
    app = await application(world)
    await ada.begin(app)
    await ada.sign_in("ada")
    await ada.open(f"/mfa-binding?app_id={app.id}&factor=email")
    await ada.submit(identifier=ADDRESS)
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.heading == t("verdict.taken_title")
    assert not ada.reads("verdict.taken_go")
    await ada.open(f"/mfa-binding?app_id={app.id}&factor=email")
    for connector in (await world.call("GET", "/connectors")).json():
        await world.call("DELETE", f"/connectors/{connector['id']}")
    await ada.submit(identifier="lovelace@example.com")
    assert ada.heading == t("binding.none_title"), "no other factor is to be had here"
    assert (await world.call("GET", f"/users/{other['id']}")).json()["lastSignInAt"] is None


async def test_after_a_missing_address_nothing_more_is_asked(world: World, ada: Visitor) -> None:
    """One proof is both, where the policy insists on codes."""
    await world.user(username="ada", password=PASSWORD)
    sign_up = {"identifiers": ["email"], "password": True, "verify": True}
    await decide(world, signUp=sign_up, mfa={"factors": FACTORS[:1], "policy": "Mandatory"})
    await ada.begin(await application(world))
    await ada.sign_in("ada")
    assert ada.heading == t("more.title")
    await ada.submit(identifier=ADDRESS)
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.address.startswith(CALLBACK)


async def test_an_address_of_a_company_is_told_at_its_field(world: World, ada: Visitor) -> None:
    """Nobody is led away from the sign-in that is under way, neither for a factor nor for what is missing."""
    await world.user(username="ada", password=PASSWORD)
    body = {"providerName": "OIDC", "connectorName": "Acme", "config": CONFIG, "domains": ["acme.example"]}
    CompanyProvider(world, claims={}).serve()
    await world.made("/sso-connectors", **body)
    await decide(world, singleSignOnEnabled=True, mfa={"factors": FACTORS[:1], "policy": "Mandatory"})
    app = await application(world)
    await ada.begin(app)
    await ada.sign_in("ada")
    await ada.open(f"/mfa-binding?app_id={app.id}&factor=email")
    await ada.submit(identifier="ada@acme.example")
    assert (ada.answer.status_code, ada.reads("fault.company_address")) == (422, True)
    assert 'id="identifier-fault"' in ada.answer.text
    await decide(world, signUp={"identifiers": ["email"], "password": True, "verify": True})
    await ada.open(f"/continue?app_id={app.id}")
    await ada.submit(identifier="ada@acme.example")
    assert (ada.answer.status_code, ada.reads("fault.company_address")) == (422, True)
    assert 'id="identifier-fault"' in ada.answer.text


async def test_another_address_is_asked_for_where_one_is_taken_while_the_person_goes_on(
    world: World, ada: Visitor
) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    await decide(world, mfa={"factors": FACTORS[:1], "policy": "Mandatory"}, passkeySignIn={"enabled": True})
    await ada.begin(await application(world))
    await ada.sign_in("ada")
    for address in (ADDRESS, "lovelace@example.com"):
        assert ada.reads("binding.email_new_what")
        await ada.open(f"{ada.address}&factor=email")
        await ada.submit(identifier=address)
        await ada.submit(code=world.code_for(address))
        if address == ADDRESS:
            assert "factor=passkey" in ada.address, "one is offered before the end"
            await world.user(primaryEmail=address)
            await ada.submit(1, factor="no-passkey")
    assert ada.address.startswith(CALLBACK)
    assert (await world.call("GET", f"/users/{user['id']}")).json()["primaryEmail"] == "lovelace@example.com"
