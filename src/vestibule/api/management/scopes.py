"""`/api/resources/{resourceId}/scopes`: the permissions of a resource."""

from functools import partial
from typing import Annotated

from msgspec import UNSET, Struct

from vestibule.api.management.lists import find, given
from vestibule.domain import scopes
from vestibule.domain.context import Context
from vestibule.errors import (
    CannotModifyManagementApi,
    EntityInvalidInput,
    EntityNotExistsWithId,
    EntityNotFound,
    InvalidRequest,
    RelationNotFound,
    ScopeNameInUse,
    ScopeNameWithSpace,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Length, Maybe, Nullable, rule
from vestibule.model import TENANT, Scope
from vestibule.store.scopes import SCOPES

ScopeName = Annotated[str, rule(Length(minimum=1, maximum=256))]


class ScopeCreate(Struct):
    """The body of POST …/scopes."""

    name: ScopeName
    description: Maybe[Nullable[str]] = UNSET


class ScopePatch(Struct):
    """The body of PATCH …/scopes/{scopeId}."""

    name: Maybe[ScopeName] = UNSET
    description: Maybe[Nullable[str]] = UNSET


class ScopeOut(Struct, rename="camel"):
    """A scope as the API shows it."""

    tenant_id: str
    id: str
    resource_id: str
    name: str
    description: str | None
    created_at: int


def scope_out(scope: Scope) -> ScopeOut:
    """Show a scope."""
    return ScopeOut(TENANT, scope.id, scope.resource_id, scope.name, scope.description, scope.created_at)


class Scopes:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/scopes; of a resource that does not exist there are none."""
        resource_id = request.path_params["resourceId"]
        found = await find(self._ctx, request, SCOPES, request.optional_pagination(), resource_id=resource_id)
        return json_response([scope_out(row) for row in found.rows], headers=found.headers)

    async def create(self, request: Request) -> Response:
        """POST …/scopes."""
        body = await request.json(ScopeCreate)
        description = None if body.description is UNSET else body.description
        scope = await scopes.create_scope(self._ctx, request.path_params["resourceId"], body.name, description)
        return json_response(scope_out(scope), 201)

    async def change(self, request: Request) -> Response:
        """PATCH …/scopes/{scopeId}."""
        changes = given(await request.json(ScopePatch))
        resource_id, scope_id = request.path_params["resourceId"], request.path_params["scopeId"]
        return json_response(scope_out(await scopes.change_scope(self._ctx, resource_id, scope_id, changes)))

    async def delete(self, request: Request) -> Response:
        """DELETE …/scopes/{scopeId}."""
        await scopes.delete_scope(self._ctx, request.path_params["resourceId"], request.path_params["scopeId"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over the scopes of resources."""
    api, path = Scopes(ctx), "/api/resources/{resourceId}/scopes"
    named = (CannotModifyManagementApi, ScopeNameWithSpace, ScopeNameInUse)
    route = partial(Route, access=access, tags=("Resources",))
    return [
        route("GET", path, api.find, summary="List the scopes of a resource", paged=True,
              responses={200: list[ScopeOut]}, errors=(InvalidRequest,)),
        route("POST", path, api.create, summary="Add a scope to a resource", body=ScopeCreate,
              responses={201: ScopeOut}, errors=(*named, RelationNotFound)),
        route("PATCH", f"{path}/{{scopeId}}", api.change, summary="Change a scope", body=ScopePatch,
              responses={200: ScopeOut}, errors=(*named, EntityNotExistsWithId, EntityInvalidInput)),
        route("DELETE", f"{path}/{{scopeId}}", api.delete, summary="Delete a scope", responses={204: None},
              errors=(CannotModifyManagementApi, EntityNotFound)),
    ]  # fmt: skip
