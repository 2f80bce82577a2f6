"""Signing in and registering by password: what is told, what is not, what is counted."""

from typing import Any

import pytest

from tests.api.experience.headless import Headless, headless
from tests.world import PASSWORD, World
from vestibule.domain.attempts import PER_ADDRESS
from vestibule.domain.sign_in_experience import DEFAULT_TRIES

pytestmark = pytest.mark.anyio
BLOCKED = (400, "session.verification_blocked_too_many_attempts")
ADA = {"username": "ada", "primaryEmail": "ada@example.com", "primaryPhone": "33612345678", "password": PASSWORD}


def body(kind: str, value: str, password: str = PASSWORD) -> dict[str, Any]:
    return {"identifier": {"type": kind, "value": value}, "password": password}


@pytest.mark.parametrize(
    ("kind", "value"), [("username", "ada"), ("email", "ADA@example.com"), ("phone", "33612345678")]
)
async def test_each_identifier_with_its_password_signs_in(
    world: World, program: Headless, kind: str, value: str
) -> None:
    user = await world.user(**ADA)
    await program.start()
    verification = await program.password(kind, value)
    [record] = (await program.good("GET", "/interaction"))["verificationRecords"]
    assert record == {
        "id": verification,
        "type": "Password",
        "identifier": {"type": kind, "value": value},
        "userId": user["id"],
        "verified": True,
    }
    await program.identify(verification)
    assert (await program.good("GET", "/interaction"))["userId"] == user["id"]
    assert await program.code_for_tokens()


@pytest.mark.parametrize(
    ("kind", "value", "password"),
    [
        ("username", "ada", "wrong"),
        ("username", "nobody", PASSWORD),
        ("email", "nobody@example.com", PASSWORD),
        ("phone", "33699999999", PASSWORD),
        ("email", "ada", PASSWORD),
        ("username", "ada@example.com", PASSWORD),
    ],
)
async def test_unknown_and_wrong_read_alike(
    world: World, program: Headless, kind: str, value: str, password: str
) -> None:
    """B50: and an identifier of one kind is not looked up as another."""
    await world.user(**ADA)
    await program.start()
    answer = await program.call("POST", "/verification/password", body(kind, value, password))
    assert answer.status_code == 422
    assert answer.json() == {"code": "session.invalid_credentials", "message": "The password is not right."}


async def test_tries_over_all_identifiers_and_faces_share_one_counter(world: World, program: Headless) -> None:
    """B51: the right password is refused, too, once the limit is reached."""
    await world.user(**ADA)
    await program.start()
    for at in range(DEFAULT_TRIES):
        kind, value = [("username", "ada"), ("email", "ada@example.com"), ("phone", "33612345678")][at % 3]
        assert (await program.refused("POST", "/verification/password", body(kind, value, "no")))[0] == 422
    assert await program.refused("POST", "/verification/password", body("username", "ada")) == BLOCKED


async def test_a_suspended_user_is_told_at_identification(world: World, program: Headless) -> None:
    user = await world.user(**ADA)
    await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    await program.start()
    verification = await program.password()
    refused = await program.refused("POST", "/identification", {"verificationId": verification})
    assert refused == (401, "user.suspended")
    assert await program.refused("POST", "/submit") == (400, "session.identifier_not_found")


@pytest.mark.parametrize("change", ["suspend", "password", "delete"])
async def test_what_happens_to_an_account_during_a_sign_in_ends_it(
    world: World, program: Headless, change: str
) -> None:
    """B30."""
    user = await world.user(**ADA)
    await program.identified()
    world.clock.advance(seconds=1)
    if change == "suspend":
        await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    elif change == "password":
        await world.call("PATCH", f"/users/{user['id']}/password", {"password": "another lazy door"})
    else:
        await world.call("DELETE", f"/users/{user['id']}")
    over = (400, "session.not_found") if change == "delete" else (422, "session.invalid_credentials")
    assert await program.refused("POST", "/submit") == over


