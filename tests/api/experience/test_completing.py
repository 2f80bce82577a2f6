"""What an account lacks of what people register with is asked for when it signs in, over the Experience API."""

from typing import Any

import pytest

from tests.api.experience.headless import Headless
from tests.api.experience.test_claims import ADDRESS, decide, sign_up
from tests.api.experience.test_enrolment import NEEDED, policy
from tests.authenticator import code_at, give_totp
from tests.world import JSON, PASSWORD, World

pytestmark = pytest.mark.anyio
MISSING = (422, "user.missing_profile")
FORBIDDEN = (403, "auth.forbidden")
NUMBER = "33612345678"


@pytest.fixture
async def ada(world: World) -> JSON:
    """Ada, who has a user name and a password, where people register with an e-mail address."""
    await decide(world, signUp=sign_up(verify=True))
    return await world.user(username="ada", password=PASSWORD)


async def missing(program: Headless) -> Any:
    """Submit; returns what is missing."""
    answer = await program.call("POST", "/submit")
    assert (answer.status_code, answer.json()["code"]) == MISSING
    return answer.json()["data"]["missingProfile"]


async def elsewhere(program: Headless) -> Headless:
    """A second browser at the same application."""
    other = Headless(program.world, program.app)
    await other.begin()
    return other


async def test_a_missing_address_is_asked_for_proven_and_kept(world: World, program: Headless, ada: JSON) -> None:
    await program.identified()
    assert await missing(program) == ["email"]
    sent = await program.send_code(ADDRESS, "SignIn")
    assert await program.refused("POST", "/profile", {"type": "email", "verificationId": sent}) == (
        400, "session.verification_failed",
    )  # fmt: skip
    world.clock.advance(seconds=60)
    given = {"type": "email", "verificationId": await program.verified_code(ADDRESS, "SignIn")}
    await program.good("POST", "/profile", given)
    assert (await program.refused("POST", "/profile", given))[0] == 404, "a proof is used once"
    assert (await world.call("GET", f"/users/{ada['id']}")).json()["primaryEmail"] is None, "until the end"
    assert await program.code_for_tokens()
    assert (await world.call("GET", f"/users/{ada['id']}")).json()["primaryEmail"] == ADDRESS
    other = await elsewhere(program)
    await other.identified()
    assert await other.code_for_tokens()


async def test_nothing_is_asked_of_an_account_where_nobody_registers(
    world: World, program: Headless, ada: JSON
) -> None:
    """What people register with says nothing there; what was said while they still did is written all the same."""
    await program.identified()
    assert await missing(program) == ["email"]
    sent = await program.verified_code(ADDRESS, "SignIn")
    await world.call("PATCH", "/sign-in-exp", {"signInMode": "SignIn"})
    assert await program.refused("POST", "/profile", {"type": "email", "verificationId": sent}) == FORBIDDEN
    await world.call("PATCH", "/sign-in-exp", {"signInMode": "SignInAndRegister"})
    await program.good("POST", "/profile", {"type": "email", "verificationId": sent})
    await world.call("PATCH", "/sign-in-exp", {"signInMode": "SignIn"})
    other = await elsewhere(program)
    await other.identified()
    assert await other.code_for_tokens()
    assert (await world.call("GET", f"/users/{ada['id']}")).json()["primaryEmail"] is None
    assert await program.code_for_tokens()
    assert (await world.call("GET", f"/users/{ada['id']}")).json()["primaryEmail"] == ADDRESS


async def test_a_missing_name_and_password_are_asked_for(world: World, program: Headless) -> None:
    method = {"identifier": "email", "password": True, "verificationCode": True, "isPasswordPrimary": False}
    await decide(world, signIn={"methods": [method]}, signUp=sign_up(verify=True, beside=("username",)))
    user = await world.user(primaryEmail=ADDRESS)
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    assert await missing(program) == ["username", "password"]
    await program.good("POST", "/profile", {"type": "username", "value": "adda"})
    await program.good("POST", "/profile", {"type": "username", "value": "lovelace"})
    assert await missing(program) == ["password"]
    rejected = {"type": "password", "value": "lovelace99"}
    assert await program.refused("POST", "/profile", rejected) == (422, "password.rejected")
    await program.good("POST", "/profile", {"type": "password", "value": PASSWORD})
    assert await program.code_for_tokens()
    held = (await world.call("GET", f"/users/{user['id']}")).json()
    assert (held["username"], held["hasPassword"]) == ("lovelace", True)
    other = await elsewhere(program)
    await other.start()
    await other.identify(await other.password("email", ADDRESS))
    assert await other.code_for_tokens()


@pytest.mark.parametrize(
    "body",
    [{"type": "username", "value": "other"}, {"type": "password", "value": "another lazy door"},
     {"type": "phone"}, {"type": "extraProfile", "values": {"name": "Eve"}}],
)  # fmt: skip
async def test_only_what_is_missing_can_be_said(world: World, program: Headless, ada: JSON, body: JSON) -> None:
    """B40: nothing that is there is changed by signing in."""
    await program.identified()
    if body["type"] == "phone":
        await decide(world, signIn={"methods": [_code("phone"), _name()]})
        body = {**body, "verificationId": await program.verified_code(NUMBER, "SignIn", "phone")}
    assert await program.refused("POST", "/profile", body) == FORBIDDEN
    assert await missing(program) == ["email"]


