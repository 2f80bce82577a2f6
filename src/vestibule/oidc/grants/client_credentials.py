"""Client Credentials Grant, RFC 6749 section 4.4, for one resource (RFC 8707)."""

from vestibule.domain import resources
from vestibule.domain.clients import Client
from vestibule.errors import OAuthError
from vestibule.oidc import issue
from vestibule.oidc.grants import Grant, Issued
from vestibule.oidc.issue import UNKNOWN_RESOURCE, TokenResponse
from vestibule.oidc.params import Parameters
from vestibule.oidc.provider import Provider
from vestibule.store import resources as store


async def client_credentials(provider: Provider, client: Client, params: Parameters) -> Issued:
    """Issue a JWT: the scopes asked for, as far as the application's roles hold them on that resource."""
    if params.get("organization_id") is not None:
        raise OAuthError("access_denied", "app has not associated with the organization", status=403)
    async with provider.db.read() as tx:
        named = params.all("resource")
        if len(named) > 1:
            raise OAuthError("invalid_target", "only one resource can be named")
        indicator = named[0] if named else None
        if indicator is None:
            default = await tx.one(store.DEFAULT)
            if default is None:
                raise OAuthError("invalid_target", "both `resource` and `organization_id` are not provided")
            indicator = default.indicator
        allowed = await resources.allowed_to_application(tx, client.id, indicator)
    if not allowed:
        raise OAuthError("invalid_target", UNKNOWN_RESOURCE)
    # Section 3.3: unknown scopes are dropped, and nothing asked for is nothing granted.
    held = {row.scope for row in allowed}
    asked = dict.fromkeys((params.get("scope") or "").split())
    scope = " ".join(name for name in asked if name in held) or None
    seconds = allowed[0].access_token_ttl
    token = await issue.jwt(provider, client.id, client.id, audience=indicator, scope=scope, seconds=seconds)
    # Section 4.4.3: no refresh token.
    answer = TokenResponse(access_token=token, expires_in=seconds, token_type="Bearer", scope=scope)  # noqa: S106
    return Issued(answer)


GRANT = Grant("client_credentials", client_credentials)
