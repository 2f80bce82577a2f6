"""The only place that reads the time. Times are integers: milliseconds since the epoch, UTC."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; passed as an argument so that tests can choose it."""

    def now(self) -> int:
        """Return the current time in epoch milliseconds."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Return the current time in epoch milliseconds."""
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start_ms: int = 1_750_000_000_000) -> None:
        self._now = start_ms

    def now(self) -> int:
        """Return the time it was last moved to, in epoch milliseconds."""
        return self._now

    def advance(self, *, seconds: float) -> None:
        """Move forward (or back, with a negative number) by `seconds`."""
        self._now += round(seconds * 1000)


def iso(moment: int) -> str:
    """Return epoch milliseconds as ISO 8601 in UTC with milliseconds, such as `2025-06-15T15:06:40.000Z`."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
