"""`/api/applications/{applicationId}/user-consent-scopes`: what a third-party application may ask people for."""

from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Struct

from vestibule.api.schemas import one_of
from vestibule.domain import consent_scopes
from vestibule.domain.consent_scopes import USER_SCOPES, Enabled, ScopeKind
from vestibule.domain.context import Context
from vestibule.errors import ConsentScopesNotFound, EntityNotExistsWithId, EntityNotFound
from vestibule.http import Access, Request, Response, Route, empty, json_response, text
from vestibule.http.guard import Length, Maybe, convert, rule

Id = Annotated[str, rule(Length(minimum=1))]
UserScope = Literal[USER_SCOPES]  # type: ignore[valid-type]


class ConsentScopesIn(Struct, rename="camel"):
    """The body of POST …/user-consent-scopes: scopes about the user by name, others by id."""

    organization_scopes: Maybe[list[Id]] = UNSET
    resource_scopes: Maybe[list[Id]] = UNSET
    organization_resource_scopes: Maybe[list[Id]] = UNSET
    user_scopes: Maybe[list[UserScope]] = UNSET


class ScopePath(Struct, rename="camel"):
    """The kind of scope in a path."""

    scope_type: ScopeKind


class ConsentScopeOut(Struct):
    """A scope that may be asked for."""

    id: str
    name: str
    description: str | None


class ConsentResourceOut(Struct):
    """The resource of some scopes."""

    id: str
    name: str
    indicator: str


class ResourceScopesOut(Struct):
    """The scopes of one resource."""

    resource: ConsentResourceOut
    scopes: list[ConsentScopeOut]


class ConsentScopesOut(Struct, rename="camel"):
    """Everything that an application may ask for; nothing of organizations, as there are none."""

    organization_scopes: list[ConsentScopeOut]
    resource_scopes: list[ResourceScopesOut]
    organization_resource_scopes: list[ResourceScopesOut]
    user_scopes: list[Annotated[str, one_of(*USER_SCOPES)]]


def _out(enabled: Enabled) -> ConsentScopesOut:
    by_resource: dict[str, ResourceScopesOut] = {}
    for scope in enabled.resource_scopes:
        of = ConsentResourceOut(scope.resource_id, scope.resource_name, scope.indicator)
        group = by_resource.setdefault(scope.resource_id, ResourceScopesOut(of, []))
        group.scopes.append(ConsentScopeOut(scope.id, scope.name, scope.description))
    names = [name for name in USER_SCOPES if name in enabled.user_scopes]
    return ConsentScopesOut([], list(by_resource.values()), [], names)


class ConsentScopes:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def get(self, request: Request) -> Response:
        """GET …/user-consent-scopes."""
        return json_response(_out(await consent_scopes.get(self._ctx, request.path_params["applicationId"])))

    async def add(self, request: Request) -> Response:
        """POST …/user-consent-scopes."""
        body = await request.json(ConsentScopesIn)
        given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}
        await consent_scopes.add(self._ctx, request.path_params["applicationId"], **given)
        return text("Created", 201)

    async def remove(self, request: Request) -> Response:
        """DELETE …/user-consent-scopes/{scopeType}/{scopeId}."""
        path = request.path_params
        kind = convert({"scopeType": path["scopeType"]}, ScopePath).scope_type
        await consent_scopes.remove(self._ctx, path["applicationId"], kind, path["scopeId"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over what applications may ask for."""
    api, path = ConsentScopes(ctx), "/api/applications/{applicationId}/user-consent-scopes"
    missing = EntityNotExistsWithId
    route = partial(Route, access=access, tags=("Applications",))
    return [
        route("GET", path, api.get, summary="List what an application may ask for",
              responses={200: ConsentScopesOut}, errors=(missing,)),
        route("POST", path, api.add, summary="Let an application ask for scopes", body=ConsentScopesIn,
              responses={201: None}, errors=(missing, ConsentScopesNotFound)),
        route("DELETE", f"{path}/{{scopeType}}/{{scopeId}}", api.remove,
              summary="Let an application not ask for a scope any more", responses={204: None},
              errors=(missing, EntityNotFound)),
    ]  # fmt: skip
