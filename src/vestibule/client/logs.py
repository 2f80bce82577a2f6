"""The audit trail (`/api/logs`)."""

from vestibule.client.models import LogEntry
from vestibule.client.operation import Operation, Page, segment

PATH = "/api/logs"


def find(
    *,
    user_id: str | None = None,
    application_id: str | None = None,
    key: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> Page[LogEntry]:
    """List entries, newest first; `since` and `until` are epoch milliseconds."""
    given = {"userId": user_id, "applicationId": application_id, "logKey": key, "start_time": since, "end_time": until}
    query = {name: str(value) for name, value in given.items() if value is not None}
    return Page(Operation("GET", PATH, list[LogEntry], query))


def get(log_id: str) -> Operation[LogEntry]:
    """Get one entry."""
    return Operation("GET", f"{PATH}/{segment(log_id)}", LogEntry)
