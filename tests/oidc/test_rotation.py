"""Rotation of the signing keys under traffic, with clients that hold on to the key set they have (B113 in small)."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tests.oidc.world import PUBLIC_URL, World, worlds
from vestibule.domain.keys import POLL_MS, Keyring, rotate

pytestmark = pytest.mark.anyio

LIFE = 3600
STEP = 45
CACHE = 900
"""How long the stubborn clients keep a key set, whatever they meet."""


@dataclass
class Verifier:
    """A client that caches the key set and never asks before its time, not even for an unknown key."""

    keys: KeySet = field(default_factory=lambda: KeySet([]))
    until: float = 0

    async def accepts(self, world: World, server: Keyring, token: str) -> bool:
        now = world.clock.now() / 1000
        if now >= self.until:
            self.keys, self.until = KeySet.import_key_set(msgspec.json.decode(await server.jwks())), now + CACHE
        try:
            jws.deserialize_compact(token, self.keys, algorithms=["ES256"])
        except (JoseError, ValueError):
            return False
        return True


async def failures(world: World, grace: int, hours: float) -> int:
    """Let three servers sign and verify while the keys are rotated once; count what was refused wrongly."""
    servers = [Keyring(world.ctx) for _ in range(3)]
    clients = [Verifier() for _ in range(4)]
    live: list[tuple[float, str]] = []
    failed = 0
    for turn in range(int(hours * 3600 / STEP)):
        now = world.clock.now() / 1000
        if turn == 10:
            await rotate(world.ctx, grace)
        signer, other = servers[turn % 3], servers[(turn + 1) % 3]
        claims: dict[str, Any] = {"iss": f"{PUBLIC_URL}/oidc", "iat": now, "exp": now + LIFE, "jti": str(turn)}
        live = [(until, token) for until, token in live if until > now]
        live.append((now + LIFE, await signer.sign(claims)))
        for _, token in (live[0], live[-1]):
            failed += not await clients[turn % 4].accepts(world, other, token)
            await other.verify(token)
        world.clock.advance(seconds=STEP)
    return failed


async def test_no_client_notices_a_rotation_with_notice(database_url: str) -> None:
    """B113: published longer than clients cache before it signs, kept as long as what it signed lives."""
    async with worlds(database_url, VESTIBULE_SIGNING_ALGORITHM="ES256") as world:
        assert await failures(world, grace=3600, hours=3) == 0


async def test_a_rotation_without_notice_is_noticed(database_url: str) -> None:
    """B113: the control. The clients above would notice, so the test above can fail."""
    async with worlds(database_url, VESTIBULE_SIGNING_ALGORITHM="ES256") as world:
        assert await failures(world, grace=0, hours=0.5) > 0


async def test_a_key_is_published_everywhere_before_any_server_signs_with_it(world: World) -> None:
    """A server that has just looked publishes the new key a few seconds after the rotation, long before its time."""
    servers = [Keyring(world.ctx) for _ in range(3)]
    for server in servers:
        await server.jwks()
        world.clock.advance(seconds=1)
    kid = await rotate(world.ctx, 60)
    world.clock.advance(seconds=POLL_MS / 1000)
    for server in servers:
        assert kid in (await server.jwks()).decode()
        assert (await server.current()).kid != kid
    world.clock.advance(seconds=60)
    for server in servers:
        assert (await server.current()).kid == kid
