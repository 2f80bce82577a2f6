"""Codes that are asked for over the Experience API: how many go out, and to whom."""

import pytest

from tests.api.experience.headless import Headless
from tests.world import PASSWORD, World
from vestibule.domain.interactions.codes import PER_ADDRESS, WINDOW_MS
from vestibule.domain.outbox import list_messages

pytestmark = pytest.mark.anyio


def asked(number: int) -> dict[str, object]:
    """Return a wish for a code to one of many addresses."""
    identifier = {"type": "email", "value": f"someone{number}@example.com"}
    return {"identifier": identifier, "interactionEvent": "ForgotPassword"}


async def test_one_place_in_the_network_cannot_write_to_everybody(world: World, program: Headless) -> None:
    """B57: the limits of the recipients alone would let one machine send a message to each of a million people."""
    path = "/verification/verification-code"
    await program.start("ForgotPassword")
    for number in range(PER_ADDRESS):
        await program.good("POST", path, asked(number))
    assert await program.refused("POST", path, asked(PER_ADDRESS)) == (429, "request.message_rate_limited")
    world.clock.advance(seconds=WINDOW_MS // 1000)
    await program.good("POST", path, asked(PER_ADDRESS))


async def test_a_code_goes_to_the_stored_address_whatever_is_looked_up_alike(world: World, program: Headless) -> None:
    """A27: `ß` and `ss` are one to the look-up and two mailboxes; who has the other one learns nothing."""
    await world.user(primaryEmail="voss@example.com", password=PASSWORD)
    await program.start("ForgotPassword")
    sent = await program.send_code("voß@example.com", "ForgotPassword")
    (message,) = list_messages(world.outbox)
    assert message.to == "voss@example.com"
    wrong = program.code(sent, "vo\u00df@example.com", str(message.code))
    await program.good("POST", "/verification/verification-code/verify", wrong)
    assert "voss" not in (await program.call("GET", "/interaction")).text


async def test_a_mailbox_that_is_only_looked_up_alike_proves_nobody(world: World, program: Headless) -> None:
    """A27: an account that comes after the code went out is not that of whoever read the code."""
    await program.start("ForgotPassword")
    verification = await program.verified_code("voß@example.com", "ForgotPassword")
    await world.user(primaryEmail="voss@example.com", password=PASSWORD)
    refused = await program.refused("POST", "/identification", {"verificationId": verification})
    assert refused == (404, "user.user_not_exist")


async def test_a_phone_number_is_reached_in_any_spelling(world: World, program: Headless) -> None:
    user = await world.user(primaryPhone="33612345678", password=PASSWORD)
    await program.start("ForgotPassword")
    verification = await program.send_code("330612345678", "ForgotPassword", "phone")
    code = program.code(verification, "330612345678", world.code_for("33612345678"), "phone")
    await program.good("POST", "/verification/verification-code/verify", code)
    await program.identify(verification)
    assert (await program.good("GET", "/interaction"))["userId"] == user["id"]
