"""`/api/users/{userId}/trusted-devices`: browsers in which a user is not asked for a second factor."""

from msgspec import Struct

from vestibule.api.management.lists import find
from vestibule.domain import trusted_devices as devices
from vestibule.domain.context import Context
from vestibule.errors import EntityNotFound
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.model import TrustedDevice
from vestibule.store.trusted_devices import DEVICES


class TrustedDeviceOut(Struct, rename="camel"):
    """A device as the API shows it; where it is, is not looked up."""

    id: str
    user_agent: str | None
    country: str | None
    city: str | None
    created_at: int
    last_used_at: int
    expires_at: int


def _out(device: TrustedDevice) -> TrustedDeviceOut:
    times = device.created_at, device.last_used_at, device.expires_at
    return TrustedDeviceOut(device.id, device.user_agent, None, None, *times)


class TrustedDevices:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/trusted-devices: those that are trusted now, the newest first."""
        user_id, page, now = request.path_params["userId"], request.pagination(), self._ctx.clock.now()
        await devices.check_user(self._ctx, user_id)
        found = await find(self._ctx, request, DEVICES, page, user_id=user_id, live_at=now)
        return json_response([_out(device) for device in found.rows], headers=found.headers)

    async def delete(self, request: Request) -> Response:
        """DELETE …/trusted-devices/{trustedDeviceId}."""
        await devices.forget(self._ctx, request.path_params["userId"], request.path_params["trustedDeviceId"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over trusted devices."""
    api, path, tags = TrustedDevices(ctx), "/api/users/{userId}/trusted-devices", ("Users",)
    return [
        Route("GET", path, api.find, access=access, summary="List the devices that a user is trusted on",
              responses={200: list[TrustedDeviceOut]}, errors=(EntityNotFound,), tags=tags),
        Route("DELETE", f"{path}/{{trustedDeviceId}}", api.delete, access=access, summary="Trust a device no longer",
              responses={204: None}, errors=(EntityNotFound,), tags=tags),
    ]  # fmt: skip
