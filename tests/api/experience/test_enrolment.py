"""Second factors that are set up at sign-in, by the policy, over the Experience API (A21, B53, B59 to B63)."""

from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from tests.api.experience.headless import Headless, headless
from tests.authenticator import STEP_SECONDS, code_at, give_totp
from tests.world import JSON, PASSWORD, World
from vestibule.db import Statement
from vestibule.domain.sign_in_experience import SignIn, SignInExperience, SignInMethod
from vestibule.store.rows import Row
from vestibule.store.tables import interactions

pytestmark = pytest.mark.anyio
MISSING = (422, "user.missing_mfa")
NEEDED = (403, "session.mfa.require_mfa_verification")
STATES: Statement[Row] = Statement(select(interactions.c.state))
OPTIONAL = ("UserControlled", "PromptAtSignInAndSignUp", "PromptOnlyAtSignIn")
MANDATORY = ("Mandatory", "PromptAtSignInAndSignUpMandatory", "PromptOnlyAtSignInMandatory")
SIGN_IN_ONLY = ("PromptOnlyAtSignIn", "PromptOnlyAtSignInMandatory")


async def policy(world: World, policy: str, *factors: str) -> None:
    answer = await world.call("PATCH", "/sign-in-exp", {"mfa": {"factors": list(factors), "policy": policy}})
    assert answer.status_code == 200, answer.text


@pytest.fixture
async def ada(world: World) -> JSON:
    """Ada, who has an address and no factor."""
    return await world.user(username="ada", primaryEmail="ada@example.com", password=PASSWORD)


def with_codes(world: World) -> SignInExperience:
    """The settings, with sign-in by a code to an e-mail address."""
    methods = tuple(SignInMethod(kind, True, kind == "email", True) for kind in ("username", "email"))
    return replace(world.server.ctx.live.experience, sign_in=SignIn(methods))


async def again(world: World) -> Headless:
    """A second sign-in of hers, elsewhere."""
    other = await headless(world)
    await other.begin()
    await other.identified()
    return other


async def new_totp(world: World, program: Headless) -> str:
    """Make a seed, show its code, and bind it; returns the seed."""
    made = await program.good("POST", "/verification/totp/secret")
    assert made["secretQrCode"].startswith("data:image/png;base64,")
    tried = {"code": code_at(world.clock.now(), made["secret"]), "verificationId": made["verificationId"]}
    assert await program.good("POST", "/verification/totp/verify", tried) == {"verificationId": made["verificationId"]}
    await program.good("POST", "/profile/mfa", {"type": "Totp", "verificationId": made["verificationId"]})
    return str(made["secret"])


async def factors_of(world: World, user: JSON) -> list[str]:
    return [one["type"] for one in (await world.call("GET", f"/users/{user['id']}/mfa-verifications")).json()]


async def choices_of(world: World, user: JSON) -> Any:
    return (await world.call("GET", f"/users/{user['id']}/logto-configs")).json()["mfa"]


@pytest.mark.parametrize("name", [*OPTIONAL, *MANDATORY, "NoPrompt"])
async def test_each_policy_asks_when_it_says(world: World, program: Headless, ada: JSON, name: str) -> None:
    """At sign-in, at sign-up, at both, or never; and only the mandatory ones insist."""
    await policy(world, name, "Totp")
    await program.identified()
    answer = await program.call("POST", "/submit")
    if name == "NoPrompt":
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.json()["code"]) == MISSING
    assert answer.json()["data"] == {"availableFactors": ["Totp"], "skippable": name in OPTIONAL}
    newcomer = await headless(world)
    await newcomer.begin()
    await newcomer.start("Register")
    body = {"identifier": {"type": "username", "value": "grace"}, "password": PASSWORD}
    made = await newcomer.good("POST", "/verification/new-password-identity", body)
    await newcomer.identify(made["verificationId"])
    assert (await newcomer.call("POST", "/submit")).status_code == (200 if name in SIGN_IN_ONLY else 422)


@pytest.mark.parametrize("name", OPTIONAL)
async def test_what_was_put_off_is_not_asked_again(world: World, program: Headless, ada: JSON, name: str) -> None:
    await policy(world, name, "Totp")
    await program.identified()
    await program.good("POST", "/profile/mfa/mfa-skipped")
    assert (await choices_of(world, ada))["skipped"] is False, "until the sign-in is done"
    assert await program.code_for_tokens()
    assert (await choices_of(world, ada))["skipped"] is True
    assert await (await again(world)).code_for_tokens()


