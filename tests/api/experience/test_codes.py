"""Codes that are asked for over the Experience API: how many go out."""

import pytest

from tests.api.experience.headless import Headless
from tests.world import World
from vestibule.domain.interactions.codes import PER_ADDRESS, WINDOW_MS

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
