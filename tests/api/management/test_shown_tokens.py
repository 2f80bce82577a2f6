"""ID tokens that a page got from a provider's own script, or a program from its kit: whoever has seen one has it."""

import asyncio
import base64
from typing import Any

import pytest

from tests.api.management.test_social import Linking, set_up, upstream, world
from tests.connectors.social.payloads import filled
from tests.connectors.social.upstream import Json, Said, Upstream
from tests.world import World
from vestibule.domain.expiry import expire

__all__ = ["upstream", "world"]

pytestmark = pytest.mark.anyio
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""
USED = (401, "connector.social_invalid_id_token")


async def google(world: World, upstream: Upstream) -> tuple[Linking, str]:
    """Set Google up; returns what One Tap would hand to a page."""
    linking = await set_up(world, upstream, "google-universal")
    trial = linking.trial
    upstream.answers["jwksUri"] = Said(filled("jwks", trial.record, trial.case, {}, None))
    return linking, str(filled("claims", trial.record, trial.case, {"iss": "https://accounts.google.com"}, None))


async def brought(linking: Linking, user: Json, token: str, key: str = "credential", **more: Any) -> tuple[int, Any]:
    """Bring a token with nothing beside it."""
    body = {"connectorId": linking.connector["id"], "connectorData": {key: token, **more}}
    answer = await linking.world.call("POST", f"/users/{user['id']}/identities", body)
    return answer.status_code, "" if answer.status_code == 200 else answer.json()["code"]


def mirrored(token: str) -> str:
    """Return a token with the other signature that ECDSA has for the same words: that of `n - s` beside that of `s`."""
    signed, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(f"{signature}==")
    other = raw[:32] + (ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    return f"{signed}.{base64.urlsafe_b64encode(other).decode().rstrip('=')}"


async def test_another_signature_of_the_same_words_is_good(world: World, upstream: Upstream) -> None:
    """So that the test below says something."""
    linking, token = await google(world, upstream)
    assert await brought(linking, await world.user(username="ana"), mirrored(token)) == (200, "")


async def test_a_credential_of_one_tap_counts_once(world: World, upstream: Upstream) -> None:
    """B73: for the same user, another one, and when it is written otherwise."""
    linking, token = await google(world, upstream)
    ana, eve = await world.user(username="ana"), await world.user(username="eve")
    assert await brought(linking, ana, token) == (200, "")
    for user in (ana, eve):
        assert await brought(linking, user, token) == USED
    await world.call("DELETE", f"/users/{ana['id']}/identities/google")
    for other in (token, mirrored(token), f"{token}=", f" {token}"):
        assert await brought(linking, eve, other) == USED, other[-4:]
    assert await linking.identities(eve) == {}


async def test_of_many_at_once_one_counts(world: World, upstream: Upstream) -> None:
    linking, token = await google(world, upstream)
    people = [await world.user(username=name) for name in ("ana", "ben", "eve")]
    done = await asyncio.gather(*(brought(linking, user, token) for user in people))
    assert sorted(done) == [(200, ""), USED, USED]


async def test_a_refused_token_is_not_remembered_and_a_used_one_until_it_is_over(
    world: World, upstream: Upstream
) -> None:
    linking, token = await google(world, upstream)
    ana = await world.user(username="ana")
    upstream.answers["jwksUri"] = Said({"keys": []})
    assert await brought(linking, ana, token) == USED
    upstream.answers["jwksUri"] = Said(filled("jwks", linking.trial.record, linking.trial.case, {}, None))
    assert await brought(linking, ana, token) == (200, "")
    for _ in range(12):
        world.clock.advance(seconds=60)
        await expire(world.server.ctx)
        assert await brought(linking, ana, token) == USED


async def test_a_token_of_apples_kit_counts_once(world: World, upstream: Upstream) -> None:
    linking = await set_up(world, upstream, "apple-universal")
    linking.trial.answer({"claims": {"nonce": None}})
    ana, eve = await world.user(username="ana"), await world.user(username="eve")
    token = str(linking.trial.data["id_token"])
    assert await brought(linking, ana, token, "id_token") == (200, "")
    assert await brought(linking, eve, token, "id_token") == USED
