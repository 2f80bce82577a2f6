"""`/api/users/{userId}/identities` and its neighbours: who a user is at social and enterprise providers."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import UNSET, Struct

from vestibule.api.management.connector_shapes import CALLBACK_ERRORS
from vestibule.api.management.token_secrets import SocialTokenSecretOut, SsoTokenSecretOut, social_out, sso_out
from vestibule.api.schemas import SsoIdentityOut, UserOut, sso_identity_out, user_out
from vestibule.domain import identities, sso_identities, token_secrets, users
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
from vestibule.model import Identity, TokenSecret


class TokenSecretQuery(Struct, rename="camel"):
    """Whether to add what the provider's tokens are that are kept; the tokens themselves are not shown."""

    include_token_secret: Maybe[str] = UNSET


class IdentityLink(Struct, rename="camel"):
    """A connector, what its provider called back with, and what `stateless` gave when the request was made."""

    connector_id: str
    connector_data: dict[str, Any]
    session: Maybe[str] = UNSET


class IdentityOut(Struct, rename="camel"):
    """Who a user is at one provider."""

    identity: Identity
    token_secret: Maybe[SocialTokenSecretOut] = UNSET


class SocialIdentityOut(Struct, rename="camel"):
    """Who a user is at the provider `target`."""

    target: str
    identity: Identity
    token_secret: Maybe[SocialTokenSecretOut] = UNSET


class SsoOut(Struct, rename="camel"):
    """Who a user is at a company's identity provider."""

    sso_identity: SsoIdentityOut
    token_secret: Maybe[SsoTokenSecretOut] = UNSET


class ConnectedSsoIdentityOut(Struct, rename="camel"):
    """Who a user is through an enterprise connector."""

    sso_connector_id: str
    sso_identity: SsoIdentityOut
    token_secret: Maybe[SsoTokenSecretOut] = UNSET


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
        target, user_id = request.path_params["target"], request.path_params["userId"]
        found = await identities.get_identity(self._ctx, user_id, target)
        return json_response(IdentityOut(found, social_out((await self._secrets(request)).get(target))))

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
        user_id = request.path_params["userId"]
        held, kept = await identities.of_user(self._ctx, user_id), await self._secrets(request)
        social = [SocialIdentityOut(at, identity, social_out(kept.get(at))) for at, identity in held.items()]
        sso = [
            ConnectedSsoIdentityOut(one.sso_connector_id, sso_identity_out(one), sso_out(kept.get(one.id)))
            for one in await sso_identities.of_user(self._ctx, user_id)
        ]
        return json_response(AllIdentitiesOut(social, sso))

    async def get_sso(self, request: Request) -> Response:
        """GET …/sso-identities/{ssoConnectorId}."""
        path = request.path_params
        found = await sso_identities.through(self._ctx, path["userId"], path["ssoConnectorId"])
        return json_response(SsoOut(sso_identity_out(found), sso_out((await self._secrets(request)).get(found.id))))

    async def _secrets(self, request: Request) -> Mapping[str, TokenSecret]:
        """Return what is kept of the user's tokens, if that was asked for; raises InvalidInput."""
        request.query(TokenSecretQuery)
        asked = request.flag("includeTokenSecret")
        return await token_secrets.of_user(self._ctx, request.path_params["userId"]) if asked else {}

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
