"""`/api/me/trusted-devices`: where the person need not show a second factor, and where they shall again.

The operations are here and not in the client: the contract tells of them and leaves them out of its document.
"""

from itertools import count

import msgspec

from vestibule.account import problems
from vestibule.account.access import caller_of
from vestibule.account.context import Context
from vestibule.account.declaring import Row, declared
from vestibule.account.me import presented
from vestibule.account.proven import ended
from vestibule.account.tokens import TokenChecker
from vestibule.account.wire import trusted_devices as wire
from vestibule.client import NotFound, Operation
from vestibule.client.models import User
from vestibule.client.operation import Nothing, segment
from vestibule.http import Request, Response, Route, empty, json_response

PAGE, PAGES = 100, 10
"""Who trusts more devices than this sees the newest, and forgets all of them."""


class _Device(msgspec.Struct, rename="camel"):
    id: str
    created_at: float
    last_used_at: float
    expires_at: float
    user_agent: str | None = None


def _find(user_id: str, page: int) -> Operation[list[_Device]]:
    path = f"/api/users/{segment(user_id)}/trusted-devices"
    return Operation("GET", path, list[_Device], query={"page": str(page), "page_size": str(PAGE)})


def _forget(user_id: str, device_id: str) -> Operation[Nothing]:
    return Operation("DELETE", f"/api/users/{segment(user_id)}/trusted-devices/{segment(device_id)}", Nothing)


class OwnDevices:
    """The handlers, over one context."""

    def __init__(self, ctx: Context, checker: TokenChecker) -> None:
        self._ctx = ctx
        self._checker = checker

    async def _user(self, request: Request) -> User:
        return await self._ctx.user(caller_of(request).user_id)

    async def _listed(self, user: User, pages: int | None = None) -> list[_Device]:
        held = list[_Device]()
        for page in count(1) if pages is None else range(1, pages + 1):
            try:
                held += (found := await self._ctx.send(_find(user.id, page)))
            except NotFound:
                break  # a server that trusts no devices
            if len(found) < PAGE:
                break
        return held

    async def find(self, request: Request) -> Response:
        """GET /api/me/trusted-devices."""
        held = await self._listed(await self._user(request), PAGES)
        views = [
            wire.DeviceView.of(one.id, one.user_agent, one.created_at, one.last_used_at, one.expires_at) for one in held
        ]
        return json_response(wire.DeviceList(views))

    async def forget(self, request: Request) -> Response:
        """DELETE /api/me/trusted-devices/{device_id}."""
        user, wanted = await self._user(request), request.path_params["device_id"]
        # Of the caller's own alone, whatever the identity server would forget.
        if wanted not in {one.id for one in await self._listed(user)}:
            raise problems.Unknown
        await self._forget(request, user, [wanted])
        return empty(204)

    async def forget_all(self, request: Request) -> Response:
        """DELETE /api/me/trusted-devices."""
        user = await self._user(request)
        await self._forget(request, user, [one.id for one in await self._listed(user)])
        return empty(204)

    async def _forget(self, request: Request, user: User, ids: list[str]) -> None:
        """Trust devices no longer; one that is gone meanwhile is as good."""
        ends = (_forget(user.id, device_id) for device_id in ids)
        await ended(self._ctx, user, "device.forget", presented(request), ends)

    def routes(self) -> list[Route]:
        """Return every route."""
        path, unknown = "/trusted-devices", (problems.Unknown,)
        rows = [
            Row("GET", path, self.find, "device.read", "List where no second factor is asked for", None, 200,
                wire.DeviceList),
            Row("DELETE", f"{path}/{{device_id}}", self.forget, "device.forget", "Trust a device no longer", None, 204,
                None, unknown),
            Row("DELETE", path, self.forget_all, "device.forget", "Trust no device any longer", None, 204, None),
        ]  # fmt: skip
        return declared(self._checker, "Trusted devices", rows)
