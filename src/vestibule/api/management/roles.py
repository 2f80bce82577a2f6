"""`/api/roles`: roles of users and of machine-to-machine applications."""

from functools import partial

from msgspec import UNSET

from vestibule.api.management.lists import find, given
from vestibule.api.management.role_shapes import (
    ListedRoleOut,
    RoleCreate,
    RoleOut,
    RolePatch,
    RoleQuery,
    listed_role_out,
    role_out,
)
from vestibule.domain import roles
from vestibule.domain.context import Context
from vestibule.errors import (
    DefaultRoleForUsersOnly,
    EntityInvalidInput,
    EntityNotExistsWithId,
    InternalRole,
    InvalidRequest,
    ManagementScopesNotForUsers,
    RoleNameInUse,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.store.roles import ROLES


class Roles:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET /roles."""
        page = request.optional_pagination()
        query = request.query(RoleQuery)
        filters = {
            "type": query.type,
            "not_of_user": query.exclude_user_id,
            "not_of_application": query.exclude_application_id,
        }
        asked = {name: value for name, value in filters.items() if value is not UNSET}
        found = await find(self._ctx, request, ROLES, page, **asked)
        async with self._ctx.db.scan() as tx:
            who = await roles.popularity(tx, [role.id for role in found.rows])
        shown = [listed_role_out(role, who[role.id]) for role in found.rows if role.id in who]
        return json_response(shown, headers=found.headers)

    async def create(self, request: Request) -> Response:
        """POST /roles."""
        body = await request.json(RoleCreate)
        role = await roles.create_role(
            self._ctx,
            body.name,
            body.description,
            body.type,
            is_default=body.is_default,
            scope_ids=body.scope_ids,
        )
        return json_response(role_out(role))

    async def get(self, request: Request) -> Response:
        """GET /roles/{id}."""
        async with self._ctx.db.read() as tx:
            return json_response(role_out(await roles.get_role(tx, request.path_params["id"])))

    async def change(self, request: Request) -> Response:
        """PATCH /roles/{id}."""
        changes = given(await request.json(RolePatch))
        return json_response(role_out(await roles.change_role(self._ctx, request.path_params["id"], changes)))

    async def delete(self, request: Request) -> Response:
        """DELETE /roles/{id}."""
        await roles.delete_role(self._ctx, request.path_params["id"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over roles."""
    api, one = Roles(ctx), "/api/roles/{id}"
    out, missing = {200: RoleOut}, EntityNotExistsWithId
    changed = (missing, InternalRole, DefaultRoleForUsersOnly, RoleNameInUse)
    route = partial(Route, access=access, tags=("Roles",))
    return [
        route("GET", "/api/roles", api.find, summary="List and search roles", paged=True, query=RoleQuery,
              responses={200: list[ListedRoleOut]}, errors=(InvalidRequest,)),
        route("POST", "/api/roles", api.create, summary="Create a role", body=RoleCreate, responses=out,
              errors=(*changed, ManagementScopesNotForUsers)),
        route("GET", one, api.get, summary="Get a role", responses=out, errors=(missing,)),
        route("PATCH", one, api.change, summary="Change a role", body=RolePatch, responses=out,
              errors=(*changed, EntityInvalidInput)),
        route("DELETE", one, api.delete, summary="Delete a role", responses={204: None},
              errors=(missing, InternalRole)),
    ]  # fmt: skip
