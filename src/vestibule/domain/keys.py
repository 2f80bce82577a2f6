"""Signing keys: made at first start, stored sealed, rotated with notice; the ring signs and verifies with them.

A key is *Next* until its `effective_at`, then *Current* until a newer one takes over, then *Previous*. Every server
reads the store again at most five seconds after its last look, and at once (once a second at most) when a token names a
key it does not know, so that a rotation reaches running servers before the new key signs.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from vestibule.clock import Clock
from vestibule.crypto import Sealer
from vestibule.db import Database, Tx
from vestibule.domain.jose import Key, generate, protected_header
from vestibule.domain.key_phases import next_change, statuses
from vestibule.errors import OidcKeyNotFound, OnlyPreviousKey, TokenRejected
from vestibule.model import KeyStatus, SigningKey
from vestibule.settings import ServerSettings
from vestibule.store import configs
from vestibule.store import signing_keys as store

POLL_MS, UNKNOWN_KEY_MS = 5_000, 1_000
CLOCK_SKEW_SECONDS = 60
MAX_TOKEN_BYTES = 8 * 1024
CACHED_TOKENS = 2048
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type

Claims = Mapping[str, object]


class World(Protocol):
    """The part of the context that keys need."""

    @property
    def db(self) -> Database:
        """The store."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def sealer(self) -> Sealer:
        """Seals private keys."""

    @property
    def settings(self) -> ServerSettings:
        """Names the algorithm of new keys."""


@dataclass(frozen=True)
class _Header:
    alg: str
    kid: str
    typ: str | None


@dataclass(frozen=True)
class _Phase:
    """What holds until the next key takes over: the signing key, the keys in force, their algorithms, the key set."""

    current: Key
    keys: dict[str, Key]
    algorithms: tuple[str, ...]
    document: bytes
    until: int | None


class Keyring:
    """The keys of this server as last read from the store."""

    def __init__(self, ctx: World) -> None:
        self._ctx = ctx
        self._rows: list[SigningKey] = []
        self._keys: dict[str, Key] = {}
        self._read_at: int | None = None
        self._asked_at: int | None = None
        self._reads = 0
        self._reading = asyncio.Lock()
        self._asking = asyncio.Lock()
        self._held: _Phase | None = None
        self._verified: OrderedDict[str, tuple[float, Claims]] = OrderedDict()

    async def sign(self, payload: Claims, typ: str | None = ACCESS_TOKEN_TYPE) -> str:
        """Sign a payload with the current key as a compact JWS; `typ` is left out of the header when None."""
        return (await self.current()).sign(payload, typ)

    async def verify(self, token: str) -> Claims:
        """Return the claims of an access token of ours (RFC 9068); raises TokenRejected."""
        now = self._ctx.clock.now()
        await self._phase()
        held = self._verified.get(token)
        if held is None:
            claims = await self._open(token, ACCESS_TOKEN_TYPE, now)
            held = (_expiry(claims), claims)
            self._keep(token, held)
        if held[0] * 1000 <= now:
            raise TokenRejected("expired")
        return held[1]

    async def verify_hint(self, token: str) -> Claims:
        """Return the claims of an ID token of ours used as a hint, expired or not; raises TokenRejected."""
        return await self._open(token, None, self._ctx.clock.now())

    async def jwks(self) -> bytes:
        """Return the key set (RFC 7517) as JSON: Current, then Next, then Previous."""
        return (await self._phase()).document

    async def algorithms(self) -> tuple[str, ...]:
        """Return the algorithms of the keys in force, that of the current one first."""
        return (await self._phase()).algorithms

    async def reload(self) -> None:
        """Read the store now: this server has changed its keys."""
        await self._refresh(self._ctx.clock.now(), force=True)

    async def current(self) -> Key:
        """Return the key that signs now."""
        return (await self._phase()).current

    async def _phase(self) -> _Phase:
        """Return what holds now; computed anew when the store has changed or the next key takes over."""
        now = self._ctx.clock.now()
        await self._refresh(now)
        phase = self._held
        if phase is None or (phase.until is not None and phase.until <= now):
            in_force = [self._keys[row.id] for _, row in statuses(self._rows, now)]
            if not in_force:
                raise LookupError("there is no signing key: the server was started without ensure_keys")
            document = b'{"keys":[' + b",".join(key.public for key in in_force) + b"]}"
            by_kid = {key.kid: key for key in in_force}
            algorithms = tuple(dict.fromkeys(key.algorithm for key in in_force))
            phase = self._held = _Phase(in_force[0], by_kid, algorithms, document, next_change(self._rows, now))
            self._verified.clear()  # what a key that has left has signed is not believed any longer
        return phase

    def _keep(self, token: str, held: tuple[float, Claims]) -> None:
        self._verified[token] = held
        if len(self._verified) > CACHED_TOKENS:
            self._verified.popitem(last=False)

    async def _open(self, token: str, typ: str | None, now: int) -> Claims:
        if len(token) > MAX_TOKEN_BYTES:
            raise TokenRejected("too long")
        header = _header(token)
        if header.typ != typ:
            raise TokenRejected("another kind of token")
        key = await self._key(header.kid, now)
        if header.alg != key.algorithm:
            raise TokenRejected("another algorithm")
        claims = key.verify(token)
        if claims.get("iss") != self._ctx.settings.issuer:
            raise TokenRejected("another issuer")
        not_before = claims.get("nbf", 0)
        if not isinstance(not_before, int | float) or not_before > now / 1000 + CLOCK_SKEW_SECONDS:
            raise TokenRejected("not valid yet")
        return claims

    async def _key(self, kid: str, now: int) -> Key:
        found = (await self._phase()).keys.get(kid)
        if found is None:
            async with self._asking:  # those who come meanwhile wait for the same look
                if self._asked_at is None or now - self._asked_at >= UNKNOWN_KEY_MS:
                    self._asked_at = now
                    await self._refresh(now, force=True)
            found = (await self._phase()).keys.get(kid)
        if found is None:
            raise TokenRejected("unknown key")
        return found

    async def _refresh(self, now: int, *, force: bool = False) -> None:
        if not force and self._read_at is not None and now - self._read_at < POLL_MS:
            return
        seen = self._reads
        async with self._reading:
            if self._reads != seen:
                return  # another caller has just read
            async with self._ctx.db.read() as tx:
                rows = await tx.all(store.ALL)
            if rows != self._rows:
                self._keys = {row.id: self._opened(row) for row in rows}
                self._rows = rows
                self._held = None
            self._read_at = self._ctx.clock.now()
            self._reads += 1

    def _opened(self, row: SigningKey) -> Key:
        known = self._keys.get(row.id)
        if known is not None:
            return known
        private = self._ctx.sealer.open(row.private_sealed, "signing_keys", "private_sealed", row.id)
        return Key(row.algorithm, private)