@pytest.mark.parametrize("name", MANDATORY)
async def test_a_mandatory_factor_cannot_be_put_off(world: World, program: Headless, ada: JSON, name: str) -> None:
    """Nor by a choice that was made under another policy."""
    await world.call("PATCH", f"/users/{ada['id']}/logto-configs", {"mfa": {"skipped": True}})
    await policy(world, name, "Totp")
    await program.identified()
    refused = (422, "session.mfa.mfa_policy_not_user_controlled")
    assert await program.refused("POST", "/profile/mfa/mfa-skipped") == refused
    assert await program.refused("POST", "/submit") == MISSING


async def test_an_authenticator_is_bound_after_its_first_code(world: World, program: Headless, ada: JSON) -> None:
    """B59: the code that bound it does not sign in as well; nothing is written before the end; no seed in the store."""
    await policy(world, "Mandatory", "Totp")
    await program.identified()
    secret = await new_totp(world, program)
    async with world.server.ctx.db.read() as tx:
        state = await tx.value(STATES)
    assert secret not in str(state)
    assert await factors_of(world, ada) == []
    assert await program.code_for_tokens()
    assert await factors_of(world, ada) == ["Totp"]
    assert "enabled" not in await choices_of(world, ada)
    other = await again(world)
    assert await other.refused("POST", "/submit") == NEEDED
    used = {"code": code_at(world.clock.now(), secret)}
    assert (await other.refused("POST", "/verification/totp/verify", used))[0] == 400
    world.clock.advance(seconds=STEP_SECONDS)
    await other.good("POST", "/verification/totp/verify", {"code": code_at(world.clock.now(), secret)})
    assert await other.code_for_tokens()


async def test_an_authenticator_brings_no_weaker_factor_with_it(world: World, program: Headless, ada: JSON) -> None:
    """A21: codes by e-mail are for who chose them, unless the policy insists on a factor."""
    await policy(world, "UserControlled", "Totp", "BackupCode", "EmailVerificationCode")
    await program.identified()
    await new_totp(world, program)
    made = await program.good("POST", "/verification/backup-code/generate")
    await program.good("POST", "/profile/mfa", {"type": "BackupCode", "verificationId": made["verificationId"]})
    assert await program.code_for_tokens()
    other = await again(world)
    refused = (await other.call("POST", "/submit")).json()
    assert refused["data"] == {"availableFactors": ["Totp", "BackupCode"], "maskedIdentifiers": {}}


async def test_a_code_that_was_never_chosen_does_not_stand_in_for_the_authenticator(
    world: World, program: Headless, ada: JSON
) -> None:
    """A21: whoever has the password and the mailbox does not get past the factor that is asked for."""
    await policy(world, "UserControlled", "Totp", "EmailVerificationCode")
    await program.identified()
    await new_totp(world, program)
    assert await program.code_for_tokens()
    other = await again(world)
    email = {"identifierType": "email"}
    refused = await other.call("POST", "/verification/mfa-verification-code", email)
    assert (refused.status_code, refused.json()["code"]) == (400, "session.mfa.mfa_factor_not_enabled")
    assert await other.refused("POST", "/profile/mfa/mfa-enabled") == NEEDED
    assert await other.refused("POST", "/submit") == NEEDED


@pytest.mark.parametrize("kind", MANDATORY)
async def test_changing_the_event_makes_no_newcomer_of_who_was_recognised(
    world: World, program: Headless, ada: JSON, kind: str
) -> None:
    """A21: a factor that is mandatory at sign-in is so whatever the sign-in is called afterwards."""
    await policy(world, kind, "Totp")
    await program.identified()
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert await program.refused("POST", "/submit") == MISSING


async def test_a_new_authenticator_that_shows_the_wrong_code_is_not_bound(
    world: World, program: Headless, ada: JSON
) -> None:
    await policy(world, "Mandatory", "Totp")
    await program.identified()
    made = await program.good("POST", "/verification/totp/secret")
    body = {"type": "Totp", "verificationId": made["verificationId"]}
    assert await program.refused("POST", "/profile/mfa", body) == (400, "session.verification_failed")
    right = code_at(world.clock.now(), made["secret"])
    wrong = {"code": "000000" if right != "000000" else "000001", "verificationId": made["verificationId"]}
    assert await program.refused("POST", "/verification/totp/verify", wrong) == (400, "session.mfa.invalid_totp_code")
    assert (await program.refused("POST", "/profile/mfa", body))[0] == 400
    assert await program.refused("POST", "/submit") == MISSING


