"""The token endpoint (RFC 6749 section 3.2): authenticate the client, find the grant, exchange, answer."""

from vestibule.domain.clients import Client
from vestibule.errors import OAuthError
from vestibule.http import Request, Response, json_response
from vestibule.oidc import cors, trail
from vestibule.oidc.client_auth import client_of
from vestibule.oidc.errors import NO_STORE
from vestibule.oidc.grants import Grant
from vestibule.oidc.grants.authorization_code import GRANT as AUTHORIZATION_CODE
from vestibule.oidc.grants.client_credentials import GRANT as CLIENT_CREDENTIALS
from vestibule.oidc.grants.refresh_token import GRANT as REFRESH_TOKEN
from vestibule.oidc.grants.token_exchange import GRANT as TOKEN_EXCHANGE
from vestibule.oidc.params import Parameters, posted
from vestibule.oidc.provider import Provider

GRANTS: dict[str, Grant] = {
    grant.type: grant for grant in (AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, TOKEN_EXCHANGE)
}
NOT_SERVED = frozenset({"urn:ietf:params:oauth:grant-type:device_code"})
"""Advertised because clients compare the list, and allowed to no application yet."""
NOT_ALLOWED = "requested grant type is not allowed for this client"


class Token:
    """Handler of `POST /oidc/token`."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def exchange(self, request: Request) -> Response:
        """Answer a token request; never stored by caches (section 5.1)."""
        params = await posted(request)
        client = await client_of(request, params, self._provider)
        cors.check_origin(request, client, self._provider)
        kept = self._provider.ctx.trail
        try:
            issued = await _grant_for(client, params).exchange(self._provider, client, params)
        except OAuthError as error:
            trail.refused(kept, client, params, error)
            raise
        trail.exchanged(kept, client, params, issued)
        return json_response(issued.answer, headers=NO_STORE)


def _grant_for(client: Client, params: Parameters) -> Grant:
    (kind,) = params.need("grant_type")
    grant = GRANTS.get(kind)
    if grant is None and kind not in NOT_SERVED:
        raise OAuthError("unsupported_grant_type", "unsupported grant_type requested")
    if grant is None or kind not in client.grant_types:
        raise OAuthError("invalid_request", NOT_ALLOWED)
    return grant
