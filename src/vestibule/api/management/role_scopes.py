"""`/api/roles/{id}/scopes`: what a role holds."""

from functools import partial

from vestibule.api.management.lists import find
from vestibule.api.management.role_shapes import RoleResourceOut, RoleScopeOut, ScopeIds
from vestibule.api.management.scopes import ScopeOut, scope_out
from vestibule.domain import roles
from vestibule.domain.context import Context
from vestibule.errors import (
    EntityNotExistsWithId,
    EntityNotFound,
    InternalRole,
    InvalidRequest,
    ManagementScopesNotForUsers,
    RoleScopeExists,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.model import TENANT, Resource, Scope
from vestibule.store import resources
from vestibule.store.scopes import SCOPES


def _out(scope: Scope, resource: Resource) -> RoleScopeOut:
    of = RoleResourceOut(
        TENANT, resource.id, resource.name, resource.indicator, resource.is_default, resource.access_token_ttl
    )
    return RoleScopeOut(TENANT, scope.id, scope.resource_id, scope.name, scope.description, scope.created_at, of)


class RoleScopes:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/scopes."""
        page, role_id = request.optional_pagination(), request.path_params["id"]
        async with self._ctx.db.read() as tx:
            await roles.get_role(tx, role_id)
        found = await find(self._ctx, request, SCOPES, page, role_id=role_id)
        async with self._ctx.db.scan() as tx:
            rows = await tx.all(resources.BY_IDS, ids=list({scope.resource_id for scope in found.rows}))
        known = {resource.id: resource for resource in rows}
        shown = [_out(scope, known[scope.resource_id]) for scope in found.rows if scope.resource_id in known]
        return json_response(shown, headers=found.headers)

    async def add(self, request: Request) -> Response:
        """POST …/scopes."""
        scope_ids = (await request.json(ScopeIds)).scope_ids
        added = await roles.add_scopes(self._ctx, request.path_params["id"], scope_ids)
        return json_response([scope_out(scope) for scope in added], 201)

    async def remove(self, request: Request) -> Response:
        """DELETE …/scopes/{scopeId}."""
        await roles.remove_scope(self._ctx, request.path_params["id"], request.path_params["scopeId"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over the scopes of roles."""
    api, path = RoleScopes(ctx), "/api/roles/{id}/scopes"
    missing = EntityNotExistsWithId
    route = partial(Route, access=access, tags=("Roles",))
    return [
        route("GET", path, api.find, summary="List the scopes of a role", paged=True,
              responses={200: list[RoleScopeOut]}, errors=(missing, InvalidRequest)),
        route("POST", path, api.add, summary="Let a role hold scopes", body=ScopeIds,
              responses={201: list[ScopeOut]},
              errors=(missing, InternalRole, ManagementScopesNotForUsers, RoleScopeExists)),
        route("DELETE", f"{path}/{{scopeId}}", api.remove, summary="Take a scope from a role",
              responses={204: None}, errors=(missing, InternalRole, EntityNotFound)),
    ]  # fmt: skip
