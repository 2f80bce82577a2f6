"""The end user's access token (RFC 9068): checked before anything is believed."""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from vestibule.account.identity import Identity
from vestibule.account.problems import NotSignedIn
from vestibule.account.signatures import LEEWAY_SECONDS, Header, Unverified, parse, verify
from vestibule.clock import Clock

CACHE_SIZE = 10_000
TYPES = {"at+jwt", "application/at+jwt"}


@dataclass(frozen=True)
class Caller:
    """Whoever presents a token: the user, what it may do, which application asks, and until when (epoch ms)."""

    user_id: str
    scopes: frozenset[str]
    client_id: str
    expires_at: int


class _Claims(msgspec.Struct):
    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    client_id: str
    scope: str = ""
    nbf: float = 0


class TokenChecker:
    """Checks issuer, audience, time, type and signature; keeps verified tokens until they expire."""

    def __init__(self, identity: Identity, audience: str, clock: Clock) -> None:
        self._identity = identity
        self._audience = audience
        self._clock = clock
        # By digest: a token is up to 8 KiB, and nobody reads it out of our memory.
        self._verified: OrderedDict[bytes, tuple[str, Caller]] = OrderedDict()

    async def check(self, token: str) -> Caller:
        """Return who presents this token; raises NotSignedIn, or IdentityServerAway when no key can be had."""
        known = sha256(token.encode()).digest()
        held = self._verified.get(known)
        # A token outlives neither itself nor the key that signed it.
        if held is None or await self._identity.key(held[0]) is None:
            self._verified.pop(known, None)
            held = self._verified[known] = await self._verify(token)
            if len(self._verified) > CACHE_SIZE:
                self._verified.popitem(last=False)
        caller = held[1]
        if caller.expires_at + LEEWAY_SECONDS * 1000 <= self._clock.now():
            self._verified.pop(known, None)
            raise NotSignedIn
        return caller

    async def _verify(self, token: str) -> tuple[str, Caller]:
        # Form, type, issuer, audience and time come before the key and the signature: garbage costs nothing.
        try:
            parsed = parse(token, _Claims)
            self._check(parsed.header, parsed.claims)
            await verify(self._identity, parsed)
        except Unverified as error:
            raise NotSignedIn from error
        claims = parsed.claims
        caller = Caller(claims.sub, frozenset(claims.scope.split()), claims.client_id, int(claims.exp * 1000))
        return parsed.header.kid, caller

    def _check(self, header: Header, claims: _Claims) -> None:
        now = self._clock.now() / 1000
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if header.typ.lower() not in TYPES or claims.iss != self._identity.issuer or self._audience not in audience:
            raise Unverified("it is for somebody else")
        if claims.exp + LEEWAY_SECONDS <= now or claims.nbf - LEEWAY_SECONDS > now:
            raise Unverified("it has expired, or is not valid yet")
        # A token of an application about itself has no user behind it.
        if not claims.sub or claims.sub == claims.client_id:
            raise Unverified("it names no user")
