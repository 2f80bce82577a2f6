"""`/api/users/{userId}/password`: check, set, and whether there is one."""

from msgspec import Struct

from vestibule.api.schemas import HasPassword, PasswordBody, UserOut, user_out
from vestibule.domain import credentials, users
from vestibule.domain.context import Context
from vestibule.errors import EntityNotFound, InvalidCredentials, PasswordExpirationNotEnabled, ServerBusy
from vestibule.http import Access, Request, Response, Route, empty, json_response


class ExpirationPatch(Struct, rename="camel"):
    """Whether the password has expired."""

    is_expired: bool


class Credentials:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def verify(self, request: Request) -> Response:
        """POST …/password/verify."""
        password = (await request.json(PasswordBody)).password
        async with self._ctx.db.read() as tx:
            user = await users.get_user(tx, request.path_params["userId"])
        if not await credentials.check_password(self._ctx, user, password):
            raise InvalidCredentials
        return empty(204)

    async def set(self, request: Request) -> Response:
        """PATCH …/password."""
        password = (await request.json(PasswordBody)).password
        user_id = request.path_params["userId"]
        async with self._ctx.db.read() as tx:
            await users.get_user(tx, user_id)
        return json_response(user_out(await credentials.set_password(self._ctx, user_id, password)))

    async def expire(self, request: Request) -> Response:
        """PATCH …/password/expiration."""
        expired = (await request.json(ExpirationPatch)).is_expired
        user = await credentials.mark_expired(self._ctx, request.path_params["userId"], expired)
        return json_response(user_out(user))

    async def has(self, request: Request) -> Response:
        """GET …/has-password."""
        async with self._ctx.db.read() as tx:
            user = await users.get_user(tx, request.path_params["userId"])
        return json_response(HasPassword(user.has_password))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over passwords."""
    api, base, tags = Credentials(ctx), "/api/users/{userId}", ("Users",)
    return [
        Route("POST", f"{base}/password/verify", api.verify, access=access, summary="Check a password",
              body=PasswordBody, responses={204: None}, tags=tags,
              errors=(EntityNotFound, InvalidCredentials, ServerBusy)),
        Route("PATCH", f"{base}/password", api.set, access=access, summary="Set the password", body=PasswordBody,
              responses={200: UserOut}, errors=(EntityNotFound, ServerBusy), tags=tags),
        Route("PATCH", f"{base}/password/expiration", api.expire, access=access,
              summary="Mark the password as expired, or lift it", body=ExpirationPatch, responses={200: UserOut},
              errors=(EntityNotFound, PasswordExpirationNotEnabled), tags=tags),
        Route("GET", f"{base}/has-password", api.has, access=access, summary="Whether there is a password",
              responses={200: HasPassword}, errors=(EntityNotFound,), tags=tags),
    ]  # fmt: skip
