"""Addresses that somebody only claimed, and what is theirs once they prove them; proofs that are over meanwhile."""

from typing import Any

import pytest

from tests.api.experience.headless import Headless, headless
from tests.api.experience.test_enrolment import NEEDED, factors_of, policy
from tests.api.experience.test_passkeys import NEW, SIGN_IN, WHO, another, bound, passkeys_on, signed
from tests.authenticator import code_at, give_totp
from tests.pages.visitor import CALLBACK, visitor
from tests.passkeys import Passkey
from tests.world import JSON, PASSWORD, World
from vestibule.domain import deletion
from vestibule.store import interactions

pytestmark = pytest.mark.anyio
ADDRESS = "ada@example.com"
WRONG = (422, "session.invalid_credentials")


async def decide(world: World, **body: Any) -> None:
    """Set something of the sign-in experience."""
    answer = await world.call("PATCH", "/sign-in-exp", body)
    assert answer.status_code == 200, answer.text


def sign_up(*, verify: bool = False, password: bool = True, beside: tuple[str, ...] = ()) -> JSON:
    """Return e-mail as what people register with, and a proven one of it where `verify` says so."""
    more = [{"identifier": one, "verify": verify} for one in beside]
    return {"identifiers": ["email"], "password": password, "verify": verify, "secondaryIdentifiers": more}


async def ways(world: World) -> None:
    """Let people in by e-mail and password, by e-mail and code, and register unproven."""
    method = {"identifier": "email", "password": True, "verificationCode": True, "isPasswordPrimary": True}
    await decide(world, signIn={"methods": [method]}, signUp=sign_up())


async def claimed(world: World, program: Headless) -> JSON:
    """A stranger registers with ada's address, and makes a token; returns the account."""
    await ways(world)
    page = await visitor(world).begin(program.app, first_screen="register")
    await page.submit(identifier=ADDRESS, password=PASSWORD)
    assert page.address.startswith(CALLBACK)
    (user,) = (await world.call("GET", "/users")).json()
    await world.call("POST", f"/users/{user['id']}/personal-access-tokens", {"name": "mine"})
    await world.call("PUT", f"/users/{user['id']}/identities/github", {"userId": "a stranger"})
    return dict(user)


async def test_whoever_proves_an_address_shuts_out_whoever_only_claimed_it(world: World, program: Headless) -> None:
    """A24: an account that was prepared for somebody does not stay open to who prepared it."""
    user = await claimed(world, program)
    path = f"/users/{user['id']}"
    assert (await world.call("GET", f"{path}/sessions")).json()["sessions"]
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    assert await program.code_for_tokens()
    assert (await world.call("GET", f"{path}/has-password")).json() == {"hasPassword": False}
    assert (await world.call("GET", f"{path}/personal-access-tokens")).json() == []
    assert len((await world.call("GET", f"{path}/sessions")).json()["sessions"]) == 1
    assert (await world.call("GET", path)).json()["identities"] == {}
    again = await headless(world)
    await again.begin()
    await again.start()
    body = {"identifier": {"type": "email", "value": ADDRESS}, "password": PASSWORD}
    assert await again.refused("POST", "/verification/password", body) == WRONG


async def test_a_password_that_was_shown_with_the_code_stays(world: World, program: Headless) -> None:
    user = await claimed(world, program)
    await program.start()
    await program.password("email", ADDRESS)
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    assert await program.code_for_tokens()
    assert (await world.call("GET", f"/users/{user['id']}/has-password")).json() == {"hasPassword": True}


async def test_an_address_that_is_known_to_be_theirs_changes_nothing(world: World, program: Headless) -> None:
    await ways(world)
    user = await world.user(primaryEmail=ADDRESS, password=PASSWORD)
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    assert await program.code_for_tokens()
    assert (await world.call("GET", f"/users/{user['id']}/has-password")).json() == {"hasPassword": True}


async def test_a_forgotten_password_is_the_owners_from_then_on(world: World, program: Headless) -> None:
    user = await claimed(world, program)
    await program.start("ForgotPassword")
    await program.identify(await program.verified_code(ADDRESS, "ForgotPassword"))
    await program.good("PUT", "/profile/password", {"password": "another lazy door"})
    await program.good("POST", "/submit")
    assert (await world.call("GET", f"/users/{user['id']}/has-password")).json() == {"hasPassword": True}
    assert (await world.call("GET", f"/users/{user['id']}/personal-access-tokens")).json() == []


async def test_the_address_that_one_registers_by_is_no_second_factor_though_more_is_asked(
    world: World, program: Headless
) -> None:
    """A21: one mailbox is one factor, whatever is said after the code."""
    await policy(world, "Mandatory", "Totp", "EmailVerificationCode")
    await decide(world, signUp=sign_up(verify=True, password=False, beside=("username",)))
    await program.start("Register")
    identify = {"verificationId": await program.verified_code(ADDRESS, "Register")}
    assert (await program.refused("POST", "/identification", identify))[1] == "user.missing_profile"
    await program.good("POST", "/profile", {"type": "username", "value": "ada"})
    await program.identify(None)
    answer = await program.call("POST", "/submit")
    assert (answer.status_code, answer.json()["code"]) == (422, "user.missing_mfa")
    assert answer.json()["data"]["availableFactors"] == ["Totp"]


async def test_a_passkey_that_was_removed_finishes_no_sign_in(world: World, program: Headless) -> None:
    """B30: also none in which it was shown before."""
    user = await world.user(username="ada", password=PASSWORD)
    await passkeys_on(world)
    await program.identified()
    key = Passkey()
    await bound(program, key)
    assert await program.code_for_tokens()
    again = await another(world)
    await again.start()
    done = await again.good("POST", f"{SIGN_IN}/verify", await signed(again, key, SIGN_IN, WHO))
    await again.identify(done["verificationId"])
    path = f"/users/{user['id']}/mfa-verifications"
    (factor,) = (await world.call("GET", path)).json()
    assert (await world.call("DELETE", f"{path}/{factor['id']}")).status_code == 204
    assert await again.refused("POST", "/submit") == WRONG


