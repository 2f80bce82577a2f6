"""What limits count: messages sent, tries made. A row is a target's digest, an action, and when."""

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, func, insert, select

from vestibule.crypto import new_id
from vestibule.db import Statement, Tx
from vestibule.db.helpers import in_set
from vestibule.store.rows import Row
from vestibule.store.tables import activities

INSERT: Statement[Row] = Statement(insert(activities))
COUNT: Statement[Row] = Statement(
    select(func.count())
    .select_from(activities)
    .where(
        activities.c.target_digest == bindparam("target"),
        activities.c.action == bindparam("kind"),
        activities.c.created_at > bindparam("since"),
    )
)
CANCEL: Statement[Row] = Statement(delete(activities).where(activities.c.id == bindparam("activity_id")))
FORGET: Statement[Row] = Statement(
    delete(activities).where(
        activities.c.target_digest == bindparam("target"), activities.c.action == bindparam("kind")
    )
)
FORGET_TARGETS: Statement[Row] = Statement(delete(activities).where(in_set(activities.c.target_digest, "targets")))
FORGET_FAMILY: Statement[Row] = Statement(
    delete(activities).where(
        activities.c.target_digest >= bindparam("prefix"), activities.c.target_digest < bindparam("past")
    )
)


async def count(tx: Tx, target: str, action: str, since: int) -> int:
    """Count a target's activities of one kind after a moment."""
    return int(await tx.value(COUNT, target=target, kind=action, since=since))


async def record(tx: Tx, target: str, action: str, now: int) -> str:
    """Write one down; returns its id."""
    activity_id = new_id()
    await tx.run(INSERT, id=activity_id, target_digest=target, action=action, created_at=now)
    return activity_id


async def cancel(tx: Tx, activity_id: str) -> None:
    """Take one back."""
    await tx.run(CANCEL, activity_id=activity_id)


async def forget_targets(tx: Tx, targets: Iterable[str]) -> int:
    """Forget everything of some targets; returns how many rows that were."""
    return await tx.run(FORGET_TARGETS, targets=sorted(targets))


async def forget_family(tx: Tx, prefix: str) -> None:
    """Forget everything of the targets whose digest, in hex, begins so."""
    await tx.run(FORGET_FAMILY, prefix=prefix, past=f"{prefix}g")


async def forget(tx: Tx, target: str, action: str) -> None:
    """Forget a target's activities of one kind."""
    await tx.run(FORGET, target=target, kind=action)
