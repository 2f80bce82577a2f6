"""User names that differ only by case."""

from sqlalchemy import bindparam, func, select

from vestibule.db import Statement
from vestibule.db.helpers import in_set
from vestibule.store.rows import Row
from vestibule.store.tables import users

_shared = (
    select(users.c.username_folded)
    .where(users.c.username_folded.is_not(None))
    .group_by(users.c.username_folded)
    .having(func.count() > 1)
)

COUNT: Statement[Row] = Statement(select(func.count()).select_from(_shared.subquery()))
SOME: Statement[Row] = Statement(_shared.order_by(users.c.username_folded).limit(bindparam("limit")))
HOLDERS: Statement[Row] = Statement(
    select(users.c.username_folded, users.c.id)
    .where(in_set(users.c.username_folded, "names"))
    .order_by(users.c.username_folded, users.c.created_at, users.c.id)
)
"""Who has one of the names, the oldest user first."""
