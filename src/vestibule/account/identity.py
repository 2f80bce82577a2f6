"""What the account server knows of the identity server: its endpoints and its public keys, fetched and kept."""

import asyncio
from dataclasses import dataclass
from typing import TypeVar

import httpx2
import msgspec
from joserfc.jwk import Key, import_key

from vestibule.account.problems import IdentityServerAway
from vestibule.client.flight import Flight
from vestibule.client.operation import UNREADABLE
from vestibule.clock import Clock

T = TypeVar("T")
REFETCH_MS = 30_000
"""Keys are asked for at most this often, however many unknown ids come in."""
KEEP_MS = 600_000
"""Keys are asked for again after this, so that a withdrawn one is soon forgotten."""


class Endpoints(msgspec.Struct):
    """The part of the discovery document that is used (OpenID Connect Discovery 1.0 section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str
    revocation_endpoint: str


@dataclass(frozen=True)
class PublicKey:
    """A key that signs tokens: its type, the one algorithm it is for (if it says), and itself."""

    type: str
    algorithm: str | None
    key: Key


class _KeySet(msgspec.Struct):
    keys: list[dict[str, object]]


class Identity:
    """Discovery and keys of one issuer. Whoever asks while a request is under way shares its outcome."""

    def __init__(self, http: httpx2.AsyncClient, issuer: str, clock: Clock, seconds: float) -> None:
        self.issuer = issuer
        self._http = http
        self._clock = clock
        self._seconds = seconds
        self._endpoints: Endpoints | None = None
        self._keys: dict[str, PublicKey] = {}
        self._fetched_at = self._tried_at = -KEEP_MS
        self._discovery = Flight(self._discover)
        self._refetch = Flight(self._fetch_keys)

    async def endpoints(self) -> Endpoints:
        """Return the endpoints; raises IdentityServerAway."""
        return self._endpoints or await self._discovery.join()

    async def key(self, kid: str) -> PublicKey | None:
        """Return the public key with this id, or None when the identity server has no such key.

        An unknown id causes one request, at most once in 30 s. Raises IdentityServerAway when it cannot be known.
        """
        now = self._clock.now()
        if kid in self._keys and now - self._fetched_at < KEEP_MS:
            return self._keys[kid]
        if not self._keys or now - self._tried_at >= REFETCH_MS:
            try:
                await self._refetch.join()
            except IdentityServerAway:
                if kid not in self._keys:
                    raise
        elif self._tried_at > self._fetched_at and kid not in self._keys:
            raise IdentityServerAway  # the last request failed: the key may well exist
        return self._keys.get(kid)

    async def _discover(self) -> Endpoints:
        found = _decoded(await self.request("GET", f"{self.issuer}/.well-known/openid-configuration"), Endpoints)
        if found.issuer != self.issuer:
            raise IdentityServerAway
        self._endpoints = found
        return found

    async def _fetch_keys(self) -> None:
        self._tried_at = self._clock.now()
        endpoints = await self.endpoints()
        found = _decoded(await self.request("GET", endpoints.jwks_uri), _KeySet)
        self._keys = dict(_usable(found.keys))
        self._fetched_at = self._tried_at

    async def request(self, method: str, url: str, form: dict[str, str] | None = None) -> httpx2.Response:
        """Send one request; the time-out is for the whole exchange. Raises IdentityServerAway."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._http.request(method, url, data=form)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError) as error:
            raise IdentityServerAway from error


def _decoded(answer: httpx2.Response, kind: type[T]) -> T:
    if answer.status_code != httpx2.codes.OK:
        raise IdentityServerAway
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except UNREADABLE as error:
        raise IdentityServerAway from error


def _usable(keys: list[dict[str, object]]) -> list[tuple[str, PublicKey]]:
    """Return the keys that can verify a signature; what is not understood is passed over (RFC 7517 section 5)."""
    found = []
    for jwk in keys:
        kid, kind, algorithm = jwk.get("kid"), jwk.get("kty"), jwk.get("alg")
        if not isinstance(kid, str) or not isinstance(kind, str) or jwk.get("use", "sig") != "sig":
            continue
        try:
            key = import_key(jwk)  # type: ignore[arg-type]  # any JSON
        except Exception:  # noqa: S112 - the library stumbles over what is no key in many ways
            continue
        found.append((kid, PublicKey(kind, str(algorithm) if algorithm else None, key)))
    return found
