"""A user with a factor gets in with it and no other way (A21, A22, B53, B59 to B62)."""

import asyncio
from typing import Any

import pytest

from tests.api.experience.headless import Headless, headless, path_of
from tests.authenticator import STEP_SECONDS, code_at, give_backup_codes, give_totp
from tests.oidc.world import query_of
from tests.world import JSON, PASSWORD, World
from vestibule.domain.sign_in_experience import DEFAULT_TRIES

pytestmark = pytest.mark.anyio
NEEDED = (403, "session.mfa.require_mfa_verification")
BLOCKED = (400, "session.verification_blocked_too_many_attempts")


@pytest.fixture
async def ada(world: World) -> JSON:
    """Ada, who has an authenticator."""
    user = await world.user(username="ada", primaryEmail="ada@example.com", password=PASSWORD)
    await give_totp(world, user)
    return user


def totp(world: World) -> dict[str, Any]:
    return {"code": code_at(world.clock.now())}


async def test_a_code_of_the_authenticator_is_asked_for(world: World, program: Headless, ada: JSON) -> None:
    """B62."""
    await program.identified()
    refused = await program.call("POST", "/submit")
    assert (refused.status_code, refused.json()["code"]) == NEEDED
    assert refused.json()["data"] == {"availableFactors": ["Totp"], "maskedIdentifiers": {}}
    verified = await program.good("POST", "/verification/totp/verify", totp(world))
    records = (await program.good("GET", "/interaction"))["verificationRecords"]
    assert records[-1] == {
        "id": verified["verificationId"],
        "type": "Totp",
        "userId": ada["id"],
        "verified": True,
    }
    assert await program.code_for_tokens()


async def test_a_backup_code_stands_in_once(world: World, program: Headless, ada: JSON) -> None:
    """B61."""
    codes = await give_backup_codes(world, ada)
    await program.identified()
    refused = await program.call("POST", "/submit")
    assert refused.json()["data"]["availableFactors"] == ["Totp", "BackupCode"]
    wrong = (400, "session.mfa.invalid_backup_code")
    assert await program.refused("POST", "/verification/backup-code/verify", {"code": "0" * 10}) == wrong
    await program.good("POST", "/verification/backup-code/verify", {"code": codes[3].upper()})
    assert await program.code_for_tokens()
    again = await headless(world)
    await again.begin()
    await again.identified()
    assert await again.refused("POST", "/verification/backup-code/verify", {"code": codes[3]}) == wrong
    assert await again.refused("POST", "/submit") == NEEDED


async def test_a_code_counts_once_also_in_two_sign_ins_at_once(world: World, program: Headless, ada: JSON) -> None:
    """B59: of twenty at the same moment one gets in."""
    several = [program, *[await headless(world) for _ in range(4)]]
    for one in several[1:]:
        await one.begin()
    for one in several:
        await one.identified()
    body = totp(world)
    answers = await asyncio.gather(*[one.call("POST", "/verification/totp/verify", body) for one in several])
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]
    got_in = [one for one in several if (await one.call("POST", "/submit")).status_code == 200]
    assert len(got_in) == 1


@pytest.mark.parametrize("steps", [-2, 2, 10])
async def test_codes_of_other_times_do_not_count(world: World, program: Headless, ada: JSON, steps: int) -> None:
    """B60."""
    await program.identified()
    body = {"code": code_at(world.clock.now() + steps * STEP_SECONDS * 1000)}
    assert await program.refused("POST", "/verification/totp/verify", body) == (400, "session.mfa.invalid_totp_code")
    assert await program.refused("POST", "/submit") == NEEDED


async def test_guesses_are_counted_whatever_else_succeeds(world: World, program: Headless, ada: JSON) -> None:
    """A22, B60: the password in between starts no new count; the right code is refused, too, at the limit."""
    for at in range(DEFAULT_TRIES):
        await program.identified()
        answer = await program.refused("POST", "/verification/totp/verify", {"code": f"{at:06d}"})
        assert answer == (400, "session.mfa.invalid_totp_code")
    await program.identified()
    assert await program.refused("POST", "/verification/totp/verify", totp(world)) == BLOCKED
    assert await program.refused("POST", "/submit") == NEEDED


async def test_no_factor_is_tried_before_somebody_was_identified(world: World, program: Headless, ada: JSON) -> None:
    """So that a stranger can neither guess codes nor use up somebody's tries."""
    await program.start()
    first = (400, "session.identifier_not_found")
    assert await program.refused("POST", "/verification/totp/verify", totp(world)) == first
    assert await program.refused("POST", "/verification/backup-code/verify", {"code": "0" * 10}) == first
    verification = await program.password()
    assert await program.refused("POST", "/verification/totp/verify", totp(world)) == first
    await program.identify(verification)
    await program.good("POST", "/verification/totp/verify", totp(world))


async def test_the_factor_of_one_person_is_none_of_another(world: World, program: Headless, ada: JSON) -> None:
    """A21: Eve's own authenticator does not open Ada's account, in whatever order things are proven."""
    eve = await world.user(username="eve", password=PASSWORD)
    await give_totp(world, eve)
    await program.identified(value="eve")
    await program.good("POST", "/verification/totp/verify", totp(world))
    conflict = await program.refused("POST", "/identification", {"verificationId": await program.password()})
    assert conflict == (409, "session.identity_conflict")
    await program.identified()
    assert await program.refused("POST", "/submit") == NEEDED, "a new beginning forgets every proof"