async def test_whoever_has_a_factor_proves_it_before_another_is_bound(
    world: World, program: Headless, ada: JSON
) -> None:
    """A21, B63: a factor that was just made up is no proof of the one that is there."""
    await policy(world, "Mandatory", "Totp", "BackupCode")
    await program.identified()
    await give_totp(world, ada)
    for path in ("/verification/totp/secret", "/verification/backup-code/generate"):
        assert await program.refused("POST", path) == NEEDED
    assert await program.refused("POST", "/submit") == NEEDED


async def test_a_new_factor_is_no_proof_of_an_old_one(world: World, program: Headless, ada: JSON) -> None:
    """A21: bound in one sign-in while an administrator gives the user another."""
    await policy(world, "Mandatory", "Totp")
    await program.identified()
    await new_totp(world, program)
    await give_totp(world, ada)
    assert await program.refused("POST", "/submit") == NEEDED
    await program.good("POST", "/verification/totp/verify", {"code": code_at(world.clock.now())})
    assert await program.refused("POST", "/submit") == (422, "user.totp_already_in_use")


async def test_backup_codes_come_with_the_first_factor(world: World, program: Headless, ada: JSON) -> None:
    """B61: shown once, ten, and each good for one sign-in."""
    await policy(world, "Mandatory", "Totp", "BackupCode")
    await program.identified()
    codes = await program.good("POST", "/verification/backup-code/generate")
    alone = {"type": "BackupCode", "verificationId": codes["verificationId"]}
    assert await program.refused("POST", "/profile/mfa", alone) == (422, "session.mfa.backup_code_can_not_be_alone")
    await new_totp(world, program)
    assert await program.refused("POST", "/submit") == (422, "session.mfa.backup_code_required")
    await program.good("POST", "/profile/mfa", alone)
    assert await program.code_for_tokens()
    assert sorted(await factors_of(world, ada)) == ["BackupCode", "Totp"]
    assert len(set(codes["codes"])) == 10
    other = await again(world)
    await other.good("POST", "/verification/backup-code/verify", {"code": codes["codes"][0]})
    assert await other.code_for_tokens()


async def test_only_factors_of_the_settings_are_set_up(world: World, program: Headless, ada: JSON) -> None:
    await policy(world, "UserControlled", "EmailVerificationCode")
    await program.identified()
    off = (400, "session.mfa.mfa_factor_not_enabled")
    assert await program.refused("POST", "/verification/totp/secret") == off
    assert await program.refused("POST", "/verification/backup-code/generate") == off
    wish = {"identifierType": "phone"}
    assert await program.refused("POST", "/verification/mfa-verification-code", wish) == off
    assert await program.refused("POST", "/verification/totp/verify", {"code": "1", "verificationId": "x"}) == (
        404, "session.verification_session_not_found",
    )  # fmt: skip


async def test_nothing_is_set_up_before_somebody_was_identified(world: World, program: Headless, ada: JSON) -> None:
    await policy(world, "UserControlled", "Totp", "BackupCode", "EmailVerificationCode")
    await program.start()
    first = (400, "session.identifier_not_found")
    for path in ("/verification/totp/secret", "/verification/backup-code/generate", "/profile/mfa/mfa-enabled",
                 "/profile/mfa/mfa-skipped", "/profile/mfa/mfa-suggestion-skipped"):  # fmt: skip
        assert await program.refused("POST", path) == first, path
    wish = {"identifierType": "email"}
    assert await program.refused("POST", "/verification/mfa-verification-code", wish) == first


async def sent(world: World, program: Headless) -> JSON:
    """Have a code sent to her address; returns what verifies it."""
    world.clock.advance(seconds=1)  # so that the newest message is known
    made = await program.good("POST", "/verification/mfa-verification-code", {"identifierType": "email"})
    code = world.code_for("ada@example.com")
    return {"verificationId": made["verificationId"], "code": code, "identifierType": "email"}


VERIFY = "/verification/mfa-verification-code/verify"


async def test_a_code_by_email_is_the_second_factor_where_one_is_mandatory(
    world: World, program: Headless, ada: JSON
) -> None:
    """The address is told in part only; a wrong code, and one of another sign-in, do not count (B56)."""
    await policy(world, "Mandatory", "EmailVerificationCode")
    await program.identified()
    refused = (await program.call("POST", "/submit")).json()
    assert refused["data"] == {
        "availableFactors": ["EmailVerificationCode"],
        "maskedIdentifiers": {"EmailVerificationCode": "a••••@example.com"},
    }
    body = await sent(world, program)
    wrong = "000000" if body["code"] != "000000" else "000001"
    assert await program.refused("POST", VERIFY, {**body, "code": wrong}) == (400, "verification_code.code_mismatch")
    other = await again(world)
    assert (await other.refused("POST", VERIFY, body))[0] == 404
    await program.good("POST", VERIFY, body)
    assert await program.code_for_tokens()
    assert await other.refused("POST", "/submit") == NEEDED


