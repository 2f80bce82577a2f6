"""Who may call the Management API: an application with a token of ours for its resource, with its scope (contract
section 9.1), whose roles still hold that scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from vestibule.errors import (
    AuthorizationHeaderMissing,
    AuthorizationTypeNotSupported,
    Forbidden,
    TokenRejected,
    TokenSubjectMissing,
    Unauthorized,
)
from vestibule.http import Access, Request
from vestibule.model import MANAGEMENT_RESOURCE, MANAGEMENT_SCOPE

BEARER = "Bearer "


class TokenVerifier(Protocol):
    """Verifies an access token of this issuer."""

    async def verify(self, token: str) -> Mapping[str, object]:
        """Return its claims; raises TokenRejected."""


class RoleCheck(Protocol):
    """Knows which applications hold the Management API's scope now."""

    async def may_manage(self, application_id: str) -> bool:
        """Tell whether this one does."""


@dataclass(frozen=True)
class Principal:
    """The application that calls."""

    subject: str


class ManagementAccess:
    """Lets in applications with a token for the Management API's resource and the scope `all`, and nobody else."""

    security = "OAuth2"
    scopes = (MANAGEMENT_SCOPE,)
    errors = (
        AuthorizationHeaderMissing,
        AuthorizationTypeNotSupported,
        Unauthorized,
        TokenSubjectMissing,
        Forbidden,
    )

    def __init__(self, keys: TokenVerifier, issuer: str, roles: RoleCheck) -> None:
        self._keys = keys
        self._issuer = issuer
        self._roles = roles

    async def __call__(self, request: Request) -> Principal:
        """Return the caller, or raise the contract's refusal."""
        header = request.authorization
        if not header:
            raise AuthorizationHeaderMissing
        if not header.startswith(BEARER):
            raise AuthorizationTypeNotSupported
        try:
            claims = await self._keys.verify(header[len(BEARER) :].strip())
        except TokenRejected as error:
            raise Unauthorized from error
        subject = self._application(claims)
        if not await self._roles.may_manage(subject):
            raise Forbidden
        return Principal(subject)

    def _application(self, claims: Mapping[str, object]) -> str:
        audience, scope = claims.get("aud"), claims.get("scope", "")
        if (
            claims.get("iss") != self._issuer
            or MANAGEMENT_RESOURCE not in _texts(audience)
            or not isinstance(scope, str)
        ):
            raise Unauthorized
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise TokenSubjectMissing
        # A user's token, whatever its scope, is for the user's own settings.
        if MANAGEMENT_SCOPE not in scope.split() or subject != claims.get("client_id"):
            raise Forbidden
        return subject


def _texts(audience: object) -> list[object]:
    return audience if isinstance(audience, list) else [audience]


def management_access(keys: TokenVerifier, issuer: str, roles: RoleCheck) -> Access:
    """Return the access of every Management route."""
    return ManagementAccess(keys, issuer, roles)


def caller_of(request: Request) -> Principal:
    """Return who the access let in."""
    if not isinstance(request.principal, Principal):
        raise Unauthorized
    return request.principal
