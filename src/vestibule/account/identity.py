"""What the account server knows of the identity server: its endpoints and its public keys, fetched and kept."""

import asyncio
from typing import TypeVar

import httpx2
import msgspec
from joserfc.jwk import KeySet

from vestibule.account.problems import IdentityServerAway
from vestibule.clock import Clock

T = TypeVar("T")
REFETCH_MS = 30_000


class Endpoints(msgspec.Struct):
    """The part of the discovery document that is used (OpenID Connect Discovery 1.0 section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str
    revocation_endpoint: str


class Identity:
    """Discovery and JWKS of one issuer. One request at a time; keys are fetched again at most once in 30 s."""

    def __init__(self, http: httpx2.AsyncClient, issuer: str, clock: Clock) -> None:
        self.http = http
        self.issuer = issuer
        self._clock = clock
        self._lock = asyncio.Lock()
        self._endpoints: Endpoints | None = None
        self._keys: dict[str, dict[str, object]] = {}
        self._fetched_at: int | None = None

    async def endpoints(self) -> Endpoints:
        """Return the endpoints; raises IdentityServerAway."""
        if self._endpoints is None:
            async with self._lock:
                if self._endpoints is None:
                    found = await self._get(f"{self.issuer}/.well-known/openid-configuration", Endpoints)
                    if found.issuer != self.issuer:
                        raise IdentityServerAway
                    self._endpoints = found
        return self._endpoints

    async def key(self, kid: str) -> dict[str, object] | None:
        """Return the public JWK with this id; an unknown one causes one refetch, at most once in 30 s."""
        found = self._keys.get(kid)
        if found is not None or not self._may_fetch():
            return found
        endpoints = await self.endpoints()
        async with self._lock:
            if kid not in self._keys and self._may_fetch():
                self._fetched_at = self._clock.now()
                document = await self._get(endpoints.jwks_uri, dict[str, list[dict[str, object]]])
                keys = KeySet.import_key_set({"keys": document.get("keys", [])})  # type: ignore[typeddict-item]
                self._keys = {str(key.kid): dict(key.as_dict(private=False)) for key in keys.keys}
        return self._keys.get(kid)

    def _may_fetch(self) -> bool:
        return self._fetched_at is None or self._clock.now() - self._fetched_at >= REFETCH_MS

    async def _get(self, url: str, kind: type[T]) -> T:
        try:
            answer = await self.http.get(url)
            return msgspec.json.decode(answer.raise_for_status().content, type=kind)
        except (httpx2.HTTPError, msgspec.DecodeError) as error:
            raise IdentityServerAway from error
