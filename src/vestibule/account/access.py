"""Who may call the settings API: a user's token with the scope of the route's action."""

from dataclasses import dataclass

from vestibule.account.permissions import RULES
from vestibule.account.problems import NotAllowed, NotSignedIn
from vestibule.account.tokens import Caller, TokenChecker
from vestibule.errors import AppError
from vestibule.http import Request


@dataclass(frozen=True)
class MayDo:
    """Access for one action of the permissions table; an action that is not in it cannot be named."""

    checker: TokenChecker
    action: str
    security: str = "accessToken"
    errors: tuple[type[AppError], ...] = (NotSignedIn, NotAllowed)

    async def __call__(self, request: Request) -> Caller:
        """Return the caller; raises NotSignedIn or NotAllowed."""
        scheme, _, token = (request.authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotSignedIn("Bearer")
        caller = await self.checker.check(token.strip())
        if RULES[self.action].scope not in caller.scopes:
            raise NotAllowed(
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{RULES[self.action].scope}"'}
            )
        return caller


def caller_of(request: Request) -> Caller:
    """Return the caller that the access found: the only place a user id comes from (B83)."""
    if not isinstance(request.principal, Caller):
        raise NotSignedIn
    return request.principal
