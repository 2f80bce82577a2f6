"""`/api/sso-connectors`, `/api/sso-connector-providers`: sign-in through companies' own identity providers."""

from functools import partial

from vestibule.api.management.sso_connector_shapes import (
    ProviderOut,
    SsoConnectorCreate,
    SsoConnectorDetails,
    SsoConnectorOut,
    SsoConnectorPatch,
    details_out,
    provider_out,
    sso_connector_out,
)
from vestibule.connectors.sso.providers import PROVIDERS
from vestibule.domain import sso_connectors
from vestibule.domain.context import Context
from vestibule.domain.sso_connectors import ProviderNotFound, TokensRefused
from vestibule.errors import (
    ConnectorInvalidCertificate,
    ConnectorInvalidConfig,
    ConnectorInvalidMetadata,
    EntityNotExistsWithId,
    FeatureNotSupported,
    SsoConnectorNameInUse,
    SsoDomainsDuplicated,
    SsoDomainsForbidden,
    SsoSigningKeyRequired,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response, paginated
from vestibule.ui.messages import negotiate


def language_of(request: Request) -> str:
    """Return the language in which providers are named."""
    return negotiate(request.headers.get("accept-language"))


class SsoConnectors:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def providers(self, request: Request) -> Response:
        """GET /sso-connector-providers."""
        language = language_of(request)
        return json_response([provider_out(provider, language) for provider in PROVIDERS.values()])

    async def find(self, request: Request) -> Response:
        """GET /sso-connectors: each provider is asked for what it says of itself."""
        page, found = request.optional_pagination(), await sso_connectors.find(self._ctx)
        shown = found if page is None else found[page.offset : page.offset + page.size]
        told = await sso_connectors.described(self._ctx, shown)
        language = language_of(request)
        body = [details_out(one, config, language) for one, config in zip(shown, told, strict=True)]
        return json_response(body, headers=() if page is None else paginated(request, page, len(found)))

    async def get(self, request: Request) -> Response:
        """GET /sso-connectors/{id}."""
        return await self._details(request, await sso_connectors.get(self._ctx, request.path_params["id"]))

    async def create(self, request: Request) -> Response:
        """POST /sso-connectors."""
        body = await request.json(SsoConnectorCreate)
        made = await sso_connectors.create(self._ctx, body.provider_name, body.change())
        return json_response(sso_connector_out(made))

    async def change(self, request: Request) -> Response:
        """PATCH /sso-connectors/{id}."""
        body = await request.json(SsoConnectorPatch)
        changed = await sso_connectors.update(self._ctx, request.path_params["id"], body.change())
        return await self._details(request, changed)

    async def delete(self, request: Request) -> Response:
        """DELETE /sso-connectors/{id}."""
        await sso_connectors.remove(self._ctx, request.path_params["id"])
        return empty()

    async def _details(self, request: Request, connector: sso_connectors.SsoConnector) -> Response:
        told = await sso_connectors.described(self._ctx, [connector])
        return json_response(details_out(connector, told[0], language_of(request)))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over enterprise connectors."""
    api, path, one = SsoConnectors(ctx), "/api/sso-connectors", "/api/sso-connectors/{id}"
    route = partial(Route, access=access, tags=("SSO connectors",))
    said = (
        SsoSigningKeyRequired, ConnectorInvalidMetadata, ConnectorInvalidCertificate, TokensRefused,
        SsoDomainsForbidden, SsoDomainsDuplicated, ConnectorInvalidConfig, SsoConnectorNameInUse, FeatureNotSupported,
    )  # fmt: skip
    missing = (EntityNotExistsWithId,)
    return [
        Route("GET", "/api/sso-connector-providers", api.providers, access=access, summary="List providers",
              responses={200: list[ProviderOut]}, tags=("SSO connector providers",)),
        route("GET", path, api.find, summary="List enterprise connectors", paged=True,
              responses={200: list[SsoConnectorDetails]}),
        route("POST", path, api.create, summary="Create an enterprise connector", body=SsoConnectorCreate,
              description="The configuration is tried out first: the provider is asked for its own description.",
              responses={200: SsoConnectorOut}, errors=(ProviderNotFound, *said)),
        route("GET", one, api.get, summary="Get an enterprise connector", responses={200: SsoConnectorDetails},
              errors=missing),
        route("PATCH", one, api.change, summary="Change an enterprise connector", body=SsoConnectorPatch,
              responses={200: SsoConnectorDetails}, errors=(*missing, *said)),
        route("DELETE", one, api.delete, summary="Delete an enterprise connector", responses={204: None},
              errors=missing),
    ]  # fmt: skip
