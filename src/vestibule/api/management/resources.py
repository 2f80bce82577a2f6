"""`/api/resources`: the APIs that tokens can be made for."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from msgspec import UNSET, Struct

from vestibule.api.management.lists import find, given
from vestibule.api.management.scopes import ScopeOut, scope_out
from vestibule.domain import resources
from vestibule.domain.context import Context
from vestibule.domain.resources import ACCESS_TOKEN_TTL_SECONDS
from vestibule.errors import (
    CannotDeleteManagementApi,
    CannotModifyManagementApi,
    EntityInvalidInput,
    EntityNotExistsWithId,
    EntityNotFound,
    EntityValueTooLong,
    ResourceIndicatorInUse,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Length, Maybe, Range, rule
from vestibule.model import TENANT, Resource, Scope
from vestibule.store import scopes
from vestibule.store.resources import RESOURCES

Filled = Annotated[str, rule(Length(minimum=1))]
Seconds = Annotated[int, rule(Range(minimum=1))]


class ResourceQuery(Struct, rename="camel"):
    """The query of GET /resources."""

    include_scopes: Maybe[str] = UNSET


class ResourceCreate(Struct, rename="camel"):
    """The body of POST /resources."""

    name: Filled
    indicator: Filled
    access_token_ttl: Maybe[Seconds] = UNSET


class ResourcePatch(Struct, rename="camel"):
    """The body of PATCH /resources/{id}; the indicator is fixed."""

    name: Maybe[Filled] = UNSET
    access_token_ttl: Maybe[Seconds] = UNSET


class DefaultPatch(Struct, rename="camel"):
    """The body of PATCH …/is-default."""

    is_default: bool


class ResourceOut(Struct, rename="camel", omit_defaults=True):
    """A resource as the API shows it; `scopes` where they were asked for."""

    tenant_id: str
    id: str
    name: str
    indicator: str
    is_default: bool
    access_token_ttl: int
    scopes: Maybe[list[ScopeOut]] = UNSET


def resource_out(resource: Resource, held: Sequence[Scope] | None = None) -> ResourceOut:
    """Show a resource."""
    shown = UNSET if held is None else [scope_out(scope) for scope in held]
    return ResourceOut(
        TENANT,
        resource.id,
        resource.name,
        resource.indicator,
        resource.is_default,
        resource.access_token_ttl,
        shown,
    )


class Resources:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET /resources."""
        found = await find(self._ctx, request, RESOURCES, request.optional_pagination())
        if not request.flag("includeScopes"):
            return json_response([resource_out(row) for row in found.rows], headers=found.headers)
        held: dict[str, list[Scope]] = {row.id: [] for row in found.rows}
        async with self._ctx.db.scan() as tx:
            for scope in await tx.all(scopes.OF_RESOURCES, resource_ids=list(held)):
                held[scope.resource_id].append(scope)
        return json_response([resource_out(row, held[row.id]) for row in found.rows], headers=found.headers)

    async def create(self, request: Request) -> Response:
        """POST /resources."""
        body = await request.json(ResourceCreate)
        seconds = ACCESS_TOKEN_TTL_SECONDS if body.access_token_ttl is UNSET else body.access_token_ttl
        resource = await resources.create_resource(self._ctx, body.name, body.indicator, seconds)
        return json_response(resource_out(resource, ()), 201)

    async def get(self, request: Request) -> Response:
        """GET /resources/{id}."""
        async with self._ctx.db.read() as tx:
            return json_response(resource_out(await resources.get_resource(tx, request.path_params["id"])))

    async def change(self, request: Request) -> Response:
        """PATCH /resources/{id}."""
        changes = given(await request.json(ResourcePatch))
        return json_response(
            resource_out(await resources.change_resource(self._ctx, request.path_params["id"], changes))
        )

    async def set_default(self, request: Request) -> Response:
        """PATCH /resources/{id}/is-default."""
        is_default = (await request.json(DefaultPatch)).is_default
        return json_response(
            resource_out(await resources.set_default(self._ctx, request.path_params["id"], is_default))
        )

    async def delete(self, request: Request) -> Response:
        """DELETE /resources/{id}."""
        await resources.delete_resource(self._ctx, request.path_params["id"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over resources."""
    api, one = Resources(ctx), "/api/resources/{id}"
    out, missing, fixed = {200: ResourceOut}, EntityNotExistsWithId, CannotModifyManagementApi
    route = partial(Route, access=access, tags=("Resources",))
    return [
        route("GET", "/api/resources", api.find, summary="List resources", paged=True, query=ResourceQuery,
              responses={200: list[ResourceOut]}),
        route("POST", "/api/resources", api.create, summary="Create a resource", body=ResourceCreate,
              responses={201: ResourceOut}, errors=(ResourceIndicatorInUse, EntityValueTooLong)),
        route("GET", one, api.get, summary="Get a resource", responses=out, errors=(missing,)),
        route("PATCH", one, api.change, summary="Change a resource", body=ResourcePatch, responses=out,
              errors=(missing, fixed, EntityInvalidInput, EntityValueTooLong)),
        route("DELETE", one, api.delete, summary="Delete a resource and its scopes", responses={204: None},
              errors=(EntityNotFound, CannotDeleteManagementApi)),
        route("PATCH", f"{one}/is-default", api.set_default, summary="Make it the default resource, or not",
              body=DefaultPatch, responses=out, errors=(missing, fixed)),
    ]  # fmt: skip