def _header(token: str) -> _Header:
    """Read the protected header; anything but `alg`, `kid` and `typ` that could change the meaning is refused."""
    raw = protected_header(token)
    if "crit" in raw or "b64" in raw:
        raise TokenRejected("critical header")
    alg, kid, typ = raw.get("alg"), raw.get("kid"), raw.get("typ")
    if not isinstance(alg, str) or not isinstance(kid, str) or not (typ is None or isinstance(typ, str)):
        raise TokenRejected("malformed header")
    return _Header(alg, kid, typ)


def _expiry(claims: Claims) -> float:
    expires = claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise TokenRejected("no expiry")
    return expires


async def ensure_keys(ctx: World) -> None:
    """Make the first signing key when there is none; safe when several servers start at once."""
    async with ctx.db.read() as tx:
        if await tx.all(store.ALL):
            return
    key = generate(ctx.settings.signing_algorithm)
    now = ctx.clock.now()
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key="signingKeys", value="{}")  # one at a time
        if not await tx.all(store.ALL):
            await _insert(tx, ctx, key, now, now)


async def rotate(ctx: World, grace_seconds: int, algorithm: str | None = None) -> str:
    """Publish a new key, of the algorithm that is set unless said, and let it sign after the grace; returns its `kid`.

    Without grace it signs at once and the old key becomes Previous. A key that was waiting to sign is dropped.
    """
    key = await asyncio.to_thread(generate, algorithm or ctx.settings.signing_algorithm)  # RSA takes seconds
    now = ctx.clock.now()
    effective_at = now + max(0, grace_seconds) * 1000
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key="signingKeys", value="{}")  # one at a time
        rows = await tx.all(store.ALL)
        held = statuses(rows, now)
        current = next((row for status, row in held if status == "Current"), None)
        kept = {row.id for status, row in held if status == "Current" or (status == "Previous" and grace_seconds > 0)}
        for row in rows:
            if row.id not in kept:
                await tx.run(store.DELETE, key_id=row.id)
        if current is not None:
            await tx.run(store.RETIRE, key_id=current.id, retired_at=effective_at)
        await _insert(tx, ctx, key, now, effective_at)
    return key.kid


async def list_keys(ctx: World) -> list[tuple[KeyStatus, SigningKey]]:
    """Return the keys in force in the order of the key set: Current, then Next, then Previous."""
    async with ctx.db.read() as tx:
        return statuses(await tx.all(store.ALL), ctx.clock.now())


async def delete_previous(ctx: World, key_id: str) -> None:
    """Delete one key, so that what it signed verifies no longer. Raises OidcKeyNotFound, OnlyPreviousKey."""
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key="signingKeys", value="{}")  # one at a time
        found = {row.id: status for status, row in statuses(await tx.all(store.ALL), ctx.clock.now())}
        if key_id not in found:
            raise OidcKeyNotFound
        if found[key_id] != "Previous":
            raise OnlyPreviousKey
        await tx.run(store.DELETE, key_id=key_id)


async def withdraw_previous(ctx: World) -> bool:
    """Delete the Previous key, so that what it signed verifies no longer; returns whether there was one."""
    now = ctx.clock.now()
    async with ctx.db.write() as tx:
        found = [row for status, row in statuses(await tx.all(store.ALL), now) if status == "Previous"]
        for row in found:
            await tx.run(store.DELETE, key_id=row.id)
    return bool(found)


async def _insert(tx: Tx, ctx: World, key: Key, created_at: int, effective_at: int) -> None:
    await tx.run(
        store.INSERT,
        id=key.kid,
        algorithm=key.algorithm,
        private_sealed=ctx.sealer.seal(key.private(), "signing_keys", "private_sealed", key.kid),
        public_jwk=key.public.decode(),
        created_at=created_at,
        effective_at=effective_at,
        retired_at=None,
    )
