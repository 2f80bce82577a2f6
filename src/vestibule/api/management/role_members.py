"""Who has a role: `/api/roles/{id}/users`, `/api/roles/{id}/applications`."""

from functools import partial

from vestibule.api.management.application_shapes import ApplicationOut, application_out
from vestibule.api.management.lists import find
from vestibule.api.management.role_shapes import ApplicationIds, UserIds
from vestibule.api.schemas import UserOut, user_out
from vestibule.domain import role_holders, roles
from vestibule.domain.context import Context
from vestibule.errors import (
    ApplicationTypeInvalid,
    EntityNotExistsWithId,
    EntityNotFound,
    InternalRole,
    InvalidRequest,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response, text
from vestibule.store.applications import APPLICATIONS
from vestibule.store.user_search import USERS


class RoleMembers:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find_users(self, request: Request) -> Response:
        """GET …/users; always in pages."""
        page, role_id = request.pagination(), request.path_params["id"]
        async with self._ctx.db.read() as tx:
            await roles.get_role(tx, role_id)
        found = await find(self._ctx, request, USERS, page, role_id=role_id)
        return json_response([user_out(user) for user in found.rows], headers=found.headers)

    async def add_users(self, request: Request) -> Response:
        """POST …/users."""
        user_ids = (await request.json(UserIds)).user_ids
        await role_holders.add_holders(self._ctx, role_holders.USERS, request.path_params["id"], user_ids)
        return text("Created", 201)

    async def remove_user(self, request: Request) -> Response:
        """DELETE …/users/{userId}."""
        role_id, user_id = request.path_params["id"], request.path_params["userId"]
        await role_holders.take(self._ctx, role_holders.USERS, role_id, user_id)
        return empty(204)

    async def find_applications(self, request: Request) -> Response:
        """GET …/applications."""
        page, role_id = request.optional_pagination(), request.path_params["id"]
        async with self._ctx.db.read() as tx:
            await roles.get_role(tx, role_id)
        found = await find(self._ctx, request, APPLICATIONS, page, role_id=role_id)
        return json_response([application_out(row) for row in found.rows], headers=found.headers)

    async def add_applications(self, request: Request) -> Response:
        """POST …/applications."""
        ids = (await request.json(ApplicationIds)).application_ids
        await role_holders.add_holders(self._ctx, role_holders.APPLICATIONS, request.path_params["id"], ids)
        return text("Created", 201)

    async def remove_application(self, request: Request) -> Response:
        """DELETE …/applications/{applicationId}."""
        role_id, application_id = request.path_params["id"], request.path_params["applicationId"]
        await role_holders.take(self._ctx, role_holders.APPLICATIONS, role_id, application_id)
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over the members of roles."""
    api, users, applications = RoleMembers(ctx), "/api/roles/{id}/users", "/api/roles/{id}/applications"
    missing, gone = EntityNotExistsWithId, (EntityNotFound, InternalRole)
    of_users, of_applications = role_holders.USERS, role_holders.APPLICATIONS
    route = partial(Route, access=access, tags=("Roles",))
    return [
        route("GET", users, api.find_users, summary="List and search the users that have a role", paged=True,
              responses={200: list[UserOut]}, errors=(missing, InvalidRequest)),
        route("POST", users, api.add_users, summary="Give a role to users", body=UserIds, responses={201: None},
              errors=(missing, InternalRole, of_users.wrong_role, of_users.has_already)),
        route("DELETE", f"{users}/{{userId}}", api.remove_user, summary="Take a role from a user",
              responses={204: None}, errors=gone),
        route("GET", applications, api.find_applications, summary="List and search the applications with a role",
              paged=True, responses={200: list[ApplicationOut]}, errors=(missing, InvalidRequest)),
        route("POST", applications, api.add_applications, summary="Give a role to applications",
              body=ApplicationIds, responses={201: None},
              errors=(missing, InternalRole, of_applications.wrong_role, of_applications.has_already,
                      ApplicationTypeInvalid)),
        route("DELETE", f"{applications}/{{applicationId}}", api.remove_application,
              summary="Take a role from an application", responses={204: None}, errors=gone),
    ]  # fmt: skip
