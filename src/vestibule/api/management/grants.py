"""`/api/users/{userId}/grants`: what a user has granted to applications, listed and revoked."""

from typing import Literal

from msgspec import UNSET, Struct

from vestibule.domain import grants
from vestibule.domain.context import Context
from vestibule.domain.grants import Granted
from vestibule.errors import GrantNotFound
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Maybe
from vestibule.model import BUILT_IN_APPLICATION


class GrantQuery(Struct, rename="camel"):
    """Whose applications: the operator's own, or those of third parties."""

    app_type: Maybe[Literal["firstParty", "thirdParty"]] = UNSET


class OpenIdOut(Struct):
    """The scopes about the user, separated by spaces."""

    scope: str


class GrantPayload(Struct, rename="camel"):
    """The grant; times in epoch seconds. `resources` holds the granted scopes of each resource."""

    exp: int
    iat: int
    jti: str
    kind: Literal["Grant"]
    client_id: str
    account_id: str
    openid: OpenIdOut
    resources: dict[str, str]
    rejected: dict[str, object]


class GrantedApplicationOut(Struct):
    """Who holds the grant."""

    id: str
    name: str


class GrantOut(Struct, rename="camel"):
    """A grant as the API shows it; `expiresAt` in epoch ms."""

    id: str
    payload: GrantPayload
    expires_at: int
    application: GrantedApplicationOut


class GrantsOut(Struct):
    """A user's grants."""

    grants: list[GrantOut]


def _out(found: Granted) -> GrantOut:
    grant = found.grant
    payload = GrantPayload(
        exp=grant.expires_at // 1000,
        iat=grant.created_at // 1000,
        jti=grant.id,
        kind="Grant",
        client_id=grant.application_id,
        account_id=grant.user_id,
        openid=OpenIdOut(" ".join(found.identity_scopes)),
        resources={indicator: " ".join(names) for indicator, names in found.resource_scopes.items()},
        rejected={},
    )
    application = GrantedApplicationOut(grant.application_id, grant.application_name)
    return GrantOut(grant.id, payload, grant.expires_at, application)


class Grants:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/grants. The built-in application is not shown."""
        kind = request.query(GrantQuery).app_type
        found = await grants.of_user(self._ctx, request.path_params["userId"])
        wanted = (True, False) if kind is UNSET else (kind == "thirdParty",)
        shown = [
            _out(one)
            for one in found
            if one.grant.is_third_party in wanted and one.grant.application_id != BUILT_IN_APPLICATION
        ]
        return json_response(GrantsOut(shown))

    async def revoke(self, request: Request) -> Response:
        """DELETE …/grants/{grantId}."""
        await grants.revoke_of_user(self._ctx, request.path_params["userId"], request.path_params["grantId"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over grants."""
    api, base, tags = Grants(ctx), "/api/users/{userId}/grants", ("Users",)
    return [
        Route("GET", base, api.find, access=access, summary="List a user's grants",
              query=GrantQuery, responses={200: GrantsOut}, tags=tags),
        Route("DELETE", f"{base}/{{grantId}}", api.revoke, access=access, summary="Revoke a grant",
              responses={204: None}, errors=(GrantNotFound,), tags=tags),
    ]  # fmt: skip
