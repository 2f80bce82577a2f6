"""The ring: what it signs and verifies, how rotation reaches running servers."""

import asyncio
import base64
import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey

from tests.oidc.world import PUBLIC_URL, World
from vestibule.crypto import SealError
from vestibule.domain.jose import generate
from vestibule.domain.keys import CACHED_TOKENS, Keyring, ensure_keys, rotate, withdraw_previous
from vestibule.errors import TokenRejected
from vestibule.store.signing_keys import ALL

pytestmark = pytest.mark.anyio

ISSUER = f"{PUBLIC_URL}/oidc"


def encode(content: Any) -> str:
    raw = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def payload(world: World, **more: Any) -> dict[str, Any]:
    now = world.clock.now() // 1000
    return {"iss": ISSUER, "sub": "someone", "iat": now, "exp": now + 3600, **more}


async def header(world: World, **more: Any) -> dict[str, Any]:
    key = await world.keys.current()
    return {"alg": key.algorithm, "typ": "at+jwt", "kid": key.kid, **more}


async def refused(world: World, token: str) -> str:
    with pytest.raises(TokenRejected) as caught:
        await world.keys.verify(token)
    return caught.value.reason


async def test_a_signed_token_verifies_and_says_what_it_said(world: World) -> None:
    claims = payload(world)
    assert await world.keys.verify(await world.keys.sign(claims)) == claims


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE"])
async def test_an_unsigned_token_is_refused(world: World, algorithm: str) -> None:
    """B1, A13: alg none in any case, with and without signature."""
    head = encode(await header(world, alg=algorithm))
    await refused(world, f"{head}.{encode(payload(world))}.")
    await refused(world, f"{head}.{encode(payload(world))}.{encode(b'x' * 96)}")


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
async def test_our_public_key_is_no_shared_secret(world: World, encoding: Encoding) -> None:
    """B2, A14: HS256 keyed with our public key, as PEM and as DER."""
    (public,) = (await world.client().get("/oidc/jwks")).json()["keys"]
    secret = ECKey.import_key(public).public_key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    message = f"{encode(await header(world, alg='HS256'))}.{encode(payload(world))}"
    mac = hmac.new(secret, message.encode(), sha256).digest()
    assert await refused(world, f"{message}.{encode(mac)}") == "another algorithm"


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
async def test_a_key_inside_the_token_is_not_believed(world: World, member: str) -> None:
    """B3, A12: the attacker's key in the header changes nothing."""
    foreign = generate("ES384")
    value: Any = msgspec.json.decode(foreign.public) if member == "jwk" else "https://evil.example/keys"
    head = await header(world, **{member: [value] if member == "x5c" else value})
    signed = foreign.sign(payload(world), "at+jwt")
    await refused(world, f"{encode(head)}.{signed.split('.', 1)[1]}")


@pytest.mark.parametrize("extra", [{"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": False}, {"b64": False}])
async def test_a_critical_header_is_refused(world: World, extra: dict[str, Any]) -> None:
    """B4, A15: unknown crit entries."""
    signed = await world.keys.sign(payload(world))
    forged = f"{encode(await header(world, **extra))}.{signed.split('.', 1)[1]}"
    assert await refused(world, forged) == "critical header"


async def test_an_id_token_is_no_access_token_and_the_reverse(world: World) -> None:
    """B5: told apart by `typ`."""
    id_token, access = await world.keys.sign(payload(world), None), await world.keys.sign(payload(world))
    assert await refused(world, id_token) == "another kind of token"
    with pytest.raises(TokenRejected):
        await world.keys.verify_hint(access)
    assert (await world.keys.verify_hint(id_token))["sub"] == "someone"


