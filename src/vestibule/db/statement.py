"""A statement: written with SQLAlchemy Core, compiled once per dialect, run by the driver."""

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, overload

import msgspec
from sqlalchemy import Date, DateTime, Enum, Interval, PickleType, Time, TypeDecorator, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.types import JSON

from vestibule.db.compiled import Compiled, returned_columns
from vestibule.db.errors import StatementError

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
# SQLAlchemy converts these itself when it executes; drivers hand them over differently.
_UNCONVERTED = (Date, DateTime, Enum, Interval, JSON, PickleType, Time, TypeDecorator, Uuid)


class Statement(Generic[R_co]):
    """A typed statement. With `into`, rows become that type, built positionally; without, they are tuples.

    Raises StatementError at once when `into` has other fields than the columns, or a column's type needs conversion.
    """

    __slots__ = ("_columns", "clause", "into", "postgresql", "sqlite")

    @overload
    def __init__(self: "Statement[tuple[Any, ...]]", clause: Executable, into: None = None) -> None: ...
    @overload
    def __init__(self, clause: Executable, into: Callable[..., R_co]) -> None: ...
    def __init__(self, clause: Executable, into: Callable[..., Any] | None = None) -> None:
        self.clause = clause
        self.into: Callable[..., R_co] | None = into
        self.sqlite: Compiled[R_co] | None = None
        self.postgresql: Compiled[R_co] | None = None
        self._columns = returned_columns(clause)
        self._check()

    def compile(self, dialect: Dialect) -> Compiled[R_co]:
        """Compile for a dialect. Engines call it at the first use and keep the result in the slot of their name."""
        return Compiled(self.clause, self._columns, self.into, dialect)

    def _check(self) -> None:
        for column in self._columns:
            if isinstance(column.type, _UNCONVERTED):
                raise StatementError(f"{column.name}: {type(column.type).__name__} is not converted; see db.types")
        expected = _field_names(self.into)
        names = [column.name for column in self._columns]
        if expected is not None and expected != names:
            raise StatementError(f"{self.into} has the fields {expected}, the columns are {names}")


def _field_names(into: Any) -> list[str] | None:
    if isinstance(into, type) and issubclass(into, msgspec.Struct):
        return list(into.__struct_fields__)
    if isinstance(into, type) and dataclasses.is_dataclass(into):
        return [field.name for field in dataclasses.fields(into)]
    return None


class StatementCache(Generic[R]):
    """A bounded cache for statements whose shape depends on the request: filters, partial updates."""

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._held: OrderedDict[Hashable, Statement[R]] = OrderedDict()

    def get(self, key: Hashable, build: Callable[[], Statement[R]]) -> Statement[R]:
        """Return the statement for a shape, building it when it is new."""
        found = self._held.get(key)
        if found is None:
            found = self._held[key] = build()
            if len(self._held) > self._size:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(key)
        return found
