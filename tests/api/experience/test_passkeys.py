"""Passkeys over the Experience API: set up, as a second factor, and to sign in with (B64 to B67)."""

from typing import Any

import pytest

from tests.api.experience.headless import Headless, headless
from tests.api.experience.test_enrolment import NEEDED, choices_of, factors_of, policy
from tests.passkeys import ORIGIN, PRESENT, Passkey, decoded, encoded
from tests.world import JSON, PASSWORD, World
from vestibule.domain.webauthn import CHALLENGE_MS

pytestmark = pytest.mark.anyio
NEW, ASKED = "/verification/web-authn/registration", "/verification/web-authn/authentication"
SIGN_IN, PREFLIGHT = "/verification/sign-in-passkey/authentication", "/preflight/sign-in-passkey/authentication"
FAILED, GONE = (400, "session.mfa.webauthn_verification_failed"), (404, "session.verification_session_not_found")
WHO = {"identifier": {"type": "username", "value": "ada"}}


@pytest.fixture
async def ada(world: World) -> JSON:
    """Ada, who has no factor."""
    return await world.user(username="ada", password=PASSWORD)


async def passkeys_on(world: World, **more: bool) -> None:
    answer = await world.call("PATCH", "/sign-in-exp", {"passkeySignIn": {"enabled": True, **more}})
    assert answer.status_code == 200, answer.text


async def another(world: World) -> Headless:
    """A second sign-in, elsewhere."""
    made = await headless(world)
    await made.begin()
    return made


async def bound(program: Headless, key: Passkey) -> None:
    """Make a passkey and set it up."""
    made = await program.good("POST", NEW)
    body = {"verificationId": made["verificationId"], "payload": key.create(made["registrationOptions"])}
    await program.good("POST", f"{NEW}/verify", body)
    await program.good("POST", "/profile/mfa", {"type": "WebAuthn", "verificationId": made["verificationId"]})


@pytest.fixture
async def key(world: World, program: Headless, ada: JSON) -> Passkey:
    """Her passkey, which is her second factor."""
    await policy(world, "UserControlled", "WebAuthn")
    await program.identified()
    made = Passkey()
    await bound(program, made)
    assert await program.code_for_tokens()
    return made


async def signed(program: Headless, key: Passkey, path: str = ASKED, body: Any = None) -> JSON:
    """Have a signature asked for; returns what verifies it."""
    asked = await program.good("POST", path, body)
    return {"verificationId": asked["verificationId"], "payload": key.get(asked["authenticationOptions"])}


async def asked_for_factor(world: World) -> Headless:
    program = await another(world)
    await program.identified()
    assert await program.refused("POST", "/submit") == NEEDED
    return program


async def test_the_options_are_those_of_the_contract(world: World, program: Headless, ada: JSON) -> None:
    """B65: and each challenge is its own."""
    await policy(world, "UserControlled", "WebAuthn")
    await program.identified()
    options = (await program.good("POST", NEW))["registrationOptions"]
    challenge = options.pop("challenge")
    assert len(decoded(challenge)) >= 16
    assert options == {
        "rp": {"id": "id.localhost", "name": "id.localhost"},
        "user": {"id": encoded(ada["id"].encode()), "name": "ada", "displayName": "ada"},
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in (-7, -257)],
        "timeout": 60_000,
        "excludeCredentials": [],
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": True, "userVerification": "required",
        },
        "attestation": "none",
        "extensions": {"credProps": True},
    }  # fmt: skip
    assert (await program.good("POST", NEW))["registrationOptions"]["challenge"] != challenge


async def test_a_passkey_is_the_second_factor(world: World, key: Passkey, ada: JSON) -> None:
    program = await asked_for_factor(world)
    body = await signed(program, key)
    await program.good("POST", f"{ASKED}/verify", body)
    assert await program.code_for_tokens()
    [shown] = (await world.call("GET", f"/users/{ada['id']}/mfa-verifications")).json()
    assert (shown["type"], shown["agent"] != "", "lastUsedAt" in shown) == ("WebAuthn", True, True)


@pytest.mark.parametrize(
    "fault",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://id.localhost:9999"},
        {"host": "localhost"},
        {"flags": PRESENT},
        {"flags": 0},
    ],
)
async def test_an_answer_for_another_site_or_of_nobody_does_not_count(
    world: World, key: Passkey, fault: dict[str, Any]
) -> None:
    """B64."""
    program = await asked_for_factor(world)
    right = {name: getattr(key, name) for name in fault}
    for name, wrong in fault.items():
        setattr(key, name, wrong)
    assert await program.refused("POST", f"{ASKED}/verify", await signed(program, key)) == FAILED
    assert await program.refused("POST", "/submit") == NEEDED
    for name, value in right.items():
        setattr(key, name, value)
    await program.good("POST", f"{ASKED}/verify", await signed(program, key))
    fresh = Passkey(id=b"another")
    for name, wrong in fault.items():
        setattr(fresh, name, wrong)
    made = await program.good("POST", NEW)
    body = {"verificationId": made["verificationId"], "payload": fresh.create(made["registrationOptions"])}
    assert await program.refused("POST", f"{NEW}/verify", body) == FAILED


