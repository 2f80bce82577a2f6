"""Addresses that become a second factor at sign-in, of an account that has none (A21, B40, B53)."""

import asyncio
from typing import Any

import pytest

from tests.api.experience.headless import Headless
from tests.api.experience.test_claims import ADDRESS, decide
from tests.api.experience.test_completing import NUMBER, elsewhere
from tests.api.experience.test_enrolment import MISSING, NEEDED, choices_of, policy
from tests.authenticator import code_at, give_totp
from tests.world import JSON, PASSWORD, World

pytestmark = pytest.mark.anyio
OFF = (400, "session.mfa.mfa_factor_not_enabled")
MAIL, TEXT = "EmailVerificationCode", "PhoneVerificationCode"


@pytest.fixture
async def ada(world: World) -> JSON:
    """Ada, who has a user name and a password."""
    return await world.user(username="ada", password=PASSWORD)


def asked_for(kind: str) -> JSON:
    """What has a code sent to a new address."""
    value = ADDRESS if kind == "email" else NUMBER
    return {"identifier": {"type": kind, "value": value}, "interactionEvent": "SignIn"}


async def bind(program: Headless, kind: str = "email") -> None:
    """Prove a new address, and make it a factor."""
    value, factor = (ADDRESS, MAIL) if kind == "email" else (NUMBER, TEXT)
    record = await program.verified_code(value, "SignIn", kind)
    await program.good("POST", "/profile/mfa", {"type": factor, "verificationId": record})


async def held(world: World, user: JSON) -> Any:
    return (await world.call("GET", f"/users/{user['id']}")).json()


@pytest.mark.parametrize("kind", ["email", "phone"])
@pytest.mark.parametrize("name", ["Mandatory", "UserControlled"])
async def test_a_new_address_becomes_a_factor(world: World, program: Headless, ada: JSON, name: str, kind: str) -> None:
    """It is proven first, written at the end, and asked for at the next sign-in."""
    factor, column = (MAIL, "primaryEmail") if kind == "email" else (TEXT, "primaryPhone")
    await policy(world, name, factor)
    await program.identified()
    answer = await program.call("POST", "/submit")
    assert (answer.status_code, answer.json()["code"]) == MISSING
    assert answer.json()["data"] == {"availableFactors": [factor], "skippable": name != "Mandatory"}
    await bind(program, kind)
    assert (await held(world, ada))[column] is None
    assert await program.code_for_tokens()
    assert (await held(world, ada))[column] == (ADDRESS if kind == "email" else NUMBER)
    assert (await choices_of(world, ada))["enabled"] is True
    other = await elsewhere(program)
    await other.identified()
    answer = await other.call("POST", "/submit")
    assert (answer.status_code, answer.json()["data"]["availableFactors"]) == (403, [factor])


async def test_no_address_stands_in_for_the_factor_that_there_is(world: World, program: Headless, ada: JSON) -> None:
    """A21: whoever has the password alone brings no mailbox of their own."""
    await policy(world, "Mandatory", "Totp", MAIL)
    await give_totp(world, ada)
    await program.identified()
    assert await program.refused("POST", "/verification/verification-code", asked_for("email")) == NEEDED
    method = {"identifier": "email", "password": False, "verificationCode": True, "isPasswordPrimary": False}
    name = {"identifier": "username", "password": True, "verificationCode": False, "isPasswordPrimary": True}
    await decide(world, signIn={"methods": [name, method]})
    record = await program.verified_code(ADDRESS, "SignIn")
    body = {"type": MAIL, "verificationId": record}
    assert await program.refused("POST", "/profile/mfa", body) == NEEDED
    assert await program.refused("POST", "/submit") == NEEDED
    await program.good("POST", "/verification/totp/verify", {"code": code_at(world.clock.now())})
    await program.good("POST", "/profile/mfa", body)
    assert await program.code_for_tokens()


async def test_an_address_that_is_there_is_not_replaced(world: World, program: Headless) -> None:
    """B40."""
    user = await world.user(username="ada", primaryEmail="first@example.com", password=PASSWORD)
    await policy(world, "UserControlled", MAIL)
    await program.identified()
    refused = (422, "user.sign_in_method_not_enabled")
    assert await program.refused("POST", "/verification/verification-code", asked_for("email")) == refused
    method = {"identifier": "email", "password": True, "verificationCode": True, "isPasswordPrimary": True}
    name = {"identifier": "username", "password": True, "verificationCode": False, "isPasswordPrimary": True}
    await decide(world, signIn={"methods": [name, method]})
    record = await program.verified_code(ADDRESS, "SignIn")
    assert await program.refused("POST", "/profile/mfa", {"type": MAIL, "verificationId": record}) == OFF
    assert (await held(world, user))["primaryEmail"] == "first@example.com"


async def test_an_address_of_somebody_else_becomes_nobodys_factor(world: World, program: Headless, ada: JSON) -> None:
    await world.user(primaryEmail=ADDRESS)
    await policy(world, "Mandatory", MAIL)
    await program.identified()
    record = await program.verified_code(ADDRESS, "SignIn")
    body = {"type": MAIL, "verificationId": record}
    assert await program.refused("POST", "/profile/mfa", body) == (422, "user.email_already_in_use")
    assert await program.refused("POST", "/submit") == MISSING


