"""Introspection (RFC 7662) and revocation (RFC 7009) of opaque tokens. A client sees and ends only its own."""

import msgspec

from vestibule.crypto import digest
from vestibule.domain import grants
from vestibule.domain.clients import Client
from vestibule.errors import OAuthError
from vestibule.http import Request, Response, json_response
from vestibule.model import AccessToken, RefreshToken
from vestibule.oidc import cors, trail
from vestibule.oidc.client_auth import client_of
from vestibule.oidc.errors import NO_STORE
from vestibule.oidc.params import Parameters, posted
from vestibule.oidc.provider import Provider
from vestibule.store import tokens


class Introspection(msgspec.Struct, omit_defaults=True):
    """RFC 7662 section 2.2; `active` is always sent."""

    active: bool
    sub: str = ""
    client_id: str = ""
    exp: int = 0
    iat: int = 0
    iss: str = ""
    scope: str = ""
    token_type: str = ""


class Lookup:
    """Handlers of `/oidc/token/introspection` and `/oidc/token/revocation`."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def introspect(self, request: Request) -> Response:
        """Tell a client about its own token; anything else is inactive."""
        client, token = await self._asked(request)
        found = await self._find(token)
        if found is None or found.application_id != client.id or _is_spent(found):
            return json_response(Introspection(active=False), headers=NO_STORE)
        shown = Introspection(
            active=True,
            sub=found.user_id,
            client_id=found.application_id,
            exp=found.expires_at // 1000,
            iat=found.created_at // 1000,
            iss=self._provider.issuer,
            scope=found.scope,
            token_type="Bearer" if isinstance(found, AccessToken) else "",
        )
        return json_response(shown, headers=NO_STORE)

    async def revoke(self, request: Request) -> Response:
        """End the grant behind a token; an unknown token is a success (RFC 7009 section 2.2)."""
        client, token = await self._asked(request)
        found = await self._find(token)
        if found is not None and found.application_id != client.id:
            if not client.is_public:
                raise OAuthError("invalid_request", "this token does not belong to you")
            found = None
        if found is not None:
            await self._end(client, found)
            trail.revoked(self._provider.ctx.trail, client, found.user_id)
        return Response(b"", 200, headers=NO_STORE)

    async def _end(self, client: Client, found: AccessToken | RefreshToken) -> None:
        """End the client's own grant; of a token got for another client's, or for none, only the token itself."""
        async with self._provider.db.write() as tx:
            own = found.grant_id is not None and await grants.revoke_own(
                tx, self._provider.clock, found.grant_id, client.id
            )
            if not own:
                await tx.run(tokens.DELETE_ACCESS, token_id=found.id)

    async def _asked(self, request: Request) -> tuple[Client, str]:
        params: Parameters = await posted(request)
        client = await client_of(request, params, self._provider)
        cors.check_origin(request, client, self._provider)
        (token,) = params.need("token")
        if token.count(".") == 2:
            raise OAuthError("unsupported_token_type", "Structured JWT Tokens cannot be looked up or revoked")
        return client, token

    async def _find(self, token: str) -> AccessToken | RefreshToken | None:
        """Look for a live token of either kind; the hint is not needed."""
        key, now = digest(token), self._provider.clock.now()
        async with self._provider.db.read() as tx:
            found = await tx.one(tokens.LIVE_ACCESS, id=key, now=now)
            return found if found is not None else await tx.one(tokens.LIVE_REFRESH, id=key, now=now)


def _is_spent(token: AccessToken | RefreshToken) -> bool:
    return isinstance(token, RefreshToken) and token.rotated_at is not None
