"""`/api/my-account/…/access-token`: what a provider gave for the person, for calls in their name."""

from functools import partial

from msgspec import UNSET, Struct
from msgspec.structs import asdict

from vestibule.api.my_account.access import PREFIX, AccountAccess, person_of
from vestibule.domain import token_renewal
from vestibule.domain.context import Context
from vestibule.domain.token_secrets import TokenSet
from vestibule.errors import (
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidResponse,
    InvalidRequest,
    ThirdPartyTokenExpired,
    ThirdPartyTokenNotFound,
)
from vestibule.http import Request, Response, Route, json_response
from vestibule.http.guard import Maybe

SCOPE = "identities"
NO_STORE = (("cache-control", "no-store"),)


class AccessTokenOut(Struct):
    """A provider's access token; `expires_in` in seconds."""

    access_token: str
    scope: Maybe[str] = UNSET
    token_type: Maybe[str] = UNSET
    expires_in: Maybe[int] = UNSET


class IdentityQuery(Struct, rename="camel"):
    """Which identity behind a company's connector is meant, where somebody has several there."""

    issuer: Maybe[str] = UNSET
    identity_id: Maybe[str] = UNSET


class AccessTokens:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def social(self, request: Request) -> Response:
        """GET …/identities/{target}/access-token."""
        person = person_of(request)
        person.needs(SCOPE)
        return self._shown(await token_renewal.of_social(self._ctx, person.user_id, request.path_params["target"]))

    async def company(self, request: Request) -> Response:
        """GET …/sso-identities/{connectorId}/access-token."""
        person = person_of(request)
        person.needs(SCOPE)
        asked, connector_id = request.query(IdentityQuery), request.path_params["connectorId"]
        named = {name: value for name, value in asdict(asked).items() if value is not UNSET}
        return self._shown(await token_renewal.of_company(self._ctx, person.user_id, connector_id, **named))

    def _shown(self, tokens: TokenSet) -> Response:
        ends = tokens.expires_at
        left = UNSET if ends is None else ends - self._ctx.clock.now() // 1000
        shown = AccessTokenOut(tokens.access_token, tokens.scope or UNSET, tokens.token_type or UNSET, left)
        return json_response(shown, headers=NO_STORE)


def routes(ctx: Context) -> list[Route]:
    """Return the routes to the person's tokens of providers."""
    api, account = AccessTokens(ctx), PREFIX
    errors = (
        ThirdPartyTokenNotFound, ThirdPartyTokenExpired, ConnectorGeneral, ConnectorInvalidConfig,
        ConnectorInvalidResponse,
    )  # fmt: skip
    get = partial(Route, "GET", access=AccountAccess(ctx), responses={200: AccessTokenOut}, tags=("My account",))
    return [
        get(f"{account}/identities/{{target}}/access-token", api.social, summary="Get a social provider's token",
            errors=errors),
        get(f"{account}/sso-identities/{{connectorId}}/access-token", api.company, summary="Get a company's token",
            query=IdentityQuery, errors=(*errors, InvalidRequest)),
    ]  # fmt: skip