def _name() -> JSON:
    return {"identifier": "username", "password": True, "verificationCode": False, "isPasswordPrimary": True}


def _code(kind: str) -> JSON:
    return {"identifier": kind, "password": False, "verificationCode": True, "isPasswordPrimary": False}


async def test_an_address_of_somebody_else_is_not_taken(world: World, program: Headless, ada: JSON) -> None:
    await world.user(primaryEmail=ADDRESS)
    await program.identified()
    proven = {"type": "email", "verificationId": await program.verified_code(ADDRESS, "SignIn")}
    assert await program.refused("POST", "/profile", proven) == (422, "user.email_already_in_use")
    assert await missing(program) == ["email"]


async def test_an_address_that_is_taken_meanwhile_is_forgotten(world: World, program: Headless, ada: JSON) -> None:
    await program.identified()
    proven = await program.verified_code(ADDRESS, "SignIn")
    await program.good("POST", "/profile", {"type": "email", "verificationId": proven})
    await world.user(primaryEmail=ADDRESS)
    assert await program.refused("POST", "/submit") == (422, "user.email_already_in_use")
    assert await missing(program) == ["email"]


async def test_what_was_proven_before_is_nobodys(world: World, program: Headless, ada: JSON) -> None:
    """What somebody else left in the browser does not become a way into the account."""
    await decide(world, signIn={"methods": [_name(), _code("email")]})
    await program.start()
    left = await program.verified_code("eve@example.com", "SignIn")
    world.clock.advance(seconds=1)
    await program.identify(await program.password())
    assert await program.refused("POST", "/profile", {"type": "email", "verificationId": left}) == (
        400, "session.verification_failed",
    )  # fmt: skip


async def test_a_factor_is_shown_before_anything_is_added(world: World, program: Headless, ada: JSON) -> None:
    """A21, B40: a password alone neither learns what is missing, nor adds a way in."""
    await give_totp(world, ada)
    await program.identified()
    assert await program.refused("POST", "/submit") == NEEDED
    body = {"identifier": {"type": "email", "value": ADDRESS}, "interactionEvent": "SignIn"}
    assert await program.refused("POST", "/verification/verification-code", body) == NEEDED
    await decide(world, signIn={"methods": [_name(), _code("email")]})
    proven = {"type": "email", "verificationId": await program.verified_code(ADDRESS, "SignIn")}
    assert await program.refused("POST", "/profile", proven) == NEEDED
    await program.good("POST", "/verification/totp/verify", {"code": code_at(world.clock.now())})
    await program.good("POST", "/profile", proven)
    assert await program.code_for_tokens()


async def test_a_factor_that_one_chose_not_to_be_asked_for_is_shown_before_something_is_added(
    world: World, program: Headless, ada: JSON
) -> None:
    await policy(world, "UserControlled", "Totp")
    await give_totp(world, ada)
    await world.call("PATCH", f"/users/{ada['id']}/logto-configs", {"mfa": {"skipMfaOnSignIn": True}})
    await program.identified()
    assert await program.refused("POST", "/submit") == NEEDED
    await program.good("POST", "/verification/totp/verify", {"code": code_at(world.clock.now())})
    assert await missing(program) == ["email"]


async def test_a_password_that_has_expired_stays_until_the_factor_is_shown(world: World, program: Headless) -> None:
    """B40: also of whoever chose not to be asked for it, or is trusted here; the password alone gives no new one."""
    await policy(world, "UserControlled", "Totp")
    await decide(world, passwordExpiration={"enabled": True, "validPeriodDays": 90})
    user = await world.user(username="ada", password=PASSWORD)
    await give_totp(world, user)
    await world.call("PATCH", f"/users/{user['id']}/logto-configs", {"mfa": {"skipMfaOnSignIn": True}})
    await world.call("PATCH", f"/users/{user['id']}/password/expiration", {"isExpired": True})
    await program.identified()
    await program.good("POST", "/profile", {"type": "password", "value": "another lazy door"})
    assert await program.refused("POST", "/submit") == NEEDED
    verify = f"/users/{user['id']}/password/verify"
    assert (await world.call("POST", verify, {"password": PASSWORD})).status_code == 204
    await program.good("POST", "/verification/totp/verify", {"code": code_at(world.clock.now())})
    assert await program.code_for_tokens()
    assert (await world.call("POST", verify, {"password": "another lazy door"})).status_code == 204


async def test_an_address_that_is_proven_so_does_not_stand_in_for_a_factor(
    world: World, program: Headless, ada: JSON
) -> None:
    """A21: whoever has the password does not bring a mailbox of their own in place of the authenticator."""
    await policy(world, "Mandatory", "Totp", "EmailVerificationCode")
    await give_totp(world, ada)
    await program.identified()
    body = {"identifier": {"type": "email", "value": ADDRESS}, "interactionEvent": "SignIn"}
    assert await program.refused("POST", "/verification/verification-code", body) == NEEDED
    answer = await program.call("POST", "/submit")
    assert answer.json()["data"]["availableFactors"] == ["Totp"]