async def test_a_challenge_is_good_once_for_its_own_sign_in_and_five_minutes(world: World, key: Passkey) -> None:
    """B65: also after a wrong answer, and not for something else."""
    program = await asked_for_factor(world)
    body = await signed(program, key)
    broken = {**body, "payload": {**body["payload"], "response": {**body["payload"]["response"], "signature": "AA"}}}
    assert await program.refused("POST", f"{ASKED}/verify", broken) == FAILED
    assert await program.refused("POST", f"{ASKED}/verify", body) == GONE
    late = await signed(program, key)
    world.clock.advance(seconds=CHALLENGE_MS // 1000 + 1)
    assert await program.refused("POST", f"{ASKED}/verify", late) == FAILED
    foreign = await signed(await asked_for_factor(world), key)
    assert await program.refused("POST", f"{ASKED}/verify", foreign) == GONE
    asked = await program.good("POST", ASKED)
    mixed = {**foreign, "verificationId": asked["verificationId"]}
    assert await program.refused("POST", f"{ASKED}/verify", mixed) == FAILED
    assert await program.refused("POST", "/submit") == NEEDED


async def test_a_copy_of_a_passkey_is_noticed_and_written_down(world: World, key: Passkey, ada: JSON) -> None:
    """B66."""
    program = await asked_for_factor(world)
    key.count = 41
    await program.good("POST", f"{ASKED}/verify", await signed(program, key))
    for count in (41, 7):
        key.count = count
        assert await program.refused("POST", f"{ASKED}/verify", await signed(program, key)) == FAILED
    logs = await world.call("GET", f"/logs?userId={ada['id']}&logKey=Interaction.SignIn.Verification.WebAuthn.Submit")
    results = [entry["payload"]["result"] for entry in logs.json()]
    assert sorted(results) == ["Error", "Error", "Success"]


async def test_a_passkey_that_does_not_count_may_go_on_not_counting(world: World, key: Passkey) -> None:
    """Those that people have on several devices always say zero."""
    for _ in range(2):
        program = await asked_for_factor(world)
        key.count = -1
        await program.good("POST", f"{ASKED}/verify", await signed(program, key))
        assert await program.code_for_tokens()


async def test_the_passkey_of_one_person_is_none_of_another(world: World, key: Passkey) -> None:
    """A21, B67: neither to prove a factor nor to be bound a second time."""
    await world.user(username="eve", password=PASSWORD)
    program = await another(world)
    await program.identified(value="eve")
    assert await program.refused("POST", ASKED) == (400, "session.mfa.webauthn_verification_not_found")
    made = await program.good("POST", NEW)
    again = {"verificationId": made["verificationId"], "payload": key.create(made["registrationOptions"])}
    assert await program.refused("POST", f"{NEW}/verify", again) == FAILED
    own = Passkey(id=b"a passkey of Eve's")
    await bound(program, own)
    assert await program.code_for_tokens()
    stolen = await asked_for_factor(world)
    assert await stolen.refused("POST", f"{ASKED}/verify", await signed(stolen, own)) == FAILED
    assert await stolen.refused("POST", "/submit") == NEEDED


async def test_nonsense_in_place_of_a_passkey_is_refused_and_no_fault(world: World, key: Passkey) -> None:
    """B90."""
    program = await asked_for_factor(world)
    for nonsense in ("", "!", "AAAA", encoded(b"\xff" * 400), encoded(b"{}"), encoded(b"\x9f" * 3000)):
        body = await signed(program, key)
        for member in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
            body["payload"]["response"][member] = nonsense
        assert await program.refused("POST", f"{ASKED}/verify", body) == FAILED
    program = await another(world)
    await world.user(username="eve", password=PASSWORD)
    await program.identified(value="eve")
    for nonsense in ("", "AAAA", encoded(b"\x9f" * 3000), encoded(b"\xa3\x63fmt\x64none")):
        made = await program.good("POST", NEW)
        payload = Passkey(id=b"new").create(made["registrationOptions"])
        payload["response"]["attestationObject"] = nonsense
        body = {"verificationId": made["verificationId"], "payload": payload}
        assert await program.refused("POST", f"{NEW}/verify", body) == FAILED


async def test_a_passkey_signs_in_by_itself(world: World, key: Passkey, ada: JSON) -> None:
    """Without a name: it says who it is, and stands for both factors."""
    await passkeys_on(world)
    await policy(world, "Mandatory", "WebAuthn", "Totp")
    program = await another(world)
    options = (await program.good("POST", PREFLIGHT))["authenticationOptions"]
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")
    await program.start()
    done = await program.good("POST", f"{SIGN_IN}/verify", {"payload": key.get(options)})
    await program.identify(done["verificationId"])
    assert (await program.good("GET", "/interaction"))["userId"] == ada["id"]
    assert await program.code_for_tokens()


async def test_asking_by_name_does_not_tell_who_has_an_account(world: World, key: Passkey) -> None:
    """B50."""
    await passkeys_on(world)
    program = await another(world)
    shown = []
    for name in ("ada", "nobody"):
        who = {"identifier": {"type": "username", "value": name}}
        options = (await program.good("POST", SIGN_IN, who))["authenticationOptions"]
        shown.append({key: value for key, value in options.items() if key != "challenge"})
    assert shown[0] == shown[1]


async def test_a_passkey_for_another_handle_or_of_a_suspended_user_signs_nobody_in(
    world: World, key: Passkey, ada: JSON
) -> None:
    await passkeys_on(world)
    program = await another(world)
    await program.start()
    right, key.handle = key.handle, encoded(b"somebody else")
    assert await program.refused("POST", f"{SIGN_IN}/verify", await signed(program, key, SIGN_IN, WHO)) == FAILED
    key.handle = right
    done = await program.good("POST", f"{SIGN_IN}/verify", await signed(program, key, SIGN_IN, WHO))
    await world.call("PATCH", f"/users/{ada['id']}/is-suspended", {"isSuspended": True})
    body = {"verificationId": done["verificationId"]}
    assert await program.refused("POST", "/identification", body) == (401, "user.suspended")


async def test_a_passkey_that_was_removed_signs_nobody_in(world: World, key: Passkey, ada: JSON) -> None:
    await passkeys_on(world)
    [held] = (await world.call("GET", f"/users/{ada['id']}/mfa-verifications")).json()
    await world.call("DELETE", f"/users/{ada['id']}/mfa-verifications/{held['id']}")
    program = await another(world)
    await program.start()
    assert await program.refused("POST", f"{SIGN_IN}/verify", await signed(program, key, SIGN_IN, WHO)) == FAILED


async def test_passkeys_sign_in_only_where_that_is_set(world: World, key: Passkey) -> None:
    program = await another(world)
    off = (422, "user.sign_in_method_not_enabled")
    assert await program.refused("POST", PREFLIGHT) == off
    assert await program.refused("POST", SIGN_IN, WHO) == off
    await passkeys_on(world)
    await program.start()
    done = await program.good("POST", f"{SIGN_IN}/verify", await signed(program, key, SIGN_IN, WHO))
    await world.call("PATCH", "/sign-in-exp", {"passkeySignIn": {}})
    assert await program.refused("POST", "/identification", {"verificationId": done["verificationId"]}) == off


async def test_a_passkey_to_sign_in_with_is_not_asked_for_after_a_password(
    world: World, program: Headless, ada: JSON
) -> None:
    """Unless the settings make passkeys a factor: then it is one, and a mandatory policy never takes it for another."""
    await passkeys_on(world)
    await program.identified()
    key = Passkey()
    made = await program.good("POST", NEW)
    body = {"verificationId": made["verificationId"], "payload": key.create(made["registrationOptions"])}
    await program.good("POST", f"{NEW}/verify", body)
    await program.good("POST", "/profile/mfa/passkey", {"verificationId": made["verificationId"]})
    assert await program.code_for_tokens()
    assert await factors_of(world, ada) == ["WebAuthn"]
    other = await another(world)
    await other.identified()
    assert await other.code_for_tokens()
    await policy(world, "Mandatory", "Totp")
    other = await another(world)
    await other.identified()
    assert await other.refused("POST", "/submit") == (422, "user.missing_mfa")
    await policy(world, "Mandatory", "WebAuthn")
    await asked_for_factor(world)


async def test_a_passkey_to_sign_in_with_does_not_answer_a_mandatory_policy(
    world: World, program: Headless, ada: JSON
) -> None:
    """A21: nor does it in the sign-in that makes it."""
    await passkeys_on(world)
    await policy(world, "Mandatory", "Totp")
    await program.identified()
    key = Passkey()
    made = await program.good("POST", NEW)
    body = {"verificationId": made["verificationId"], "payload": key.create(made["registrationOptions"])}
    await program.good("POST", f"{NEW}/verify", body)
    await program.good("POST", "/profile/mfa/passkey", {"verificationId": made["verificationId"]})
    assert await program.refused("POST", "/submit") == (422, "user.missing_mfa")


async def test_a_declined_passkey_is_remembered(world: World, program: Headless, ada: JSON) -> None:
    await passkeys_on(world)
    await program.identified()
    await program.good("POST", "/profile/mfa/passkey-skipped")
    assert await program.code_for_tokens()
    configs = (await world.call("GET", f"/users/{ada['id']}/logto-configs")).json()
    assert configs["passkeySignIn"] == {"skipped": True}
    assert (await choices_of(world, ada))["skipped"] is False


def test_the_faults_of_these_tests_are_not_the_usual_values() -> None:
    """The control: a passkey without a fault is of this origin and host."""
    assert (Passkey().origin, Passkey().host) == (ORIGIN, "id.localhost")