async def test_time_limits_hold_from_the_cache_too(world: World) -> None:
    """B7: expired means refused, also for a token verified a moment ago; `nbf` 61 s ahead is refused."""
    token = await world.keys.sign(payload(world))
    await world.keys.verify(token)
    world.clock.advance(seconds=3601)
    assert await refused(world, token) == "expired"
    early = payload(world, nbf=world.clock.now() // 1000 + 61)
    assert await refused(world, await world.keys.sign(early)) == "not valid yet"
    await world.keys.verify(await world.keys.sign(payload(world, nbf=world.clock.now() // 1000 + 59)))


@pytest.mark.parametrize("expiry", [None, "soon", True])
async def test_a_token_must_say_when_it_ends(world: World, expiry: Any) -> None:
    assert await refused(world, await world.keys.sign(payload(world, exp=expiry))) == "no expiry"


async def test_another_issuer_is_refused(world: World) -> None:
    token = await world.keys.sign(payload(world, iss="https://evil.example/oidc"))
    assert await refused(world, token) == "another issuer"


MANGLED: list[Callable[[str], str]] = [
    lambda token: token[:-1],
    lambda token: token + "A",
    lambda token: token.replace(".", "", 1),
    lambda token: f"{token}.{token}",
    lambda token: "." + token.split(".", 1)[1],
    lambda token: "",
    lambda token: "....",
    lambda token: "\ud800.a.b",
    lambda token: token.split(".")[0] + "." + encode({"sub": "other"}) + "." + token.split(".")[2],
    lambda token: encode([1]) + "." + token.split(".", 1)[1],
    lambda token: encode({"alg": 1, "kid": [], "typ": "at+jwt"}) + "." + token.split(".", 1)[1],
]


@pytest.mark.parametrize("mangle", MANGLED)
async def test_a_mangled_token_is_refused(world: World, mangle: Callable[[str], str]) -> None:
    await refused(world, mangle(await world.keys.sign(payload(world))))


async def test_a_giant_token_is_refused_unread(world: World) -> None:
    """B9, A16: over 8 KiB."""
    assert await refused(world, await world.keys.sign(payload(world, note="x" * 9000))) == "too long"


async def test_the_cache_is_bounded(world: World) -> None:
    """A17: neither tokens nor unknown key ids fill memory or push out what is good."""
    await world.keys.current()
    world.keys._verified.update({str(n): (9e12, {}) for n in range(CACHED_TOKENS)})
    await world.keys.verify(await world.keys.sign(payload(world)))
    assert len(world.keys._verified) == CACHED_TOKENS


async def test_an_unknown_key_id_is_looked_up_once_a_second_at_most(world: World) -> None:
    """A17: a flood of random key ids does not become a flood of reads."""
    reads = 0
    ring = Keyring(world.ctx)
    await ring.current()
    refresh = ring._refresh

    async def counted(now: int, *, force: bool = False) -> None:
        nonlocal reads
        reads += force
        await refresh(now, force=force)

    ring._refresh = counted  # type: ignore[method-assign]
    for _ in range(50):
        foreign = generate("ES384").sign(payload(world), "at+jwt")
        with pytest.raises(TokenRejected):
            await ring.verify(foreign)
    assert reads == 1


async def test_a_running_server_learns_of_a_new_key_in_time(world: World) -> None:
    """A key is published for its grace before it signs, and old tokens go on verifying."""
    other = Keyring(world.ctx)
    old = await other.sign(payload(world))
    new_kid = await rotate(world.ctx, 3600)
    world.clock.advance(seconds=60)
    assert new_kid in (await other.jwks()).decode()
    assert (await other.current()).kid != new_kid
    world.clock.advance(seconds=3480)
    fresh_old = await other.sign(payload(world))
    world.clock.advance(seconds=60)
    assert (await other.current()).kid == new_kid
    await other.verify(fresh_old)
    await refused(world, old)  # only because it has expired


async def test_an_unknown_key_is_looked_for_at_once(world: World) -> None:
    other = Keyring(world.ctx)
    await other.current()
    await rotate(world.ctx, 0)
    token = await Keyring(world.ctx).sign(payload(world))
    results = await asyncio.gather(*[other.verify(token) for _ in range(10)])
    assert all(claims["sub"] == "someone" for claims in results)


async def test_after_a_compromise_the_old_key_can_be_withdrawn(world: World) -> None:
    stolen = await world.keys.sign(payload(world))
    await world.keys.verify(stolen)
    await rotate(world.ctx, 0)
    assert await withdraw_previous(world.ctx)
    assert not await withdraw_previous(world.ctx)
    world.clock.advance(seconds=60)
    assert await refused(world, stolen) == "unknown key"


async def test_one_previous_key_is_kept(world: World) -> None:
    oldest = await world.keys.sign(payload(world))
    await rotate(world.ctx, 0)
    world.clock.advance(seconds=1)
    await rotate(world.ctx, 0)
    world.clock.advance(seconds=60)
    assert await refused(world, oldest) == "unknown key"


async def test_servers_that_start_together_agree_on_one_key(world: World) -> None:
    await asyncio.gather(*[ensure_keys(world.ctx) for _ in range(5)])
    assert len(msgspec.json.decode(await Keyring(world.ctx).jwks())["keys"]) == 1


async def test_a_sealed_key_opens_only_in_its_own_row(world: World) -> None:
    """B100: moved to another row, or altered by one bit, it does not become a key."""
    await rotate(world.ctx, 3600)
    async with world.ctx.db.read() as tx:
        one, two = await tx.all(ALL)
    head, box = one.private_sealed.rsplit(".", 1)
    altered = bytearray(base64.urlsafe_b64decode(box))
    altered[20] ^= 1
    for sealed in (two.private_sealed, f"{head}.{base64.urlsafe_b64encode(altered).decode()}"):
        await world.change("signing_keys", one.id, private_sealed=sealed)
        with pytest.raises(SealError):
            await Keyring(world.ctx).jwks()


async def test_private_keys_are_sealed(world: World) -> None:
    """B98: nothing of a private key can be read in the store."""
    async with world.ctx.db.read() as tx:
        (row,) = await tx.all(ALL)
    assert row.private_sealed.startswith("v1.")
    assert '"d"' not in row.public_jwk
