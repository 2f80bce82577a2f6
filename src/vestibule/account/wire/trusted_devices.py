"""Bodies about browsers in which no second factor is asked for."""

import msgspec

from vestibule.account.devices import device


class DeviceView(msgspec.Struct, rename="camel"):
    """A browser in which no second factor is asked for until it ends; times are epoch ms, names as of a session."""

    id: str
    browser: str | None
    system: str | None
    trusted_at: float
    last_used_at: float
    expires_at: float

    @classmethod
    def of(
        cls, device_id: str, user_agent: str | None, trusted_at: float, last_used_at: float, expires_at: float
    ) -> "DeviceView":
        """Show a device to its owner."""
        used = device(user_agent)
        return cls(device_id, used.browser, used.system, trusted_at, last_used_at, expires_at)


class DeviceList(msgspec.Struct):
    """Every browser in which no second factor is asked for, the one that was trusted last first."""

    devices: list[DeviceView]
