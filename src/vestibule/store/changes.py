"""Partial updates: some columns of one row, as statements cached by the names of the columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Table, bindparam, update

from vestibule.db import Statement, StatementCache, Tx

R = TypeVar("R")


class Change(Generic[R]):
    """Updates of rows of one table by their id."""

    def __init__(self, table: Table, columns: Sequence[ColumnElement[Any]], into: Callable[..., R]) -> None:
        self._table = table
        self._columns = columns
        self._into = into
        self._held: StatementCache[R] = StatementCache()

    async def apply(self, tx: Tx, row_id: str, values: Mapping[str, object]) -> R | None:
        """Update some columns of a row; returns the new row, or None when there is none with this id."""
        names = frozenset(values)
        return await tx.one(self._held.get(names, lambda: self._update(names)), row_id=row_id, **values)

    def _update(self, names: frozenset[str]) -> Statement[R]:
        assigned: dict[str, object] = {name: bindparam(name) for name in sorted(names)}
        clause = update(self._table).where(self._table.c.id == bindparam("row_id")).values(assigned)
        return Statement(clause.returning(*self._columns), self._into)
