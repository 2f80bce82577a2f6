"""An authorization request with what the store knows about it: its client, its resources and their scopes."""

from dataclasses import dataclass

import msgspec

from vestibule.db import Tx
from vestibule.domain import consent_scopes
from vestibule.domain.authorization import AuthorizationParams
from vestibule.domain.clients import Client, find_client
from vestibule.errors import OAuthError, TokenRejected
from vestibule.model import Session, fold
from vestibule.oidc.params import Parameters
from vestibule.oidc.provider import Provider
from vestibule.store import resources, subjects

FIELDS = frozenset(AuthorizationParams.__struct_fields__) - {"resource", "redirect_uri_sent"}


@dataclass(frozen=True)
class Asked:
    """The request, its client, those of its resources that exist, and the scopes that a third party may ask for."""

    params: AuthorizationParams
    client: Client
    known_resources: frozenset[str]
    allowed_scopes: frozenset[str]


async def accept(provider: Provider, params: Parameters) -> Asked:
    """Read a request and check what must hold before the browser may be sent anywhere; raises OAuthError."""
    params.need("client_id")
    known = {name: value for name in FIELDS if (value := params.get(name)) is not None}
    more = {"resource": params.all("resource"), "redirect_uri_sent": "redirect_uri" in known}
    return await look_up(provider, msgspec.convert({**known, **more}, AuthorizationParams))


async def look_up(provider: Provider, params: AuthorizationParams, client: Client | None = None) -> Asked:
    """Find the client, unless it is given, and check where its answer goes; raises OAuthError."""
    async with provider.db.read() as tx:
        client = client or await find_client(tx, params.client_id)
        known = await tx.all(resources.KNOWN, indicators=params.resource) if params.resource else []
        allowed = frozenset[str]()
        if client is not None and client.is_third_party:
            allowed = (await consent_scopes.enabled(tx, client.id)).names()
    if client is None:
        raise OAuthError("invalid_client", f"invalid client {params.client_id[:64]}")
    params = _with_redirect_uri(provider, params, client)
    return Asked(params, client, frozenset(r.indicator for r in known), allowed)


def _with_redirect_uri(provider: Provider, params: AuthorizationParams, client: Client) -> AuthorizationParams:
    """Return the request with its redirect URI, which may be left out when exactly one is registered."""
    registered = client.metadata.redirect_uris
    if not params.redirect_uri:
        if len(registered) != 1:
            raise OAuthError("invalid_request", "missing required parameter 'redirect_uri'")
        params = msgspec.structs.replace(params, redirect_uri=registered[0])
    if not client.has_redirect_uri(params.redirect_uri):
        extra = {"iss": provider.issuer} | ({"state": params.state} if params.state else {})
        description = "redirect_uri did not match any of the client's registered redirect_uris"
        raise OAuthError("invalid_redirect_uri", description, extra=extra)
    return params


async def hinted_user(provider: Provider, params: AuthorizationParams) -> str | None:
    """Return the subject of `id_token_hint` (OpenID Connect Core section 3.1.2.1); raises invalid_request."""
    if params.id_token_hint is None:
        return None
    try:
        return str((await provider.keys.verify_hint(params.id_token_hint)).get("sub"))
    except TokenRejected as error:
        raise OAuthError("invalid_request", "could not validate id_token_hint") from error


async def is_link_of_another(tx: Tx, params: AuthorizationParams, session: Session | None) -> bool:
    """Tell whether a magic link (contract 5.12) is for another address than that of who is signed in."""
    if params.one_time_token is None or params.login_hint is None or session is None:
        return False
    user = await tx.one(subjects.ACTIVE, id=session.user_id)
    return user is None or fold(user.primary_email) != fold(params.login_hint)
