"""Steps of one sign-in that come at the same moment: none is lost, none counts twice."""

import asyncio

import pytest

from tests.api.experience.headless import Headless
from tests.world import PASSWORD, World

pytestmark = pytest.mark.anyio


async def test_no_write_of_two_is_lost(world: World, program: Headless) -> None:
    """Ten parts of a profile at once are all there afterwards."""
    await program.start("Register")
    names = ["givenName", "familyName", "middleName", "nickname", "website", "gender", "zoneinfo", "locale"]
    bodies = [{"type": "extraProfile", "values": {name: f"my {name}"}} for name in names]
    bodies += [{"type": "username", "value": "ada"}, {"type": "password", "value": PASSWORD}]
    answers = await asyncio.gather(*[program.call("POST", "/profile", body) for body in bodies])
    assert {answer.status_code for answer in answers} == {204}
    await program.identify(None)
    [user] = (await world.call("GET", "/users")).json()
    assert user["profile"] == {name: f"my {name}" for name in names}
    assert (user["username"], user["hasPassword"]) == ("ada", True)


async def test_one_account_is_made_of_one_sign_up(world: World, program: Headless) -> None:
    await program.start("Register")
    await program.good("POST", "/profile", {"type": "username", "value": "ada"})
    await program.good("POST", "/profile", {"type": "password", "value": PASSWORD})
    answers = await asyncio.gather(*[program.call("POST", "/identification", {}) for _ in range(8)])
    made = [answer for answer in answers if answer.status_code == 201]
    assert len(made) == 1
    assert {answer.status_code for answer in answers} <= {201, 409, 422}
    assert len((await world.call("GET", "/users")).json()) == 1


async def test_a_verification_identifies_once(world: World, program: Headless) -> None:
    await world.user(username="ada", password=PASSWORD)
    await program.start()
    body = {"verificationId": await program.password()}
    answers = await asyncio.gather(*[program.call("POST", "/identification", body) for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [204, *[404] * 7]


async def test_a_sign_in_is_submitted_once(world: World, program: Headless) -> None:
    await world.user(username="ada", password=PASSWORD)
    await program.identified()
    answers = await asyncio.gather(*[program.call("POST", "/submit") for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200, *[404] * 7]


async def test_a_forgotten_password_is_replaced_once(world: World, program: Headless) -> None:
    await world.user(username="ada", primaryEmail="ada@example.com", password=PASSWORD)
    await program.start("ForgotPassword")
    await program.identify(await program.verified_code("ada@example.com", "ForgotPassword"))
    await program.good("PUT", "/profile/password", {"password": "another lazy door"})
    answers = await asyncio.gather(*[program.call("POST", "/submit") for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [204, *[404] * 7]
