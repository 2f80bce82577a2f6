"""UserInfo (OpenID Connect Core section 5.3) for opaque access tokens with the scope `openid`."""

from vestibule.crypto import digest
from vestibule.domain.authorization import OPENID
from vestibule.domain.clients import find_client
from vestibule.errors import OAuthError
from vestibule.http import Request, Response, json_response
from vestibule.model import User
from vestibule.oidc import cors
from vestibule.oidc.claims import for_userinfo
from vestibule.oidc.params import posted
from vestibule.oidc.provider import Provider
from vestibule.store import tokens

NO_STORE = (("cache-control", "no-store"),)
TOKEN_LENGTH = 43


class UserInfo:
    """Handler of `/oidc/me`."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def show(self, request: Request) -> Response:
        """Answer with every claim that the token's scopes allow."""
        token = await self._token(request)
        async with self._provider.db.read() as tx:
            row = await tx.one(tokens.BEARER, id=digest(token), now=self._provider.clock.now())
            if row is None:
                raise self._refused("invalid token provided")
            client_id, scope, *columns = row
            scopes = frozenset(str(scope).split())
            if OPENID not in scopes:
                raise self._refused("access token missing openid scope", "insufficient_scope", 403)
            if request.origin is not None:
                client = await find_client(tx, str(client_id))
                if client is not None:
                    cors.check_origin(request, client, self._provider)
            claims = await for_userinfo(tx, User(*columns), scopes)  # type: ignore[arg-type]
        return json_response(claims, headers=NO_STORE)

    async def _token(self, request: Request) -> str:
        """Read the bearer token from the header, or from a form (RFC 6750 sections 2.1 and 2.2), never the query."""
        header = request.authorization
        if header is None and request.method == "POST":
            token = (await posted(request)).get("access_token")
            header = None if token is None else f"Bearer {token}"
        if header is None:
            raise self._refused("no access token provided")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or len(token) != TOKEN_LENGTH:
            raise self._refused("invalid token provided")
        return token

    def _refused(self, description: str, error: str = "invalid_token", status: int = 401) -> OAuthError:
        """RFC 6750 section 3: say how to authenticate; an error only when there was something to judge."""
        challenge = f'Bearer realm="{self._provider.issuer}"'
        if description != "no access token provided":
            challenge += f', error="{error}", error_description="{description}"'
        return OAuthError(error, description, status=status, headers={"WWW-Authenticate": challenge})
