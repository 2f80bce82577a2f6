"""Which signing key does what at a moment: a pure rule over the rows and the time."""

from collections.abc import Sequence

from vestibule.model import KeyStatus, SigningKey


def statuses(rows: Sequence[SigningKey], now: int) -> list[tuple[KeyStatus, SigningKey]]:
    """Return the keys in force, in the order of the key set; `rows` are the newest first. At most one is Previous."""
    upcoming = [row for row in rows if row.effective_at > now]
    reached = [row for row in rows if row.effective_at <= now]
    current: list[tuple[KeyStatus, SigningKey]] = [("Current", row) for row in reached[:1]]
    return [*current, *(("Next", row) for row in upcoming), *(("Previous", row) for row in reached[1:2])]


def next_change(rows: Sequence[SigningKey], now: int) -> int | None:
    """Return when the next key takes over, in epoch ms, or None when none is waiting."""
    return min((row.effective_at for row in rows if row.effective_at > now), default=None)