async def test_a_verification_is_used_once_and_by_one_person(world: World, program: Headless) -> None:
    await world.user(**ADA)
    await world.user(username="eve", password=PASSWORD)
    await program.start()
    verification = await program.password()
    await program.identify(verification)
    gone = (404, "session.verification_session_not_found")
    assert await program.refused("POST", "/identification", {"verificationId": verification}) == gone
    assert await program.refused("POST", "/identification", {"verificationId": "x" * 21}) == gone
    other = await program.password(value="eve")
    conflict = await program.refused("POST", "/identification", {"verificationId": other})
    assert conflict == (409, "session.identity_conflict")
    await program.start()
    assert await program.refused("POST", "/submit") == (400, "session.identifier_not_found")


async def test_somebody_registers_with_name_and_password(world: World, program: Headless) -> None:
    await program.start("Register")
    new = {"identifier": {"type": "username", "value": "ada"}, "password": PASSWORD}
    verification = (await program.good("POST", "/verification/new-password-identity", new))["verificationId"]
    seen = await program.call("GET", "/interaction")
    assert "argon2" not in seen.text
    extra = {"type": "extraProfile", "values": {"name": "Ada", "givenName": "Augusta", "isSuspended": True}}
    await program.good("POST", "/profile", extra)
    made = await program.call("POST", "/identification", {"verificationId": verification})
    assert (made.status_code, made.text) == (201, "Created")
    assert await program.code_for_tokens()
    [user] = (await world.call("GET", "/users")).json()
    assert (user["username"], user["name"], user["profile"]) == ("ada", "Ada", {"givenName": "Augusta"})
    assert (user["isSuspended"], user["hasPassword"]) == (False, True)


async def test_an_account_is_made_of_its_parts(world: World, program: Headless) -> None:
    """What is missing is named, and can be added one by one."""
    await program.start("Register")
    missing = await program.call("POST", "/identification", {})
    assert (missing.status_code, missing.json()["code"]) == (422, "user.missing_profile")
    assert missing.json()["data"] == {"missingProfile": ["username", "password"]}
    await program.good("POST", "/profile", {"type": "username", "value": "ada"})
    assert (await program.call("POST", "/identification", {})).json()["data"] == {"missingProfile": ["password"]}
    weak = await program.refused("POST", "/profile", {"type": "password", "value": "password1"})
    assert weak == (422, "password.rejected")
    await program.good("POST", "/profile", {"type": "password", "value": PASSWORD})
    assert (await program.call("POST", "/identification", {})).status_code == 201
    late = await program.refused("POST", "/profile", {"type": "username", "value": "eve"})
    assert late == (403, "auth.forbidden")
    assert await program.code_for_tokens()


async def test_a_password_that_came_first_is_judged_against_the_name_that_came_after(
    world: World, program: Headless
) -> None:
    """B46: in whatever order the parts come; another password does instead."""
    await program.start("Register")
    await program.good("POST", "/profile", {"type": "password", "value": "ada_lovelace1"})
    await program.good("POST", "/profile", {"type": "username", "value": "ada_lovelace"})
    refused = await program.call("POST", "/identification", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "password.rejected")
    assert refused.json()["data"] == [{"code": "password_rejected.restricted.user_info"}]
    assert "ada_lovelace1" not in (await program.call("GET", "/interaction")).text
    await program.good("POST", "/profile", {"type": "password", "value": PASSWORD})
    await program.good("POST", "/profile", {"type": "username", "value": "countess"})
    assert (await program.call("POST", "/identification", {})).status_code == 201


async def test_a_password_is_judged_against_an_address_that_is_added_after_it(world: World, program: Headless) -> None:
    """B46."""
    await program.start("Register")
    new = {"identifier": {"type": "username", "value": "ada"}, "password": "lovelace1815"}
    verification = (await program.good("POST", "/verification/new-password-identity", new))["verificationId"]
    code = await program.verified_code("lovelace@example.com", "Register")
    await program.good("POST", "/profile", {"type": "email", "verificationId": code})
    refused = await program.refused("POST", "/identification", {"verificationId": verification})
    assert refused == (422, "password.rejected")