async def test_a_record_of_another_kind_or_unproven_binds_nothing(world: World, program: Headless, ada: JSON) -> None:
    await policy(world, "Mandatory", MAIL, TEXT)
    await program.identified()
    sent = await program.send_code(ADDRESS, "SignIn")
    failed = (400, "session.verification_failed")
    assert await program.refused("POST", "/profile/mfa", {"type": MAIL, "verificationId": sent}) == failed
    number = await program.verified_code(NUMBER, "SignIn", "phone")
    assert await program.refused("POST", "/profile/mfa", {"type": MAIL, "verificationId": number}) == failed
    assert await program.refused("POST", "/submit") == MISSING


async def test_an_address_is_no_factor_where_the_settings_have_none(world: World, program: Headless, ada: JSON) -> None:
    await policy(world, "UserControlled", "Totp")
    await program.identified()
    refused = (422, "user.sign_in_method_not_enabled")
    assert await program.refused("POST", "/verification/verification-code", asked_for("email")) == refused


async def test_an_address_that_cannot_be_reached_is_not_offered(world: World, program: Headless, ada: JSON) -> None:
    await policy(world, "UserControlled", MAIL)
    for connector in (await world.call("GET", "/connectors")).json():
        if connector["type"] == "Email":
            await world.call("DELETE", f"/connectors/{connector['id']}")
    await program.identified()
    assert await program.code_for_tokens()


async def test_other_sessions_end_with_the_new_factor(world: World, program: Headless, ada: JSON) -> None:
    """B40."""
    other = await elsewhere(program)
    await other.identified()
    assert await other.code_for_tokens()
    await policy(world, "Mandatory", MAIL)
    await program.identified()
    await bind(program)
    assert await program.code_for_tokens()
    assert len((await world.call("GET", f"/users/{ada['id']}/sessions")).json()["sessions"]) == 1


async def test_an_address_that_is_taken_meanwhile_is_forgotten(world: World, program: Headless, ada: JSON) -> None:
    await policy(world, "Mandatory", MAIL)
    await program.identified()
    await bind(program)
    await world.user(primaryEmail=ADDRESS)
    assert await program.refused("POST", "/submit") == (422, "user.email_already_in_use")
    answer = await program.call("POST", "/submit")
    assert (answer.status_code, answer.json()["code"]) == MISSING
    assert answer.json()["data"]["availableFactors"] == [MAIL], "another one can be given"


async def test_whoever_registers_by_a_name_gives_an_address_as_the_factor(world: World, program: Headless) -> None:
    await policy(world, "Mandatory", MAIL)
    await program.start("Register")
    body = {"identifier": {"type": "username", "value": "grace"}, "password": PASSWORD}
    await program.identify((await program.good("POST", "/verification/new-password-identity", body))["verificationId"])
    assert await program.refused("POST", "/submit") == MISSING
    record = await program.verified_code(ADDRESS, "Register")
    await program.good("POST", "/profile/mfa", {"type": MAIL, "verificationId": record})
    assert await program.code_for_tokens()
    (user,) = (await world.call("GET", "/users")).json()
    assert (user["username"], user["primaryEmail"]) == ("grace", ADDRESS)


async def test_two_at_once_do_not_both_get_the_address(world: World, program: Headless, ada: JSON) -> None:
    """Both have proven the mailbox; whoever comes second is told, and asked for another."""
    await world.user(username="eve", password=PASSWORD)
    await policy(world, "Mandatory", MAIL)
    other = await elsewhere(program)
    await program.identified()
    await other.identified(value="eve")
    await bind(program)
    world.clock.advance(seconds=60)
    await bind(other)
    answers = await asyncio.gather(*(one.call("POST", "/submit") for one in (program, other)))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    holders = [one for one in (await world.call("GET", "/users")).json() if one["primaryEmail"] == ADDRESS]
    assert len(holders) == 1


async def test_what_was_bound_is_not_carried_over_to_another_event(world: World, program: Headless, ada: JSON) -> None:
    """Nor does a sign-in that is begun anew write what the one before had proven."""
    await policy(world, "Mandatory", MAIL)
    await program.identified()
    await bind(program)
    await program.start()
    await program.identify(await program.password())
    assert await program.refused("POST", "/submit") == MISSING
    assert (await held(world, ada))["primaryEmail"] is None


async def test_with_the_address_goes_what_was_to_make_it_a_factor(world: World, program: Headless, ada: JSON) -> None:
    """Nothing that was to be written is left where the event changes, so that it can be given again."""
    await policy(world, "Mandatory", MAIL)
    await program.identified()
    await bind(program)
    for event in ("Register", "SignIn"):
        await program.good("PUT", "/interaction-event", {"interactionEvent": event})
    answer = await program.call("POST", "/submit")
    assert (answer.status_code, answer.json()["code"]) == MISSING
    assert answer.json()["data"]["availableFactors"] == [MAIL]