async def test_the_factor_that_was_used_last_comes_first_also_one_that_is_sent(
    world: World, program: Headless, ada: JSON
) -> None:
    await policy(world, "Mandatory", "Totp", "EmailVerificationCode")
    await give_totp(world, ada)

    async def asked(one: Headless) -> list[str]:
        return list((await one.call("POST", "/submit")).json()["data"]["availableFactors"])

    await program.identified()
    assert await asked(program) == ["Totp", "EmailVerificationCode"]
    await program.good("POST", VERIFY, await sent(world, program))
    assert await program.code_for_tokens()
    other = await again(world)
    assert await asked(other) == ["EmailVerificationCode", "Totp"]
    await other.good("POST", "/verification/totp/verify", {"code": code_at(world.clock.now())})
    assert await other.code_for_tokens()
    assert await asked(await again(world)) == ["Totp", "EmailVerificationCode"]
    configs = (await world.call("GET", f"/users/{ada['id']}/logto-configs")).json()
    assert set(configs) == {"mfa", "passkeySignIn"}


async def test_a_code_that_signed_in_is_no_second_factor(world: World, program: Headless, ada: JSON) -> None:
    """A21: one address is one factor, however often a code goes there."""
    await policy(world, "Mandatory", "EmailVerificationCode", "Totp")
    world.server.ctx.live.experience = with_codes(world)
    await program.start()
    await program.identify(await program.verified_code("ada@example.com", "SignIn"))
    refused = await program.call("POST", "/submit")
    assert (refused.status_code, refused.json()["code"]) == MISSING
    assert refused.json()["data"]["availableFactors"] == ["Totp"]
    wish = {"identifierType": "email"}
    off = (400, "session.mfa.mfa_factor_not_enabled")
    assert await program.refused("POST", "/verification/mfa-verification-code", wish) == off


async def test_codes_by_email_are_asked_of_who_wants_them(world: World, program: Headless, ada: JSON) -> None:
    await policy(world, "UserControlled", "EmailVerificationCode")
    await program.identified()
    assert await program.refused("POST", "/submit") == MISSING
    await program.good("POST", "/profile/mfa/mfa-enabled")
    assert await program.refused("POST", "/submit") == NEEDED
    await program.good("POST", VERIFY, await sent(world, program))
    assert await program.code_for_tokens()
    other = await again(world)
    assert await other.refused("POST", "/submit") == NEEDED
    body = await sent(world, other)
    await other.good("POST", VERIFY, body)
    bound = {"type": "EmailVerificationCode", "verificationId": body["verificationId"]}
    await other.good("POST", "/profile/mfa", bound)
    assert await other.code_for_tokens()


async def test_a_stronger_factor_is_suggested_until_that_is_declined(
    world: World, program: Headless, ada: JSON
) -> None:
    await policy(world, "Mandatory", "EmailVerificationCode", "Totp")
    await program.identified()
    await program.good("POST", VERIFY, await sent(world, program))
    suggested = await program.call("POST", "/submit")
    assert (suggested.status_code, suggested.json()["code"]) == (422, "user.suggest_mfa")
    assert suggested.json()["data"] == {"availableFactors": ["Totp"], "skippable": True}
    await program.good("POST", "/profile/mfa/mfa-suggestion-skipped")
    assert await program.code_for_tokens()
    other = await again(world)
    await other.good("POST", VERIFY, await sent(world, other))
    assert await other.code_for_tokens()


async def test_guesses_at_a_sent_code_count_with_all_others(world: World, program: Headless, ada: JSON) -> None:
    """A22."""
    await policy(world, "Mandatory", "EmailVerificationCode")
    await world.call("PATCH", "/sign-in-exp", {"sentinelPolicy": {"maxAttempts": 3, "lockoutDuration": 15}})
    await program.identified()
    body = await sent(world, program)
    for _ in range(3):
        assert (await program.refused("POST", VERIFY, {**body, "code": "x"}))[0] == 400
    blocked = (400, "session.verification_blocked_too_many_attempts")
    assert await program.refused("POST", VERIFY, body) == blocked
