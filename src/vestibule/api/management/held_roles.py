"""The roles of a user and of an application: `/api/users/{userId}/roles`, `/api/applications/{applicationId}/roles`."""

from functools import partial

from vestibule.api.management.lists import find
from vestibule.api.management.role_shapes import AssignedRoles, RoleIds, RoleOut, role_out
from vestibule.domain import role_holders
from vestibule.domain.context import Context
from vestibule.domain.role_holders import Kind
from vestibule.errors import (
    AppError,
    ApplicationTypeInvalid,
    EntityConstraintViolated,
    EntityNotExistsWithId,
    EntityNotFound,
    InternalRole,
    InvalidRequest,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.store.roles import ROLES


class HeldRoles:
    """Handlers over one context, for one kind of holders: `name` is the path's parameter, `filter` the list's."""

    def __init__(self, ctx: Context, kind: Kind, name: str, filter_name: str) -> None:
        self._ctx = ctx
        self._kind = kind
        self._name = name
        self._filter = filter_name

    async def find(self, request: Request) -> Response:
        """GET …/roles."""
        page, holder_id = request.optional_pagination(), request.path_params[self._name]
        async with self._ctx.db.read() as tx:
            await role_holders.check_holder(tx, self._kind, holder_id)
        found = await find(self._ctx, request, ROLES, page, **{self._filter: holder_id})
        return json_response([role_out(role) for role in found.rows], headers=found.headers)

    async def assign(self, request: Request) -> Response:
        """POST …/roles."""
        role_ids = (await request.json(RoleIds)).role_ids
        added = await role_holders.assign(self._ctx, self._kind, request.path_params[self._name], role_ids)
        return json_response(AssignedRoles(role_ids, added), 201)

    async def replace(self, request: Request) -> Response:
        """PUT …/roles."""
        role_ids = (await request.json(RoleIds)).role_ids
        kept = await role_holders.replace(self._ctx, self._kind, request.path_params[self._name], role_ids)
        return json_response(RoleIds(kept))

    async def remove(self, request: Request) -> Response:
        """DELETE …/roles/{roleId}."""
        await role_holders.take(self._ctx, self._kind, request.path_params["roleId"], request.path_params[self._name])
        return empty(204)


def _routes(api: HeldRoles, kind: Kind, path: str, access: Access, tag: str) -> list[Route]:
    missing: set[type[AppError]] = {kind.missing, EntityNotExistsWithId}
    given: tuple[type[AppError], ...] = (*missing, InternalRole, ApplicationTypeInvalid)
    route = partial(Route, access=access, tags=(tag,))
    return [
        route("GET", path, api.find, summary="List the roles", paged=True, responses={200: list[RoleOut]},
              errors=(kind.missing, InvalidRequest, ApplicationTypeInvalid)),
        route("POST", path, api.assign, summary="Give roles", body=RoleIds, responses={201: AssignedRoles},
              errors=(*given, kind.wrong_role)),
        route("PUT", path, api.replace, summary="Replace the roles", body=RoleIds, responses={200: RoleIds},
              errors=(*given, EntityConstraintViolated)),
        route("DELETE", f"{path}/{{roleId}}", api.remove, summary="Take a role", responses={204: None},
              errors=(EntityNotFound, InternalRole)),
    ]  # fmt: skip


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over the roles of users and of applications."""
    users, applications = role_holders.USERS, role_holders.APPLICATIONS
    of_user = HeldRoles(ctx, users, "userId", "of_user")
    of_application = HeldRoles(ctx, applications, "applicationId", "of_application")
    return [
        *_routes(of_user, users, "/api/users/{userId}/roles", access, "Users"),
        *_routes(of_application, applications, "/api/applications/{applicationId}/roles", access, "Applications"),
    ]