async def test_names_cannot_be_asked_for_without_end(world: World, program: Headless) -> None:
    """B51: neither by new passwords nor by the profile."""
    await world.user(**ADA)
    new = {"identifier": {"type": "username", "value": "ada"}, "password": PASSWORD}
    name = {"type": "username", "value": "ada"}
    await program.start("Register")
    for _ in range(PER_ADDRESS // 2):
        for path, sent in (("/verification/new-password-identity", new), ("/profile", name)):
            assert await program.refused("POST", path, sent) == (422, "user.username_already_in_use")
    for path, sent in (("/verification/new-password-identity", new), ("/profile", name)):
        assert await program.refused("POST", path, sent) == BLOCKED


async def test_who_registers_by_an_address_has_no_user_name(world: World, program: Headless) -> None:
    sign_up = {"identifiers": ["email"], "password": True, "verify": False}
    await world.call("PATCH", "/sign-in-exp", {"signUp": sign_up})
    await program.start("Register")
    refused = await program.refused("POST", "/profile", {"type": "username", "value": "ada"})
    assert refused == (422, "user.sign_in_method_not_enabled")


async def test_the_old_password_cannot_be_guessed_by_choosing_it_again(world: World, program: Headless) -> None:
    """B51: whoever reads somebody's mail learns no password from it; a lock on the password stands in nobody's way."""
    await world.user(**ADA)
    for _ in range(DEFAULT_TRIES):
        await program.start()
        assert (await program.refused("POST", "/verification/password", body("username", "ada", "no")))[0] == 422
    await program.start("ForgotPassword")
    await program.identify(await program.verified_code("ada@example.com", "ForgotPassword"))
    for _ in range(DEFAULT_TRIES):
        same = await program.refused("PUT", "/profile/password", {"password": PASSWORD})
        assert same == (422, "user.same_password")
    assert await program.refused("PUT", "/profile/password", {"password": PASSWORD}) == BLOCKED
    assert await program.refused("PUT", "/profile/password", {"password": "another lazy door"}) == BLOCKED


async def test_a_name_that_is_taken_is_told(world: World, program: Headless) -> None:
    await world.user(**ADA)
    await program.start("Register")
    new = {"identifier": {"type": "username", "value": "ada"}, "password": PASSWORD}
    taken = (422, "user.username_already_in_use")
    assert await program.refused("POST", "/verification/new-password-identity", new) == taken
    assert await program.refused("POST", "/profile", {"type": "username", "value": "ada"}) == taken


async def test_closed_modes_are_closed_at_every_step(world: World, program: Headless) -> None:
    await world.user(**ADA)
    forbidden = (403, "auth.forbidden")
    await program.identified()
    await world.call("PATCH", "/sign-in-exp", {"signInMode": "Register"})
    assert await program.refused("POST", "/submit") == forbidden
    assert await program.refused("PUT", "", {"interactionEvent": "SignIn"}) == forbidden
    assert await program.refused("POST", "/verification/password", body("username", "ada")) == forbidden
    await world.call("PATCH", "/sign-in-exp", {"signInMode": "SignIn"})
    assert await program.refused("PUT", "", {"interactionEvent": "Register"}) == forbidden
    assert await program.refused("PUT", "/interaction-event", {"interactionEvent": "Register"}) == forbidden


async def test_whoever_was_recognised_is_not_signed_in_as_a_newcomer_where_nobody_may_sign_in(
    world: World, program: Headless
) -> None:
    await world.user(**ADA)
    await program.identified()
    await world.call("PATCH", "/sign-in-exp", {"signInMode": "Register"})
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert await program.refused("POST", "/submit") == (403, "auth.forbidden")
    await world.call("PATCH", "/sign-in-exp", {"signInMode": "SignIn"})
    assert await program.code_for_tokens()


async def test_whoever_just_registered_is_let_in_where_people_only_register(world: World, program: Headless) -> None:
    await program.start("Register")
    new = {"identifier": {"type": "username", "value": "ada"}, "password": PASSWORD}
    made = await program.good("POST", "/verification/new-password-identity", new)
    await program.call("POST", "/identification", {"verificationId": made["verificationId"]})
    await program.good("PUT", "/interaction-event", {"interactionEvent": "SignIn"})
    await world.call("PATCH", "/sign-in-exp", {"signInMode": "SignIn"})
    assert await program.refused("POST", "/submit") == (403, "auth.forbidden")
    await world.call("PATCH", "/sign-in-exp", {"signInMode": "Register"})
    assert await program.code_for_tokens()


async def test_a_method_that_is_off_is_told(world: World, program: Headless) -> None:
    await world.user(**ADA)
    one = {"identifier": "email", "password": True, "verificationCode": False, "isPasswordPrimary": True}
    await world.call("PATCH", "/sign-in-exp", {"signIn": {"methods": [one]}})
    await program.start()
    off = (422, "user.sign_in_method_not_enabled")
    assert await program.refused("POST", "/verification/password", body("username", "ada")) == off
    assert await program.password("email", "ada@example.com")


async def test_a_password_that_has_expired_is_replaced_before_the_end(world: World, program: Headless) -> None:
    user = await world.user(**ADA)
    await world.call("PATCH", "/sign-in-exp", {"passwordExpiration": {"enabled": True, "validPeriodDays": 90}})
    await program.identified()
    early = await program.refused("POST", "/profile", {"type": "password", "value": "another lazy door"})
    assert early == (403, "auth.forbidden"), "one that has not expired stays"
    await world.call("PATCH", f"/users/{user['id']}/password/expiration", {"isExpired": True})
    assert await program.refused("POST", "/submit") == (422, "password.expired")
    same = await program.refused("POST", "/profile", {"type": "password", "value": PASSWORD})
    assert same == (422, "user.same_password")
    await program.good("POST", "/profile", {"type": "password", "value": "another lazy door"})
    verify = f"/users/{user['id']}/password/verify"
    assert (await world.call("POST", verify, {"password": PASSWORD})).status_code == 204, "written at the end"
    assert await program.code_for_tokens()
    assert (await world.call("POST", verify, {"password": "another lazy door"})).status_code == 204


async def test_who_registers_signs_nobody_else_in(world: World, program: Headless) -> None:
    """A proof for one event is none for another."""
    await world.user(**ADA)
    await program.start()
    verification = await program.password()
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    failed = await program.refused("POST", "/identification", {"verificationId": verification})
    assert failed == (400, "session.verification_failed")
    wrong = await program.refused("PUT", "/interaction-event", {"interactionEvent": "ForgotPassword"})
    assert wrong == (400, "session.not_supported_for_forgot_password")
    other = await headless(world)
    await other.begin()
    await other.start()
    assert (await other.refused("POST", "/identification", {"verificationId": verification}))[0] == 404


async def test_what_a_newcomer_chose_never_reaches_the_account_of_somebody_recognised_afterwards(
    world: World, program: Headless
) -> None:
    """B56: a password given to register does not replace that of whoever signs in after the event was switched."""
    await world.user(**ADA)
    await program.start("Register")
    await program.good("POST", "/profile", {"type": "password", "value": "another horse battery"})
    await program.good("PUT", "/interaction-event", {"interactionEvent": "SignIn"})
    await program.identify(await program.password())
    await program.good("POST", "/submit")
    again = await headless(world)
    await again.begin()
    await again.start()
    assert (await again.refused("POST", "/verification/password", body("username", "ada", "another horse battery")))[
        0
    ] == 422
    assert await again.password()


async def test_a_way_in_that_is_closed_midway_is_closed_for_proofs_of_before(world: World, program: Headless) -> None:
    await world.user(**ADA)
    await program.start()
    verification = await program.password()
    only = {"identifier": "email", "password": True, "verificationCode": False, "isPasswordPrimary": True}
    await world.call("PATCH", "/sign-in-exp", {"signIn": {"methods": [only]}})
    assert await program.refused("POST", "/identification", {"verificationId": verification}) == (
        422,
        "user.sign_in_method_not_enabled",
    )
