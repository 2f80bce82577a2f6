"""Lists of users: the filter of the contract as one statement, cached by shape."""

from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, not_, or_, select
from sqlalchemy.types import Text

from vestibule.db import Statement, StatementCache, Tx
from vestibule.db.helpers import in_set, matches_pattern
from vestibule.model import User
from vestibule.store.rows import Row
from vestibule.store.tables import user_roles, users
from vestibule.store.users import COLUMNS

Mode = Literal["exact", "like", "similar_to", "posix"]

# Field to the column as given and the column as folded; ids and phone numbers have no case.
FIELDS = {
    "id": (users.c.id, users.c.id),
    "primary_email": (users.c.primary_email, users.c.email_folded),
    "primary_phone": (users.c.primary_phone, users.c.primary_phone),
    "username": (users.c.username, users.c.username_folded),
    "name": (users.c.name, users.c.name_folded),
}


@dataclass(frozen=True)
class Group:
    """One condition: any of `fields` matches `value` (for `exact`, one of several values)."""

    fields: tuple[str, ...]
    mode: Mode
    value: str | tuple[str, ...]


@dataclass(frozen=True)
class Search:
    """What a list asks for; `shape` is what decides the statement."""

    groups: tuple[Group, ...] = ()
    joint: Literal["or", "and"] = "or"
    case_sensitive: bool = False
    exclude_role_id: str | None = None
    parameters: dict[str, object] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        values: dict[str, object] = {f"value_{at}": group.value for at, group in enumerate(self.groups)}
        if self.exclude_role_id:
            values["role_id"] = self.exclude_role_id
        object.__setattr__(self, "parameters", values)

    @property
    def shape(self) -> tuple[object, ...]:
        """Everything but the values."""
        groups = tuple((group.fields, group.mode) for group in self.groups)
        return (groups, self.joint, self.case_sensitive, bool(self.exclude_role_id))


_PAGES: StatementCache[User] = StatementCache()
_COUNTS: StatementCache[Row] = StatementCache()


async def page(tx: Tx, search: Search, *, limit: int, offset: int) -> list[User]:
    """Return one page, newest first."""
    statement = _PAGES.get(search.shape, lambda: _page(search))
    return await tx.all(statement, limit=limit, offset=offset, **search.parameters)


async def total(tx: Tx, search: Search) -> int:
    """Count all matches."""
    statement = _COUNTS.get(search.shape, lambda: _count(search))
    return int(await tx.value(statement, **search.parameters))


def _page(search: Search) -> Statement[User]:
    query = select(*COLUMNS).where(_condition(search)).order_by(users.c.created_at.desc(), users.c.id)
    return Statement(query.limit(bindparam("limit")).offset(bindparam("offset")), User)


def _count(search: Search) -> Statement[Row]:
    return Statement(select(func.count()).select_from(users).where(_condition(search)))


def _condition(search: Search) -> ColumnElement[bool]:
    parts = [_group(group, f"value_{at}", search.case_sensitive) for at, group in enumerate(search.groups)]
    conditions: list[ColumnElement[bool]] = []
    if parts:
        conditions.append(and_(*parts) if search.joint == "and" else or_(*parts))
    if search.exclude_role_id:
        held = exists().where(user_roles.c.user_id == users.c.id, user_roles.c.role_id == bindparam("role_id"))
        conditions.append(not_(held))
    return and_(True, *conditions)


def _group(group: Group, parameter: str, case_sensitive: bool) -> ColumnElement[bool]:
    columns = [FIELDS[name][0 if case_sensitive else 1] for name in group.fields]
    return or_(*(_match(column, group.mode, parameter, case_sensitive) for column in columns))


def _match(column: ColumnElement[str], mode: Mode, parameter: str, case_sensitive: bool) -> ColumnElement[bool]:
    if mode == "exact":
        return in_set(column, parameter)
    if mode == "like":
        return column.like(bindparam(parameter, type_=Text()), escape="\\")
    return matches_pattern(column, parameter, ignore_case=not case_sensitive)
