"""`/api/applications/{applicationId}/access-control`: everybody may use every application; rules are refused."""

from functools import partial

from msgspec import Struct

from vestibule.domain import applications
from vestibule.domain.application_rules import not_supported
from vestibule.domain.context import Context
from vestibule.errors import ApplicationNotSupported, EntityNotExistsWithId
from vestibule.http import Access, Request, Response, Route, json_response


class OrganizationRoleRule(Struct, rename="camel"):
    """Roles in one organization."""

    organization_id: str
    organization_role_ids: list[str]


class AccessControl(Struct, rename="camel"):
    """Who may use an application; all lists empty: everybody."""

    user_ids: list[str]
    user_role_ids: list[str]
    organization_ids: list[str]
    organization_role_rules: list[OrganizationRoleRule]


EVERYBODY = AccessControl([], [], [], [])
NAMES = {
    "userIds": "user_ids",
    "userRoleIds": "user_role_ids",
    "organizationIds": "organization_ids",
    "organizationRoleRules": "organization_role_rules",
}


class AccessRules:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def _everybody(self, request: Request) -> Response:
        async with self._ctx.db.read() as tx:
            await applications.get_application(tx, request.path_params["applicationId"])
        return json_response(EVERYBODY)

    async def get(self, request: Request) -> Response:
        """GET …/access-control."""
        return await self._everybody(request)

    async def replace(self, request: Request) -> Response:
        """PUT …/access-control."""
        body = await request.json(AccessControl)
        answer = await self._everybody(request)
        if fields := [name for name, attribute in NAMES.items() if getattr(body, attribute)]:
            raise not_supported(*fields)
        return answer


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over who may use an application."""
    api, path = AccessRules(ctx), "/api/applications/{applicationId}/access-control"
    missing, out = EntityNotExistsWithId, {200: AccessControl}
    route = partial(Route, access=access, tags=("Applications",))
    return [
        route("GET", path, api.get, summary="Tell who may use an application", responses=out, errors=(missing,)),
        route("PUT", path, api.replace, summary="Replace who may use an application", body=AccessControl,
              responses=out, errors=(missing, ApplicationNotSupported)),
    ]  # fmt: skip