@pytest.mark.parametrize("more", [(), ("Totp",)])
async def test_an_address_that_is_given_is_the_factor_that_the_policy_asks_for(
    world: World, program: Headless, ada: JSON, more: tuple[str, ...]
) -> None:
    """Of whoever has none: shown by its code, and asked for from then on. A stronger one is only suggested."""
    await policy(world, "Mandatory", *more, "EmailVerificationCode")
    await program.identified()
    assert await missing(program) == ["email"]
    proven = await program.verified_code(ADDRESS, "SignIn")
    await program.good("POST", "/profile", {"type": "email", "verificationId": proven})
    if more:
        assert await program.refused("POST", "/submit") == (422, "user.suggest_mfa")
        await program.good("POST", "/profile/mfa/mfa-suggestion-skipped")
    assert await program.code_for_tokens()
    other = await elsewhere(program)
    await other.identified()
    answer = await other.call("POST", "/submit")
    assert (answer.status_code, answer.json()["code"]) == NEEDED
    assert answer.json()["data"]["availableFactors"] == ["EmailVerificationCode"]


async def test_nothing_is_asked_that_could_not_be_given(world: World, program: Headless, ada: JSON) -> None:
    """No address where no message can be sent, no password where none signs anybody in: nobody is locked out."""
    user = await world.user(primaryPhone=NUMBER)
    await decide(world, signIn={"methods": [_name(), _code("phone")]}, signUp=sign_up(verify=False))
    for connector in (await world.call("GET", "/connectors")).json():
        if connector["type"] == "Email":
            await world.call("DELETE", f"/connectors/{connector['id']}")
    await program.identified()
    assert await program.code_for_tokens()
    other = await elsewhere(program)
    await other.start()
    await other.identify(await other.verified_code(NUMBER, "SignIn", "phone"))
    assert await other.code_for_tokens()
    assert (await world.call("GET", f"/users/{user['id']}")).json()["hasPassword"] is False


async def test_a_session_that_is_there_goes_on(world: World, program: Headless) -> None:
    await world.user(username="ada", password=PASSWORD)
    await program.identified()
    assert await program.code_for_tokens()
    await decide(world, signUp=sign_up(verify=True))
    answer = await program.begin(prompt="none")
    assert "code=" in answer.headers["location"]


async def test_whom_a_provider_knows_is_asked_for_no_password(world: World, program: Headless) -> None:
    method = {"identifier": "email", "password": True, "verificationCode": True, "isPasswordPrimary": False}
    await decide(world, signIn={"methods": [method]}, signUp=sign_up(verify=True, beside=("username",)))
    user = await world.user(primaryEmail=ADDRESS)
    await world.call("PUT", f"/users/{user['id']}/identities/github", {"userId": "ada there"})
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    assert await missing(program) == ["username"]
    await decide(world, socialSignIn={"skipRequiredIdentifiers": True})
    assert await program.code_for_tokens()


async def test_browsers_are_trusted_no_longer_after_an_address_is_added(
    world: World, program: Headless, ada: JSON
) -> None:
    """Decision 0009: nor is a sign-in resumed that was finished before."""
    await decide(world, signUp={"identifiers": ["username"], "password": True, "verify": False})
    before = await elsewhere(program)
    await before.identified()
    onward = (await before.good("POST", "/submit"))["redirectTo"]
    await decide(world, signUp=sign_up(verify=True))
    await program.identified()
    proven = await program.verified_code(ADDRESS, "SignIn")
    await program.good("POST", "/profile", {"type": "email", "verificationId": proven})
    assert await program.code_for_tokens()
    answer = await before.send("GET", onward.removeprefix(str(world.client.base_url)))
    assert "code=" not in answer.headers.get("location", "")
    assert "/consent" not in answer.headers.get("location", "")


async def test_a_suspended_account_adds_nothing(world: World, program: Headless, ada: JSON) -> None:
    await program.identified()
    proven = await program.verified_code(ADDRESS, "SignIn")
    await program.good("POST", "/profile", {"type": "email", "verificationId": proven})
    await world.call("PATCH", f"/users/{ada['id']}/is-suspended", {"isSuspended": True})
    assert (await program.refused("POST", "/submit"))[0] == 422
    assert (await world.call("GET", f"/users/{ada['id']}")).json()["primaryEmail"] is None


async def test_what_is_there_meanwhile_stays(world: World, program: Headless, ada: JSON) -> None:
    """Two sign-ins at once: the first one to finish decides."""
    other = await elsewhere(program)
    for one, address in ((program, ADDRESS), (other, "ada@example.org")):
        await one.identified()
        proven = await one.verified_code(address, "SignIn")
        await one.good("POST", "/profile", {"type": "email", "verificationId": proven})
    assert await program.code_for_tokens()
    assert await other.code_for_tokens()
    assert (await world.call("GET", f"/users/{ada['id']}")).json()["primaryEmail"] == ADDRESS
