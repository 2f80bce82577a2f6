"""What limits count: messages sent, tries made. A row is a target's digest, an action, and when."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, bindparam, delete, func, insert, select

from vestibule.crypto import new_id
from vestibule.db import Statement, Tx
from vestibule.db.helpers import in_set
from vestibule.store.rows import Row
from vestibule.store.tables import activities

INSERT: Statement[Row] = Statement(insert(activities))
_NEW = {"new_id": "id", "target": "target_digest", "kind": "action", "now": "created_at"}
_count = (
    select(func.count())
    .select_from(activities)
    .where(
        activities.c.target_digest == bindparam("target"),
        activities.c.action == bindparam("kind"),
        activities.c.created_at > bindparam("since"),
    )
)
COUNT: Statement[Row] = Statement(_count)
INSERT_BELOW: Statement[Row] = Statement(
    insert(activities).from_select(
        ["id", "target_digest", "action", "created_at"],
        select(
            *(bindparam(name, type_=activities.c[column].type) for name, column in _NEW.items()),
        ).where(_count.scalar_subquery() < bindparam("limit", type_=BigInteger())),
    )
)
CANCEL: Statement[Row] = Statement(delete(activities).where(activities.c.id == bindparam("activity_id")))
FORGET: Statement[Row] = Statement(
    delete(activities).where(in_set(activities.c.target_digest, "targets"), activities.c.action == bindparam("kind"))
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


async def record_below(tx: Tx, target: str, action: str, now: int, *, limit: int, window: int) -> str | None:
    """Write one down unless the time before (`window`, in ms) holds `limit` of them; returns its id, or None.

    Take the target's turn first: two at once would else both find room.
    """
    activity_id, since = new_id(), now - window
    named = {"new_id": activity_id, "target": target, "kind": action, "now": now}
    return activity_id if await tx.run(INSERT_BELOW, **named, limit=limit, since=since) else None


async def cancel(tx: Tx, activity_id: str) -> None:
    """Take one back."""
    await tx.run(CANCEL, activity_id=activity_id)


async def forget_targets(tx: Tx, targets: Iterable[str]) -> int:
    """Forget everything of some targets; returns how many rows that were."""
    return await tx.run(FORGET_TARGETS, targets=sorted(targets))


async def forget_family(tx: Tx, prefix: str) -> None:
    """Forget everything of the targets whose digest, in hex, begins so."""
    await tx.run(FORGET_FAMILY, prefix=prefix, past=f"{prefix}g")


async def forget(tx: Tx, targets: Iterable[str], action: str) -> None:
    """Forget the activities of some targets of one kind."""
    await tx.run(FORGET, targets=sorted(targets), kind=action)
