"""Who may call the Management API: a token of ours for its resource, with its scope (contract section 9.1)."""

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


@dataclass(frozen=True)
class Principal:
    """Who calls: the subject of the token, and whether it is an application."""

    subject: str
    is_application: bool


class ManagementAccess:
    """Lets in a token for the Management API's resource that carries the scope `all`, and nothing else."""

    security = "managementToken"

    def __init__(self, keys: TokenVerifier, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer

    async def __call__(self, request: Request) -> Principal:
        """Return the caller, or raise the contract's refusal."""
        header = request.headers.get("authorization")
        if not header:
            raise AuthorizationHeaderMissing
        if not header.startswith(BEARER):
            raise AuthorizationTypeNotSupported
        try:
            claims = await self._keys.verify(header[len(BEARER) :].strip())
        except TokenRejected as error:
            raise Unauthorized from error
        return self._principal(claims)

    def _principal(self, claims: Mapping[str, object]) -> Principal:
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
        if MANAGEMENT_SCOPE not in scope.split():
            raise Forbidden
        return Principal(subject, subject == claims.get("client_id"))


def _texts(audience: object) -> list[object]:
    return audience if isinstance(audience, list) else [audience]


def management_access(keys: TokenVerifier, issuer: str) -> Access:
    """Return the access of every Management route."""
    return ManagementAccess(keys, issuer)


def caller_of(request: Request) -> Principal:
    """Return who the access let in."""
    if not isinstance(request.principal, Principal):
        raise Unauthorized
    return request.principal