async def test_no_other_road_leads_in(world: World, program: Headless, ada: JSON) -> None:
    """B62: neither the resume address, nor consent, nor `prompt=none`, nor another event."""
    await program.identified()
    assert await program.refused("POST", "/submit") == NEEDED
    uid = program.jar["_interaction_resume"]
    resumed = await program.send("GET", f"/oidc/auth/{uid}")
    assert (resumed.status_code, resumed.headers["location"]) == (303, f"/sign-in?app_id={program.app.id}")
    assert "_session" not in program.jar
    assert (await program.send("POST", "/api/interaction/consent", {})).json()["code"] == "session.not_found"
    assert (await program.send("GET", "/consent")).headers["location"] == "/unknown-session"
    silent = await program.begin(prompt="none")
    assert query_of(silent.headers["location"])["error"] == "login_required"
    await program.begin()
    await program.start("Register")
    assert await program.refused("POST", "/submit") == (400, "session.identifier_not_found")


async def test_switching_the_event_skips_no_factor(world: World, program: Headless, ada: JSON) -> None:
    """A21: an identified user stays one with a factor when the event is changed."""
    await program.identified()
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert await program.refused("POST", "/submit") == NEEDED
    assert (await program.refused("POST", "/identification", {}))[0] in {409, 422}
    assert await program.refused("POST", "/submit") == NEEDED


async def test_an_expired_password_is_not_replaced_without_the_factor(
    world: World, program: Headless, ada: JSON
) -> None:
    """B53: whoever knows an old password changes nothing before the second factor."""
    await world.call("PATCH", "/sign-in-exp", {"passwordExpiration": {"enabled": True, "validPeriodDays": 90}})
    await world.call("PATCH", f"/users/{ada['id']}/password/expiration", {"isExpired": True})
    await program.identified()
    assert await program.refused("POST", "/submit") == (422, "password.expired")
    await program.good("POST", "/profile", {"type": "password", "value": "another lazy door"})
    assert await program.refused("POST", "/submit") == NEEDED
    verify = f"/users/{ada['id']}/password/verify"
    assert (await world.call("POST", verify, {"password": PASSWORD})).status_code == 204
    await program.good("POST", "/verification/totp/verify", totp(world))
    assert await program.code_for_tokens()
    assert (await world.call("POST", verify, {"password": "another lazy door"})).status_code == 204


async def test_a_factor_that_comes_during_a_sign_in_is_asked_for(world: World, program: Headless) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    await program.identified()
    await give_totp(world, user)
    assert await program.refused("POST", "/submit") == NEEDED


async def test_a_forgotten_password_signs_nobody_in_and_keeps_the_factor(
    world: World, program: Headless, ada: JSON
) -> None:
    """A18, B53."""
    await program.start("ForgotPassword")
    await program.identify(await program.verified_code("ada@example.com", "ForgotPassword"))
    assert await program.refused("POST", "/submit") == (422, "user.new_password_required_in_profile")
    same = await program.refused("PUT", "/profile/password", {"password": PASSWORD})
    assert same == (422, "user.same_password")
    await program.good("PUT", "/profile/password", {"password": "another lazy door"})
    ended = await program.call("POST", "/submit")
    assert (ended.status_code, ended.content) == (204, b"")
    assert await program.refused("POST", "/submit") == (404, "session.interaction_not_found")
    resumed = await program.send("GET", f"/oidc/auth/{program.jar['_interaction_resume']}")
    assert resumed.headers["location"] == path_of(f"/sign-in?app_id={program.app.id}")
    await program.identified(password="another lazy door")
    assert await program.refused("POST", "/submit") == NEEDED


async def test_a_program_asks_to_be_remembered_after_the_factor(world: World, program: Headless) -> None:
    path = "/profile/mfa/trusted-device"
    user = await world.user(username="ada", password=PASSWORD)
    await give_totp(world, user)
    await program.identified()
    assert await program.refused("POST", path) == (422, "session.mfa.trusted_device_not_enabled")
    await world.call("PATCH", "/sign-in-exp", {"trustedDevice": {"enabled": True}})
    await program.good("POST", path)
    assert await program.refused("POST", "/submit") == (403, "session.mfa.require_mfa_verification")
    await program.good("POST", "/verification/totp/verify", {"code": code_at(world.clock.now())})
    assert await program.code_for_tokens()
    again = Headless(world, program.app, {"vestibule_device": program.jar["vestibule_device"]})
    await again.begin(prompt="")
    await again.identified()
    assert await again.code_for_tokens()


async def test_who_chose_so_is_asked_for_no_factor_unless_the_policy_insists(world: World, program: Headless) -> None:
    """`skipMfaOnSignIn`: people's own choice, where it is theirs."""
    user = await world.user(username="ada", password=PASSWORD)
    await give_totp(world, user)
    path = f"/users/{user['id']}/logto-configs"
    assert (await world.call("PATCH", path, {"mfa": {"skipMfaOnSignIn": True}})).status_code == 200
    await world.call("PATCH", "/sign-in-exp", {"mfa": {"factors": ["Totp"], "policy": "Mandatory"}})
    await program.identified()
    assert await program.refused("POST", "/submit") == (403, "session.mfa.require_mfa_verification")
    await world.call("PATCH", "/sign-in-exp", {"mfa": {"factors": ["Totp"], "policy": "UserControlled"}})
    await program.identified()
    assert await program.code_for_tokens()
