"""The audit trail: appended in batches, read newest first, forgotten after its time."""

from typing import Final

from sqlalchemy import bindparam, delete, select

from vestibule.db import Statement
from vestibule.db.helpers import upsert
from vestibule.model import LogEntry
from vestibule.store.listing import Listing
from vestibule.store.rows import Row
from vestibule.store.tables import logs

BATCH: Final = 500

# An entry that is there already is the same one: the answer to an earlier try was lost on its way.
INSERT: Statement[Row] = Statement(upsert(logs, ["id"], ["id"]))
GET = Statement(select(logs).where(logs.c.id == bindparam("id")), LogEntry)
FORGET: Statement[Row] = Statement(
    delete(logs).where(logs.c.id.in_(select(logs.c.id).where(logs.c.created_at < bindparam("before")).limit(BATCH)))
)
LOGS = Listing(
    tuple(logs.columns),
    LogEntry,
    order=(logs.c.created_at.desc(), logs.c.id),
    fields={},
    filters={
        "key": logs.c.key == bindparam("key"),
        "user_id": logs.c.user_id == bindparam("user_id"),
        "application_id": logs.c.application_id == bindparam("application_id"),
        "since": logs.c.created_at >= bindparam("since"),
        "until": logs.c.created_at <= bindparam("until"),
    },
)
"""`since` and `until` are epoch ms."""
