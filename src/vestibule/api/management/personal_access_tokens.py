"""`/api/users/{userId}/personal-access-tokens`: list, create, rename, delete, by name in the path or in the body."""

from typing import Annotated

from msgspec import UNSET, Struct

from vestibule.domain import personal_access_tokens as tokens
from vestibule.domain.context import Context
from vestibule.errors import (
    EntityNotExists,
    EntityNotFound,
    EntityValueTooLong,
    InvalidRequest,
    PersonalAccessTokenNameExists,
    RelationNotFound,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Length, Maybe, Nullable, Range, rule
from vestibule.model import TENANT, PersonalAccessToken

LAST_TIME = 8_640_000_000_000_000
"""The last moment that a date of ECMAScript can be: past the year 275,000."""

Name = Annotated[str, rule(Length(1, 256))]
Time = Annotated[float, rule(Range(maximum=LAST_TIME))]


class PersonalAccessTokenCreate(Struct, rename="camel"):
    """A new token: its name among the user's tokens, and when it ends (epoch ms; null or 0: never)."""

    name: Name
    expires_at: Maybe[Nullable[Time]] = UNSET


class PersonalAccessTokenPatch(Struct, rename="camel"):
    """A new name. Without `currentName` the token is the one that has this name already."""

    name: Name
    current_name: Maybe[str] = UNSET


class PersonalAccessTokenRename(Struct, rename="camel"):
    """A new name for the token in the path."""

    name: Name


class PersonalAccessTokenName(Struct, rename="camel"):
    """Which token."""

    name: str


class PersonalAccessTokenOut(Struct, rename="camel"):
    """A token as the API shows it. `lastUsedAt` is our own addition, right to the minute."""

    tenant_id: str
    user_id: str
    name: str
    value: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None


def _out(token: PersonalAccessToken, value: str) -> PersonalAccessTokenOut:
    times = token.created_at, token.expires_at, token.last_used_at
    return PersonalAccessTokenOut(TENANT, token.user_id, token.name, value, *times)


class PersonalAccessTokens:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/personal-access-tokens."""
        found = await tokens.of_user(self._ctx, request.path_params["userId"])
        return json_response([_out(token, tokens.shown_value(self._ctx, token)) for token in found])

    async def create(self, request: Request) -> Response:
        """POST …/personal-access-tokens."""
        body = await request.json(PersonalAccessTokenCreate)
        expires_at = None if body.expires_at is UNSET else body.expires_at
        user_id = request.path_params["userId"]
        return json_response(_out(*await tokens.create(self._ctx, user_id, body.name, expires_at)), 201)

    async def change(self, request: Request) -> Response:
        """PATCH …/personal-access-tokens."""
        body = await request.json(PersonalAccessTokenPatch)
        current = body.name if body.current_name is UNSET else body.current_name
        return await self._renamed(request, current, body.name)

    async def rename(self, request: Request) -> Response:
        """PATCH …/personal-access-tokens/{name}."""
        body = await request.json(PersonalAccessTokenRename)
        return await self._renamed(request, request.path_params["name"], body.name)

    async def _renamed(self, request: Request, name: str, new_name: str) -> Response:
        token = await tokens.rename(self._ctx, request.path_params["userId"], name, new_name)
        return json_response(_out(token, tokens.shown_value(self._ctx, token)))

    async def delete_named(self, request: Request) -> Response:
        """POST …/personal-access-tokens/delete."""
        name = (await request.json(PersonalAccessTokenName)).name
        await tokens.delete(self._ctx, request.path_params["userId"], name)
        return empty(204)

    async def delete(self, request: Request) -> Response:
        """DELETE …/personal-access-tokens/{name}."""
        await tokens.delete(self._ctx, request.path_params["userId"], request.path_params["name"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over personal access tokens."""
    api, base, tags = PersonalAccessTokens(ctx), "/api/users/{userId}/personal-access-tokens", ("Users",)
    out, gone = {200: PersonalAccessTokenOut}, {204: None}
    created = (InvalidRequest, RelationNotFound, EntityValueTooLong, PersonalAccessTokenNameExists)
    renamed = (EntityNotExists, PersonalAccessTokenNameExists)
    return [
        Route("GET", base, api.find, access=access, summary="List personal access tokens",
              responses={200: list[PersonalAccessTokenOut]}, errors=(EntityNotFound,), tags=tags),
        Route("POST", base, api.create, access=access, summary="Create a personal access token",
              body=PersonalAccessTokenCreate, responses={201: PersonalAccessTokenOut}, errors=created, tags=tags),
        Route("PATCH", base, api.change, access=access, summary="Rename a personal access token",
              body=PersonalAccessTokenPatch, responses=out, errors=renamed, tags=tags),
        Route("POST", f"{base}/delete", api.delete_named, access=access, summary="Delete a personal access token",
              body=PersonalAccessTokenName, responses=gone, errors=(EntityNotFound,), tags=tags),
        Route("PATCH", f"{base}/{{name}}", api.rename, access=access, summary="Rename the token of this name",
              body=PersonalAccessTokenRename, responses=out, errors=renamed, tags=tags),
        Route("DELETE", f"{base}/{{name}}", api.delete, access=access, summary="Delete the token of this name",
              responses=gone, errors=(EntityNotFound,), tags=tags),
    ]  # fmt: skip
