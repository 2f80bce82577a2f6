"""Who may call the account API: the person, by an opaque access token that their own sign-in gave to an application.

Of other parties' applications none may, nor may a token that was got for a subject token or a personal access token:
nobody signed in for that. One that was got for the person's own opaque access token stands for the same sign-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vestibule.api.auth import BEARER
from vestibule.crypto import digest
from vestibule.domain.authorization import OPENID
from vestibule.domain.context import Context
from vestibule.errors import (
    AuthorizationHeaderMissing,
    AuthorizationTypeNotSupported,
    Forbidden,
    Unauthorized,
)
from vestibule.http import Request, Route
from vestibule.http.cors import any_origin
from vestibule.store import tokens

PREFIX = "/api/my-account"
TOKEN_LENGTH = 43


@dataclass(frozen=True)
class Person:
    """Who calls, and what their token allows."""

    user_id: str
    scopes: frozenset[str]

    def needs(self, scope: str) -> None:
        """Raise Forbidden where the token lacks a scope."""
        if scope not in self.scopes:
            raise Forbidden


class AccountAccess:
    """Lets in the person whose token it is, while their session and their grant last."""

    security = "AccessToken"
    scopes = (OPENID,)
    errors = (AuthorizationHeaderMissing, AuthorizationTypeNotSupported, Unauthorized, Forbidden)

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def __call__(self, request: Request) -> Person:
        """Return the person, or raise the contract's refusal (section 7.1)."""
        header = request.authorization
        if not header:
            raise AuthorizationHeaderMissing
        if not header.startswith(BEARER):
            raise AuthorizationTypeNotSupported
        given = header[len(BEARER) :].strip()
        if len(given) != TOKEN_LENGTH:
            raise Unauthorized
        async with self._ctx.db.read() as tx:
            token = await tx.one(tokens.FIRST_PARTY_ACCESS, id=digest(given), now=self._ctx.clock.now())
        if token is None:
            raise Unauthorized
        scopes = frozenset(token.scope.split())
        if OPENID not in scopes or token.grant_id is None:
            raise Forbidden
        return Person(token.user_id, scopes)


def my_account_origins(origin: str, route: Route) -> Mapping[str, str]:
    """Let every origin read what the account API answers, by bearer token alone (contract section 7.1)."""
    return any_origin(origin, route) if route.path.startswith(f"{PREFIX}/") else {}


def person_of(request: Request) -> Person:
    """Return whom the access let in."""
    if not isinstance(request.principal, Person):
        raise Unauthorized
    return request.principal
