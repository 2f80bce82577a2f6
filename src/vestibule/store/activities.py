"""What limits count: messages sent, tries made. A row is a target's digest, an action, and when."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Select, bindparam, delete, func, insert, select, union_all

from vestibule.crypto import new_id
from vestibule.db import Statement, StatementCache, Tx
from vestibule.db.helpers import in_set
from vestibule.store.rows import Row
from vestibule.store.tables import activities

Counter = tuple[str, str, int, int]
"""Whose it is, what is counted, the limit, and the time in which it counts, in ms."""

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


def _below(number: int) -> Select[Any]:
    """Select one new row unless its target holds too many; its parameters have this number."""

    def named(name: str, column: str) -> BindParameter[Any]:
        return bindparam(f"{name}_{number}", type_=activities.c[column].type)

    held = (
        select(func.count())
        .select_from(activities)
        .where(
            activities.c.target_digest == named("target", "target_digest"),
            activities.c.action == named("kind", "action"),
            activities.c.created_at > named("since", "created_at"),
        )
        .scalar_subquery()
    )
    row = (named("new_id", "id"), named("target", "target_digest"), named("kind", "action"))
    now = bindparam("now", type_=activities.c.created_at.type)
    return select(*row, now).where(held < bindparam(f"limit_{number}", type_=BigInteger()))


def _insert_below(counters: int) -> Statement[Row]:
    rows = [_below(number) for number in range(counters)]
    columns = ["id", "target_digest", "action", "created_at"]
    return Statement(insert(activities).from_select(columns, union_all(*rows) if counters > 1 else rows[0]))


_inserts: StatementCache[Row] = StatementCache()

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


async def record_below(tx: Tx, now: int, *counters: Counter) -> Sequence[str] | None:
    """Write one down at every counter; returns their ids, or None where one of them is full.

    Then the transaction must not be committed, or the others count. Take the targets' turns first: two at once would
    else both find room.
    """
    ids = [new_id() for _ in counters]
    values: dict[str, object] = {"now": now}
    for number, (activity_id, (target, kind, limit, window)) in enumerate(zip(ids, counters, strict=True)):
        named = {"new_id": activity_id, "target": target, "kind": kind, "limit": limit, "since": now - window}
        values |= {f"{name}_{number}": value for name, value in named.items()}
    statement = _inserts.get(len(counters), lambda: _insert_below(len(counters)))
    return ids if await tx.run(statement, **values) == len(counters) else None


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
    await tx.later(FORGET, targets=sorted(targets), kind=action)
