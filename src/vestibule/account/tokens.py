"""The end user's access token (RFC 9068): checked before anything is believed."""

import base64
import binascii
from collections import OrderedDict
from dataclasses import dataclass

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from vestibule.account.identity import Identity
from vestibule.account.problems import NotSignedIn
from vestibule.clock import Clock

MAX_BYTES = 8192
LEEWAY_SECONDS = 60
CACHE_SIZE = 10_000
ALGORITHMS = {"ES256": "EC", "ES384": "EC", "RS256": "RSA", "EdDSA": "OKP", "Ed25519": "OKP"}
TYPES = {"at+jwt", "application/at+jwt"}


@dataclass(frozen=True)
class Caller:
    """Whoever presents a token: the user, what it may do, and which application asks."""

    user_id: str
    scopes: frozenset[str]
    client_id: str
    expires_at: int


class _Header(msgspec.Struct):
    alg: str
    kid: str
    typ: str = "JWT"
    crit: object = None


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
        self._verified: OrderedDict[str, Caller] = OrderedDict()

    async def check(self, token: str) -> Caller:
        """Return who presents this token; raises NotSignedIn, or IdentityServerAway when no key can be had."""
        caller = self._verified.get(token)
        if caller is None:
            caller = await self._verify(token)
            self._verified[token] = caller
            if len(self._verified) > CACHE_SIZE:
                self._verified.popitem(last=False)
        if caller.expires_at + LEEWAY_SECONDS * 1000 <= self._clock.now():
            self._verified.pop(token, None)
            raise NotSignedIn
        return caller

    async def _verify(self, token: str) -> Caller:
        # Size, algorithm, key id, issuer, audience and time come before the signature: garbage costs nothing.
        if len(token) > MAX_BYTES or token.count(".") != 2:
            raise NotSignedIn
        header, claims = _decode(token)
        self._check_claims(claims)
        if header.crit is not None or header.typ.lower() not in TYPES or header.alg not in ALGORITHMS:
            raise NotSignedIn
        jwk = await self._identity.key(header.kid)
        if jwk is None or jwk.get("kty") != ALGORITHMS[header.alg] or jwk.get("alg", header.alg) != header.alg:
            raise NotSignedIn
        try:
            # The key is ours by `kid`; a key embedded in the header is never looked at.
            jws.deserialize_compact(token, import_key(jwk), algorithms=[header.alg])  # type: ignore[arg-type]
        except (JoseError, ValueError) as error:
            raise NotSignedIn from error
        return Caller(claims.sub, frozenset(claims.scope.split()), claims.client_id, int(claims.exp * 1000))

    def _check_claims(self, claims: _Claims) -> None:
        now = self._clock.now() / 1000
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if claims.iss != self._identity.issuer or self._audience not in audience or not claims.sub:
            raise NotSignedIn
        if claims.exp + LEEWAY_SECONDS <= now or claims.nbf - LEEWAY_SECONDS > now:
            raise NotSignedIn
        # A token of an application about itself has no user behind it.
        if claims.sub == claims.client_id:
            raise NotSignedIn


def _decode(token: str) -> tuple[_Header, _Claims]:
    header, payload, _ = token.split(".")
    try:
        return msgspec.json.decode(_bytes(header), type=_Header), msgspec.json.decode(_bytes(payload), type=_Claims)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise NotSignedIn from error


def _bytes(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
