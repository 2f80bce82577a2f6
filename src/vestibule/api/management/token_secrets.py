"""What is shown of the tokens of providers, and `/api/secrets`: the tokens themselves are shown to no administrator."""

from typing import Annotated, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from vestibule.api.schemas import RawObject
from vestibule.domain import token_secrets
from vestibule.domain.context import Context
from vestibule.errors import EntityNotFound
from vestibule.http import Access, Request, Response, Route, empty
from vestibule.http.guard import Length, rule
from vestibule.model import TENANT, TokenSecret


class TokenSecretOut(Struct, rename="camel", kw_only=True):
    """What is kept of an identity; `metadata` has `scope`, `tokenType`, `expiresAt` (epoch s) and `hasRefreshToken`."""

    tenant_id: Annotated[str, rule(Length(maximum=21))] = TENANT
    id: Annotated[str, rule(Length(1, 21))]
    user_id: Annotated[str, rule(Length(1, 12))]
    type: Literal["federated_token_set"] = "federated_token_set"
    metadata: RawObject
    created_at: int
    updated_at: int
    identity_id: str


class SocialTokenSecretOut(TokenSecretOut, rename="camel", kw_only=True):
    """That of a social identity."""

    connector_id: str
    target: str


class SsoTokenSecretOut(TokenSecretOut, rename="camel", kw_only=True):
    """That of an enterprise identity."""

    sso_connector_id: str
    issuer: str


def social_out(secret: TokenSecret | None) -> SocialTokenSecretOut | UnsetType:
    """Show what is kept of a social identity, if anything."""
    if secret is None or secret.connector_id is None or secret.target is None:
        return UNSET
    return SocialTokenSecretOut(
        id=secret.id,
        user_id=secret.user_id,
        metadata=Raw(secret.metadata.encode()),
        created_at=secret.created_at,
        updated_at=secret.updated_at,
        identity_id=secret.identity_id,
        connector_id=secret.connector_id,
        target=secret.target,
    )


def sso_out(secret: TokenSecret | None) -> SsoTokenSecretOut | UnsetType:
    """Show what is kept of an enterprise identity, if anything."""
    if secret is None or secret.sso_connector_id is None or secret.issuer is None:
        return UNSET
    return SsoTokenSecretOut(
        id=secret.id,
        user_id=secret.user_id,
        metadata=Raw(secret.metadata.encode()),
        created_at=secret.created_at,
        updated_at=secret.updated_at,
        identity_id=secret.identity_id,
        sso_connector_id=secret.sso_connector_id,
        issuer=secret.issuer,
    )


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the route that forgets tokens."""

    async def delete(request: Request) -> Response:
        """DELETE /secrets/{id}."""
        await token_secrets.remove(ctx, request.path_params["id"])
        return empty()

    return [
        Route("DELETE", "/api/secrets/{id}", delete, access=access, summary="Forget the tokens of a provider",
              responses={204: None}, errors=(EntityNotFound,), tags=("Secrets",)),
    ]  # fmt: skip
