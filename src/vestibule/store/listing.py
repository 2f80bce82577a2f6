"""Lists: filters, a search, an order and a page as one statement, cached by its shape (contract sections 0.4, 1.10)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.types import Text

from vestibule.db import Statement, StatementCache, Tx
from vestibule.db.helpers import in_set, matches_pattern
from vestibule.store.rows import Row

R = TypeVar("R")

Mode = Literal["exact", "like", "similar_to", "posix"]


@dataclass(frozen=True)
class Group:
    """One condition: any of `fields` matches `value` (for `exact`, one of several values)."""

    fields: tuple[str, ...]
    mode: Mode
    value: str | tuple[str, ...]


@dataclass(frozen=True)
class Search:
    """What is searched for; values are folded already unless `case_sensitive`."""

    groups: tuple[Group, ...] = ()
    joint: Literal["or", "and"] = "or"
    case_sensitive: bool = False


NOTHING = Search()
"""Everything is found."""


DEEP = 1000
"""From this offset on, rows before the page are passed over in the index alone: the first column is the key."""


@dataclass(frozen=True)
class Window:
    """Which part of a list."""

    limit: int
    offset: int


class Listing(Generic[R]):
    """How one kind of row is listed.

    The first of `columns` is the key.
    `fields` are what can be searched: the column as given, and the column as the application folded it.
    `filters` are conditions by name; each has one parameter of that name, and counts when a value is given for it.
    `where` always holds.
    """

    def __init__(
        self,
        columns: Sequence[ColumnElement[Any]],
        into: Callable[..., R],
        *,
        order: Sequence[ColumnElement[Any]],
        fields: Mapping[str, tuple[ColumnElement[Any], ColumnElement[Any]]],
        filters: Mapping[str, ColumnElement[bool]],
        where: ColumnElement[bool] | None = None,
    ) -> None:
        self.fields = tuple(fields)
        self._columns, self._into, self._order = columns, into, order
        self._searched = fields
        self._filters = filters
        self._always = [] if where is None else [where]
        self._pages: StatementCache[R] = StatementCache()
        self._totals: StatementCache[Row] = StatementCache()

    async def rows(
        self, tx: Tx, search: Search = NOTHING, window: Window | None = None, /, **filters: object
    ) -> list[R]:
        """Return a part of the list, or all of it; a filter that is None or empty does not count."""
        given = _given(filters)
        deep = window is not None and window.offset > DEEP
        shape = (_shape(search), *given, window is not None, deep)
        statement = self._pages.get(shape, lambda: self._page(search, given, whole=window is None, deep=deep))
        part = {} if window is None else {"limit": window.limit, "offset": window.offset}
        return await tx.all(statement, **part, **given, **_values(search))

    async def total(self, tx: Tx, search: Search = NOTHING, at_most: int | None = None, /, **filters: object) -> int:
        """Count the whole list; counting ends at `at_most`."""
        given = _given(filters)
        capped = {} if at_most is None else {"at_most": at_most}
        shape = (_shape(search), *given, *capped)
        statement = self._totals.get(shape, lambda: self._total(search, given, capped=bool(capped)))
        return int(await tx.value(statement, **given, **capped, **_values(search)))

    def _page(self, search: Search, given: Mapping[str, object], *, whole: bool, deep: bool) -> Statement[R]:
        condition = self._condition(search, given)
        query = select(*self._columns).order_by(*self._order)
        if whole:
            return Statement(query.where(condition), self._into)
        limit: BindParameter[int] = bindparam("limit")
        offset: BindParameter[int] = bindparam("offset")
        if not deep:
            return Statement(query.where(condition).limit(limit).offset(offset), self._into)
        key = self._columns[0]
        keys = select(key).where(condition).order_by(*self._order).limit(limit).offset(offset)
        return Statement(query.where(key.in_(keys.correlate(None))), self._into)

    def _total(self, search: Search, given: Mapping[str, object], *, capped: bool) -> Statement[Row]:
        condition = self._condition(search, given)
        if capped:
            some = select(self._columns[0]).where(condition).limit(bindparam("at_most")).subquery()
            return Statement(select(func.count()).select_from(some))
        return Statement(select(func.count()).select_from(self._columns[0].table).where(condition))

    def _condition(self, search: Search, given: Mapping[str, object]) -> ColumnElement[bool]:
        parts = [self._group(group, f"value_{at}", search.case_sensitive) for at, group in enumerate(search.groups)]
        conditions = [*self._always, *(self._filters[name] for name in given)]
        if parts:
            conditions.append(and_(*parts) if search.joint == "and" else or_(*parts))
        return and_(True, *conditions)

    def _group(self, group: Group, parameter: str, case_sensitive: bool) -> ColumnElement[bool]:
        columns = [self._searched[name][0 if case_sensitive else 1] for name in group.fields]
        return or_(*(_match(column, group.mode, parameter) for column in columns))


def _given(filters: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in sorted(filters.items()) if value is not None and value != ""}


def _values(search: Search) -> dict[str, object]:
    return {f"value_{at}": group.value for at, group in enumerate(search.groups)}


def _shape(search: Search) -> tuple[object, ...]:
    """Everything but the values."""
    return (tuple((group.fields, group.mode) for group in search.groups), search.joint, search.case_sensitive)


def _match(column: ColumnElement[Any], mode: Mode, parameter: str) -> ColumnElement[bool]:
    if mode == "exact":
        return in_set(column, parameter)
    if mode == "like":
        return column.like(bindparam(parameter, type_=Text()), escape="\\")
    return matches_pattern(column, parameter)
