"""A lockout is of the password: who proves an address by a code gets in, however often strangers guess."""

import pytest

from tests.api.experience.headless import Headless, headless
from tests.api.experience.test_passkeys import SIGN_IN, WHO, another, bound, passkeys_on, signed
from tests.passkeys import Passkey
from tests.world import PASSWORD, World
from vestibule.domain import attempts
from vestibule.domain.sign_in_experience import DEFAULT_TRIES
from vestibule.errors import TooManyAttempts

pytestmark = pytest.mark.anyio
BLOCKED = (400, "session.verification_blocked_too_many_attempts")
ADDRESS, FRESH = "ada@example.com", "another lazy door"


async def locked(world: World) -> str:
    """Make ada, and let a stranger guess until her account takes no password; returns her id."""
    user = await world.user(username="ada", primaryEmail=ADDRESS, password=PASSWORD)
    await guessed_at(world)
    return str(user["id"])


async def guessed_at(world: World) -> None:
    """Guess until ada's account takes no password."""
    stranger = await headless(world)
    await stranger.begin()
    await stranger.start()
    guess = {"identifier": {"type": "username", "value": "ada"}, "password": "wrong"}
    for _ in range(DEFAULT_TRIES):
        assert (await stranger.refused("POST", "/verification/password", guess))[0] == 422
    assert await stranger.refused("POST", "/verification/password", guess) == BLOCKED


async def replace_password(program: Headless) -> None:
    """Replace a forgotten password by a code."""
    await program.start("ForgotPassword")
    await program.identify(await program.verified_code(ADDRESS, "ForgotPassword"))
    await program.good("PUT", "/profile/password", {"password": FRESH})
    await program.good("POST", "/submit")


async def test_a_forgotten_password_is_replaced_in_the_midst_of_a_lockout(world: World, program: Headless) -> None:
    """B51: and the new one signs in at once: what was guessed at is no more."""
    await locked(world)
    await replace_password(program)
    await program.start()
    await program.identify(await program.password(password=FRESH))
    assert await program.code_for_tokens()


async def test_a_new_password_begins_no_new_count_of_tries_at_a_factor(world: World, program: Headless) -> None:
    """B60: the second factor keeps its own."""
    user_id = await locked(world)
    world.clock.advance(seconds=attempts.WINDOW_MS // 1000)
    for _ in range(DEFAULT_TRIES):
        await attempts.begin(world.server.ctx, user_id, factor=True)
    await replace_password(program)
    with pytest.raises(TooManyAttempts):
        await attempts.begin(world.server.ctx, user_id, factor=True)


async def test_an_account_is_locked_to_strangers_by_time_alone(world: World, program: Headless) -> None:
    """B51: and never for good."""
    await locked(world)
    world.clock.advance(seconds=attempts.WINDOW_MS // 1000)
    await program.start()
    await program.identify(await program.password())
    assert await program.code_for_tokens()


async def test_a_code_signs_in_in_the_midst_of_a_lockout(world: World, program: Headless) -> None:
    """B51: whatever strangers guess at, who reads the mail to the address gets in."""
    method = {"identifier": "email", "password": True, "verificationCode": True, "isPasswordPrimary": True}
    by_name = {"identifier": "username", "password": True, "verificationCode": False, "isPasswordPrimary": True}
    decided = await world.call("PATCH", "/sign-in-exp", {"signIn": {"methods": [method, by_name]}})
    assert decided.status_code == 200, decided.text
    await locked(world)
    await program.start()
    await program.identify(await program.verified_code(ADDRESS, "SignIn"))
    assert await program.code_for_tokens()


async def test_a_passkey_signs_in_in_the_midst_of_a_lockout(world: World, program: Headless) -> None:
    """B51."""
    await world.user(username="ada", password=PASSWORD)
    await passkeys_on(world)
    await program.identified()
    key = Passkey()
    await bound(program, key)
    assert await program.code_for_tokens()
    await guessed_at(world)
    again = await another(world)
    await again.start()
    done = await again.good("POST", f"{SIGN_IN}/verify", await signed(again, key, SIGN_IN, WHO))
    await again.identify(done["verificationId"])
    assert await again.code_for_tokens()
