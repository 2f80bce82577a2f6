"""`/api/applications`: clients of the authorization server."""

from functools import partial
from typing import Any, Literal

from msgspec import UNSET, Struct

from vestibule.api.management.application_shapes import (
    ApplicationCreate,
    ApplicationOut,
    ApplicationPatch,
    WireType,
    application_out,
    is_built_in,
    placeholder_out,
    unsupported,
)
from vestibule.api.management.lists import find, given
from vestibule.api.management.search_query import excluded
from vestibule.api.schemas import json_text
from vestibule.domain import applications
from vestibule.domain.application_rules import not_supported, supported_type
from vestibule.domain.applications import NewApplication
from vestibule.domain.clients import find_client
from vestibule.domain.context import Context
from vestibule.errors import (
    ApplicationNotSupported,
    ApplicationTypeInvalid,
    DeviceFlowNativeOnly,
    DeviceFlowNotChangeable,
    EntityInvalidInput,
    EntityNotExistsWithId,
    EntityNotFound,
    InvalidRequest,
    ProtectedMetadataRequired,
    ThirdPartyCannotExchange,
    ThirdPartyTypeInvalid,
    UseSamlApi,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response, paginated
from vestibule.http.guard import Maybe
from vestibule.store.applications import APPLICATIONS

JSON_COLUMNS = ("oidc_client_metadata", "custom_client_metadata", "custom_data")


class ApplicationQuery(Struct, rename="camel"):
    """The query of GET /applications beside page and search; an empty id counts as absent."""

    types: Maybe[WireType | list[WireType]] = UNSET
    exclude_role_id: Maybe[str] = UNSET
    exclude_organization_id: Maybe[str] = UNSET
    is_third_party: Maybe[Literal["true", "false"]] = UNSET

    def filters(self) -> dict[str, object]:
        """Return the conditions that were given."""
        found: dict[str, object] = {}
        if self.types is not UNSET:
            found["types"] = tuple(self.types) if isinstance(self.types, list) else (self.types,)
        if self.is_third_party is not UNSET:
            found["is_third_party"] = self.is_third_party == "true"
        return found


class Applications:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET /applications."""
        page = request.optional_pagination()
        filters = request.query(ApplicationQuery).filters()
        role_id = excluded(request.query_items)
        found = await find(self._ctx, request, APPLICATIONS, page, exclude_role_id=role_id, **filters)
        return json_response([application_out(row) for row in found.rows], headers=found.headers)

    async def create(self, request: Request) -> Response:
        """POST /applications."""
        body = await request.json(ApplicationCreate)
        kind = supported_type(body.type, has_protected_metadata=body.protected_app_metadata is not UNSET)
        if fields := unsupported(body):
            raise not_supported(*fields)
        texts = {name: value for name, value in _columns(body).items() if value is not None}
        new = NewApplication(type=kind, is_third_party=body.is_third_party is True, **texts)
        application, _ = await applications.create(self._ctx, new)
        return json_response(application_out(application))

    async def get(self, request: Request) -> Response:
        """GET /applications/{id}; of a built-in client a placeholder."""
        application_id = request.path_params["id"]
        async with self._ctx.db.read() as tx:
            if is_built_in(application_id) and (client := await find_client(tx, application_id)):
                return json_response(placeholder_out(client.application))
            application = await applications.get_application(tx, application_id)
            is_admin = await applications.is_admin(tx, application_id)
        return json_response(application_out(application, is_admin=is_admin))

    async def change(self, request: Request) -> Response:
        """PATCH /applications/{id}."""
        body = await request.json(ApplicationPatch)
        if fields := unsupported(body):
            raise not_supported(*fields)
        admin = None if body.is_admin is UNSET else body.is_admin
        application_id = request.path_params["id"]
        changed = await applications.change(self._ctx, application_id, _columns(body), admin=admin)
        return json_response(application_out(changed))

    async def change_custom_data(self, request: Request) -> Response:
        """PATCH /applications/{applicationId}/custom-data: merge, one level deep."""
        members = await request.json(dict[str, Any])
        application_id = request.path_params["applicationId"]
        changed = await applications.merge_custom_data(self._ctx, application_id, members)
        return json_response(changed.custom_data.encode())

    async def organizations(self, request: Request) -> Response:
        """GET /applications/{id}/organizations: there are none yet."""
        page = request.optional_pagination()
        async with self._ctx.db.read() as tx:
            await applications.get_application(tx, request.path_params["id"])
        return json_response([], headers=() if page is None else paginated(request, page, 0))

    async def delete(self, request: Request) -> Response:
        """DELETE /applications/{id}."""
        await applications.delete(self._ctx, request.path_params["id"])
        return empty(204)


def _columns(body: ApplicationCreate | ApplicationPatch) -> dict[str, Any]:
    """Return the columns that a body gives."""
    found = given(body)
    plain = {name: found[name] for name in ("name", "description") if name in found}
    return plain | {name: json_text(found[name]) for name in JSON_COLUMNS if name in found}


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over applications."""
    api, one, by_id = Applications(ctx), "/api/applications/{id}", "/api/applications/{applicationId}"
    missing = EntityNotExistsWithId
    rules = (ApplicationNotSupported, ThirdPartyCannotExchange, DeviceFlowNativeOnly)
    created = (*rules, UseSamlApi, ProtectedMetadataRequired, ThirdPartyTypeInvalid)
    changed = (*rules, missing, EntityInvalidInput, DeviceFlowNotChangeable, ApplicationTypeInvalid)
    route = partial(Route, access=access, tags=("Applications",))
    return [
        route("GET", "/api/applications", api.find, summary="List and search applications", paged=True,
              query=ApplicationQuery, responses={200: list[ApplicationOut]}, errors=(InvalidRequest,)),
        route("POST", "/api/applications", api.create, summary="Create an application", body=ApplicationCreate,
              responses={200: ApplicationOut}, errors=created),
        route("GET", one, api.get, summary="Get an application", responses={200: ApplicationOut},
              errors=(missing,)),
        route("PATCH", one, api.change, summary="Change an application", body=ApplicationPatch,
              responses={200: ApplicationOut}, errors=changed),
        route("DELETE", one, api.delete, summary="Delete an application", responses={204: None},
              errors=(EntityNotFound,)),
        route("PATCH", f"{by_id}/custom-data", api.change_custom_data, summary="Merge custom data",
              body=dict[str, Any], responses={200: dict[str, Any]}, errors=(missing,)),
        route("GET", f"{one}/organizations", api.organizations, summary="List organizations", paged=True,
              responses={200: list[dict[str, Any]]}, errors=(missing,)),
    ]  # fmt: skip
