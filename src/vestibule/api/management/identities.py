"""`/api/users/{userId}/identities` and its neighbours: who a user is at social and enterprise providers."""

from functools import partial
from typing import Any

from msgspec import UNSET, Struct

from vestibule.api.management.connector_shapes import CALLBACK_ERRORS
from vestibule.api.schemas import SsoIdentityOut, UserOut, sso_identity_out, user_out
from vestibule.domain import identities, sso_identities, users
from vestibule.domain.context import Context
from vestibule.errors import (
    EnterpriseSsoIdentityNotExists,
    EntityInvalidInput,
    EntityNotFound,
    EntityValueTooLong,
    IdentityInUse,
    IdentityNotExists,
    InvalidConnectorId,
)
from vestibule.http import Access, Request, Response, Route, json_response
from vestibule.http.guard import Maybe
from vestibule.model import Identity


class TokenSecretQuery(Struct, rename="camel"):
    """Whether to add the provider's tokens; none are kept, so there is nothing to add."""

    include_token_secret: Maybe[str] = UNSET


class IdentityLink(Struct, rename="camel"):
    """A connector, what its provider called back with, and what `stateless` gave when the request was made."""

    connector_id: str
    connector_data: dict[str, Any]
    session: Maybe[str] = UNSET


class IdentityOut(Struct):
    """Who a user is at one provider."""

    identity: Identity


class SocialIdentityOut(Struct):
    """Who a user is at the provider `target`."""

    target: str
    identity: Identity


class SsoOut(Struct, rename="camel"):
    """Who a user is at a company's identity provider."""

    sso_identity: SsoIdentityOut


class ConnectedSsoIdentityOut(Struct, rename="camel"):
    """Who a user is through an enterprise connector."""

    sso_connector_id: str
    sso_identity: SsoIdentityOut


class AllIdentitiesOut(Struct, rename="camel"):
    """Who a user is, everywhere."""

    social_identities: list[SocialIdentityOut]
    sso_identities: list[ConnectedSsoIdentityOut]


class Identities:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def get(self, request: Request) -> Response:
        """GET …/identities/{target}."""
        request.query(TokenSecretQuery)
        found = await identities.get_identity(self._ctx, request.path_params["userId"], request.path_params["target"])
        return json_response(IdentityOut(found))

    async def put(self, request: Request) -> Response:
        """PUT …/identities/{target}: 201 for a new one, 200 in place of another."""
        identity, path = await request.json(Identity), request.path_params
        user, is_new = await identities.put_identity(self._ctx, path["userId"], path["target"], identity)
        return json_response(user.identities.encode(), 201 if is_new else 200)

    async def delete(self, request: Request) -> Response:
        """DELETE …/identities/{target}."""
        path = request.path_params
        return json_response(user_out(await identities.remove_identity(self._ctx, path["userId"], path["target"])))

    async def link(self, request: Request) -> Response:
        """POST …/identities."""
        body = await request.json(IdentityLink)
        user_id, session = request.path_params["userId"], None if body.session is UNSET else body.session
        held = await identities.link_through(self._ctx, user_id, body.connector_id, body.connector_data, session)
        return json_response(held)

    async def find(self, request: Request) -> Response:
        """GET …/all-identities."""
        request.query(TokenSecretQuery)
        user_id = request.path_params["userId"]
        held = await identities.of_user(self._ctx, user_id)
        sso = [
            ConnectedSsoIdentityOut(one.sso_connector_id, sso_identity_out(one))
            for one in await sso_identities.of_user(self._ctx, user_id)
        ]
        return json_response(AllIdentitiesOut([SocialIdentityOut(*item) for item in held.items()], sso))

    async def get_sso(self, request: Request) -> Response:
        """GET …/sso-identities/{ssoConnectorId}."""
        request.query(TokenSecretQuery)
        path = request.path_params
        found = await sso_identities.through(self._ctx, path["userId"], path["ssoConnectorId"])
        return json_response(SsoOut(sso_identity_out(found)))

    async def organizations(self, request: Request) -> Response:
        """GET …/organizations: there are none yet."""
        async with self._ctx.db.read() as tx:
            await users.get_user(tx, request.path_params["userId"])
        return json_response([])


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over who users are elsewhere."""
    api, user = Identities(ctx), "/api/users/{userId}"
    one, held, missing = f"{user}/identities/{{target}}", dict[str, Identity], EntityNotFound
    put = (missing, EntityInvalidInput, EntityValueTooLong, IdentityInUse)
    route = partial(Route, access=access, tags=("Users",))
    secrets = partial(route, query=TokenSecretQuery)
    return [
        secrets("GET", one, api.get, summary="Get an identity", responses={200: IdentityOut},
                errors=(missing, IdentityNotExists)),
        route("PUT", one, api.put, summary="Put an identity", body=Identity, responses={200: held, 201: held},
              errors=put),
        route("DELETE", one, api.delete, summary="Remove an identity", responses={200: UserOut},
              errors=(missing, IdentityNotExists)),
        route("POST", f"{user}/identities", api.link, summary="Link an identity through a connector",
              body=IdentityLink, responses={200: held},
              errors=(missing, InvalidConnectorId, IdentityInUse, *CALLBACK_ERRORS)),
        secrets("GET", f"{user}/all-identities", api.find, summary="List every identity",
                responses={200: AllIdentitiesOut}, errors=(missing,)),
        secrets("GET", f"{user}/sso-identities/{{ssoConnectorId}}", api.get_sso, summary="Get an enterprise identity",
                responses={200: SsoOut}, errors=(missing, EnterpriseSsoIdentityNotExists)),
        route("GET", f"{user}/organizations", api.organizations, summary="List a user's organizations",
              responses={200: list[dict[str, object]]}, errors=(missing,)),
    ]  # fmt: skip