async def test_other_sessions_end_when_a_factor_is_set_up_at_sign_in(world: World, program: Headless) -> None:
    """B40."""
    user = await world.user(username="ada", password=PASSWORD)
    await program.identified()
    assert await program.code_for_tokens()
    await passkeys_on(world)
    here = await another(world)
    await here.identified()
    assert await here.code_for_tokens()
    await here.begin(prompt="login")
    await here.identified()
    await bound(here, Passkey())
    assert await here.code_for_tokens()
    assert len((await world.call("GET", f"/users/{user['id']}/sessions")).json()["sessions"]) == 1


async def test_a_factor_that_is_refused_or_put_off_is_in_the_trail(world: World, program: Headless) -> None:
    """B95."""
    await policy(world, "UserControlled", "Totp", "WebAuthn")
    user = await world.user(username="ada", password=PASSWORD)
    await program.identified()
    made = await program.good("POST", "/verification/totp/secret")
    await program.refused("POST", "/verification/totp/verify", {"code": "x", "verificationId": made["verificationId"]})
    asked = await program.good("POST", NEW)
    payload = Passkey(origin="https://evil.example").create(asked["registrationOptions"])
    await program.refused("POST", f"{NEW}/verify", {"verificationId": asked["verificationId"], "payload": payload})
    await program.good("POST", "/profile/mfa/mfa-skipped")
    entries = (await world.call("GET", f"/logs?userId={user['id']}&page_size=50")).json()
    found = {(entry["key"], entry["payload"]["result"]) for entry in entries}
    assert ("Interaction.SignIn.BindMfa.Totp.Submit", "Error") in found
    assert ("Interaction.SignIn.BindMfa.WebAuthn.Submit", "Error") in found
    assert ("Interaction.SignIn.BindMfa.Update", "Success") in found


async def test_a_deletion_ends_what_names_the_user_however_much_that_is(world: World, program: Headless) -> None:
    """Page by page: strangers may have begun as many sign-ins with the name as they like."""
    user = await world.user(username="ada")
    for _ in range(interactions.PAGE + 3):
        await program.begin(login_hint="ada")
    await deletion.delete_user(world.server.ctx, str(user["id"]), "somebody")
    assert await program.refused("GET", "/interaction") == (400, "session.not_found")


@pytest.mark.parametrize("chosen", [{}, {"skipMfaOnSignIn": True}])
async def test_a_factor_that_is_asked_for_stays_and_is_asked_for(
    world: World, program: Headless, chosen: dict[str, bool]
) -> None:
    """A21: also where the account says that it need not be shown."""
    user = await claimed(world, program)
    await give_totp(world, user)
    await world.call("PATCH", f"/users/{user['id']}/logto-configs", {"mfa": chosen})
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    assert await program.refused("POST", "/submit") == NEEDED
    assert await factors_of(world, user) == ["Totp"]


async def test_a_forgotten_password_takes_no_factor(world: World, program: Headless) -> None:
    """B53."""
    user = await claimed(world, program)
    await give_totp(world, user)
    await program.start("ForgotPassword")
    await program.identify(await program.verified_code(ADDRESS, "ForgotPassword"))
    await program.good("PUT", "/profile/password", {"password": "another lazy door"})
    await program.good("POST", "/submit")
    assert await factors_of(world, user) == ["Totp"]


async def test_what_is_set_up_while_an_address_is_proven_is_the_owners(world: World, program: Headless) -> None:
    user = await claimed(world, program)
    await policy(world, "Mandatory", "Totp")
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    made = await program.good("POST", "/verification/totp/secret")
    body = {"verificationId": made["verificationId"], "code": code_at(world.clock.now(), made["secret"])}
    await program.good("POST", "/verification/totp/verify", body)
    await program.good("POST", "/profile/mfa", {"type": "Totp", "verificationId": made["verificationId"]})
    assert await program.code_for_tokens()
    assert await factors_of(world, user) == ["Totp"]


async def test_a_claimed_address_is_free_where_another_was_proven(world: World, program: Headless) -> None:
    """A24: whoever proved the other one could come back through it."""
    user = await claimed(world, program)
    await world.call("PATCH", f"/users/{user['id']}", {"primaryPhone": "4915112345678"})
    await decide(world, signUp=sign_up(verify=True, password=False))
    await program.start()
    identify = {"verificationId": await program.verified_code(ADDRESS, "SignIn")}
    assert await program.refused("POST", "/identification", identify) == (404, "user.user_not_exist")
    assert (await world.call("GET", f"/users/{user['id']}")).json()["primaryEmail"] is None
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    await program.identify(identify["verificationId"])
    assert await program.code_for_tokens()
    assert len((await world.call("GET", "/users")).json()) == 2


async def test_another_address_that_was_only_claimed_goes(world: World, program: Headless) -> None:
    """A24."""
    await ways(world)
    await decide(world, signUp=sign_up(beside=("phone",)))
    page = await visitor(world).begin(program.app, first_screen="register")
    await page.submit(identifier=ADDRESS, password=PASSWORD)
    await page.submit(identifier="4915112345678")
    assert page.address.startswith(CALLBACK), page.text
    (user,) = (await world.call("GET", "/users")).json()
    assert user["primaryPhone"]
    await decide(world, signUp=sign_up())
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    assert await program.code_for_tokens()
    assert (await world.call("GET", f"/users/{user['id']}")).json()["primaryPhone"] is None
