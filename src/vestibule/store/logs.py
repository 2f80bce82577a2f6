"""The audit trail: appended in batches, read newest first, forgotten after its time."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, select

from vestibule.db import Statement, StatementCache, Tx
from vestibule.model import LogEntry
from vestibule.store.rows import Row
from vestibule.store.tables import logs

BATCH: Final = 500

INSERT: Statement[Row] = Statement(insert(logs))
GET = Statement(select(logs).where(logs.c.id == bindparam("id")), LogEntry)
FORGET: Statement[Row] = Statement(
    delete(logs).where(logs.c.id.in_(select(logs.c.id).where(logs.c.created_at < bindparam("before")).limit(BATCH)))
)
_FILTERS: Mapping[str, ColumnElement[bool]] = {
    "key": logs.c.key == bindparam("key"),
    "user_id": logs.c.user_id == bindparam("user_id"),
    "application_id": logs.c.application_id == bindparam("application_id"),
    "since": logs.c.created_at >= bindparam("since"),
    "until": logs.c.created_at <= bindparam("until"),
}
_PAGES: StatementCache[LogEntry] = StatementCache()
_COUNTS: StatementCache[Row] = StatementCache()


async def page(tx: Tx, filters: Mapping[str, object], *, limit: int, offset: int) -> list[LogEntry]:
    """Return one page, newest first; `filters` names some of key, user_id, application_id, since, until (epoch ms)."""
    names = tuple(filters)
    statement = _PAGES.get(names, lambda: _page(names))
    return await tx.all(statement, limit=limit, offset=offset, **filters)


async def count(tx: Tx, filters: Mapping[str, object], *, at_most: int) -> int:
    """Count the rows that match; counting ends at `at_most`."""
    names = tuple(filters)
    statement = _COUNTS.get(names, lambda: _count(names))
    return int(await tx.value(statement, at_most=at_most, **filters))


def _condition(names: tuple[str, ...]) -> ColumnElement[bool]:
    return and_(True, *(_FILTERS[name] for name in names))


def _page(names: tuple[str, ...]) -> Statement[LogEntry]:
    newest = select(logs).where(_condition(names)).order_by(logs.c.created_at.desc(), logs.c.id)
    return Statement(newest.limit(bindparam("limit")).offset(bindparam("offset")), LogEntry)


def _count(names: tuple[str, ...]) -> Statement[Row]:
    some = select(logs.c.id).where(_condition(names)).limit(bindparam("at_most")).subquery()
    return Statement(select(func.count()).select_from(some))
