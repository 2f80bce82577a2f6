"""What a newcomer says never reaches the account of whoever was recognised in the same sign-in (B40)."""

import pytest

from tests.api.experience.headless import Headless
from tests.api.experience.test_claims import ADDRESS, claimed, decide
from tests.api.experience.test_completing import NUMBER
from tests.api.experience.test_enrolment import NEEDED, policy
from tests.authenticator import give_totp
from tests.world import JSON, PASSWORD, World
from vestibule.domain.interactions import socials

pytestmark = pytest.mark.anyio
CONFLICT = (409, "session.identity_conflict")
OTHER = "another lazy door"


@pytest.fixture
async def ada(world: World) -> JSON:
    """Ada, who has a name, an address and a password; newcomers say a number beside a name."""
    name = {"identifier": "username", "password": True, "verificationCode": False, "isPasswordPrimary": True}
    mail = {"identifier": "email", "password": True, "verificationCode": True, "isPasswordPrimary": True}
    beside = [{"identifier": "phone", "verify": True}]
    sign_up = {"identifiers": ["username"], "password": True, "verify": True, "secondaryIdentifiers": beside}
    await decide(world, signIn={"methods": [name, mail]}, signUp=sign_up)
    return await world.user(username="ada", primaryEmail=ADDRESS, primaryPhone=NUMBER, password=PASSWORD)


async def proposed(program: Headless) -> JSON:
    """Choose a name and a password as somebody new does; returns what identifies by it."""
    body = {"identifier": {"type": "username", "value": "eve"}, "password": OTHER}
    made = await program.good("POST", "/verification/new-password-identity", body)
    return {"verificationId": made["verificationId"]}


async def stays(world: World, program: Headless) -> None:
    """The account is what it was: its password still signs in."""
    other = Headless(world, program.app)
    await other.begin()
    await other.identified()
    assert await other.code_for_tokens()
    (user,) = (await world.call("GET", "/users")).json()
    assert (user["username"], user["primaryEmail"]) == ("ada", ADDRESS)


async def test_whoever_was_recognised_gets_no_newcomers_password(world: World, program: Headless, ada: JSON) -> None:
    """Nor what else is said by going over to signing up, where more of that is missing and it is kept."""
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert await program.refused("POST", "/identification", await proposed(program)) == CONFLICT
    assert await program.refused("POST", "/identification", {}) == CONFLICT
    assert (await program.good("GET", "/interaction"))["profile"] == {}
    assert (await program.call("POST", "/submit")).status_code == 200
    await stays(world, program)


async def test_whoever_is_recognised_meanwhile_gets_none_either(
    world: World, program: Headless, ada: JSON, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign-up that is looked at while the same browser signs somebody in keeps nothing there."""
    await program.start("Register")
    record, found = await proposed(program), socials.with_free

    async def slow(*given: object) -> object:
        await program.good("PUT", "/interaction-event", {"interactionEvent": "SignIn"})
        await program.identify(await program.password())
        return await found(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(socials, "with_free", slow)
    assert await program.refused("POST", "/identification", record) == CONFLICT
    monkeypatch.undo()
    assert (await program.good("GET", "/interaction"))["profile"] == {}
    assert (await program.call("POST", "/submit")).status_code == 200
    await stays(world, program)


async def test_going_over_to_sign_up_is_no_way_around_the_factor_of_a_claimed_address(
    world: World, program: Headless
) -> None:
    """B62: what such an account says of itself is no excuse, whatever the event is called at the end."""
    user = await claimed(world, program)
    await policy(world, "UserControlled", "Totp")
    await give_totp(world, user)
    await world.call("PATCH", f"/users/{user['id']}/logto-configs", {"mfa": {"skipMfaOnSignIn": True}})
    await program.begin()
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    assert await program.refused("POST", "/submit") == NEEDED
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert await program.refused("POST", "/submit") == NEEDED
