"""`/api/users`: read, list, create, change, suspend, delete."""

import msgspec
from msgspec import UNSET

from vestibule.api.auth import caller_of
from vestibule.api.management.search_query import excluded, parse_search
from vestibule.api.schemas import (
    CustomDataPatch,
    ProfileBody,
    ProfilePatch,
    SuspensionPatch,
    UserCreate,
    UserOut,
    UserPatch,
    json_text,
    user_out,
)
from vestibule.domain import deletion, users
from vestibule.domain.context import Context
from vestibule.domain.users import NewUser
from vestibule.errors import (
    CannotDeleteSelf,
    EmailInUse,
    EntityInvalidInput,
    EntityNotFound,
    EntityValueTooLong,
    InvalidLegacyPasswordFormat,
    InvalidPhone,
    InvalidRequest,
    PasswordAlgorithmRequired,
    PasswordAndDigest,
    PhoneInUse,
    UnsupportedEncryptionMethod,
    UnsupportedLegacyHashAlgorithm,
    UsernameInUse,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response, paginated
from vestibule.store import sso_identities
from vestibule.store.listing import Window
from vestibule.store.user_search import USERS

NEAR = 2000
"""Offsets up to this are read from the index in the event loop; further ones go where scans go."""
JSON_COLUMNS = ("custom_data", "profile")
IN_USE = (EmailInUse, PhoneInUse, UsernameInUse, InvalidPhone, EntityValueTooLong)


class Users:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def get(self, request: Request) -> Response:
        """GET /users/{userId}."""
        sso = password = False
        if request.raw_query:
            sso, password = request.flag("includeSsoIdentities"), request.flag("includePasswordHash")
        async with self._ctx.db.read() as tx:
            user = await users.get_user(tx, request.path_params["userId"])
            held = await tx.all(sso_identities.OF_USER, user_id=user.id) if sso else None
        return json_response(user_out(user, sso=held, password=password))

    async def find(self, request: Request) -> Response:
        """GET /users: list and search."""
        page = request.pagination()
        exclude = excluded(request.query_items)
        search = parse_search(request.query_items, USERS.fields)
        password = request.flag("includePasswordHash")
        near = not search.groups and page.offset <= NEAR
        async with self._ctx.db.read() if near else self._ctx.db.scan() as tx:
            found = await USERS.rows(tx, search, Window(page.size, page.offset), exclude_role_id=exclude)
            total = await self._ctx.totals.of(tx, USERS, search, exclude_role_id=exclude)
        body = [user_out(user, password=password) for user in found]
        return json_response(body, headers=paginated(request, page, total))

    async def create(self, request: Request) -> Response:
        """POST /users."""
        body = await request.json(UserCreate)
        given = {
            name: getattr(body, name)
            for name in NewUser.__dataclass_fields__
            if name in body.__struct_fields__ and getattr(body, name) is not UNSET
        }
        for name in JSON_COLUMNS:
            if name in given:
                given[name] = json_text(given[name])
        return json_response(user_out(await users.create_user(self._ctx, NewUser(**given))))

    async def change(self, request: Request) -> Response:
        """PATCH /users/{userId}."""
        body = await request.json(UserPatch)
        given = {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}
        for name in JSON_COLUMNS:
            if name in given:
                given[name] = json_text(given[name])
        return json_response(user_out(await users.change_user(self._ctx, request.path_params["userId"], given)))

    async def change_profile(self, request: Request) -> Response:
        """PATCH /users/{userId}/profile: merge, one level deep."""
        members = msgspec.to_builtins((await request.json(ProfilePatch)).profile)
        user = await users.merge_json(self._ctx, request.path_params["userId"], "profile", members)
        return json_response(msgspec.json.decode(user.profile, type=ProfileBody))

    async def get_custom_data(self, request: Request) -> Response:
        """GET /users/{userId}/custom-data."""
        async with self._ctx.db.read() as tx:
            user = await users.get_user(tx, request.path_params["userId"])
        return json_response(user.custom_data.encode())

    async def change_custom_data(self, request: Request) -> Response:
        """PATCH /users/{userId}/custom-data: merge, one level deep."""
        members = (await request.json(CustomDataPatch)).custom_data
        user = await users.merge_json(self._ctx, request.path_params["userId"], "custom_data", members)
        return json_response(user.custom_data.encode())

    async def suspend(self, request: Request) -> Response:
        """PATCH /users/{userId}/is-suspended."""
        suspended = (await request.json(SuspensionPatch)).is_suspended
        return json_response(user_out(await users.suspend(self._ctx, request.path_params["userId"], suspended)))

    async def delete(self, request: Request) -> Response:
        """DELETE /users/{userId}."""
        await deletion.delete_user(self._ctx, request.path_params["userId"], caller_of(request).subject)
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over users."""
    api, one = Users(ctx), "/api/users/{userId}"
    out, tags, missing = {200: UserOut}, ("Users",), (EntityNotFound,)
    digest = (
        PasswordAndDigest,
        PasswordAlgorithmRequired,
        UnsupportedEncryptionMethod,
        InvalidLegacyPasswordFormat,
        UnsupportedLegacyHashAlgorithm,
    )
    changed = (*missing, *IN_USE, EntityInvalidInput)

    def route(method: str, path: str, handler: object, summary: str, **more: object) -> Route:
        return Route(method, path, handler, access=access, summary=summary, tags=tags, **more)  # type: ignore[arg-type]

    return [
        route("GET", "/api/users", api.find, "List and search users", paged=True, responses={200: list[UserOut]},
              errors=(InvalidRequest,)),
        route("POST", "/api/users", api.create, "Create a user", body=UserCreate, responses=out,
              errors=(*digest, *IN_USE)),
        route("GET", one, api.get, "Get a user", responses=out, errors=missing),
        route("PATCH", one, api.change, "Change a user", body=UserPatch, responses=out, errors=changed),
        route("DELETE", one, api.delete, "Delete a user", responses={204: None}, errors=(*missing, CannotDeleteSelf)),
        route("PATCH", f"{one}/profile", api.change_profile, "Merge profile members", body=ProfilePatch,
              responses={200: ProfileBody}, errors=missing),
        route("GET", f"{one}/custom-data", api.get_custom_data, "Get custom data",
              responses={200: dict[str, object]}, errors=missing),
        route("PATCH", f"{one}/custom-data", api.change_custom_data, "Merge custom data", body=CustomDataPatch,
              responses={200: dict[str, object]}, errors=missing),
        route("PATCH", f"{one}/is-suspended", api.suspend, "Suspend a user or lift it", body=SuspensionPatch,
              responses=out, errors=missing),
    ]  # fmt: skip
