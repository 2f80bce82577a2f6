"""A statement: written with SQLAlchemy Core, compiled once per dialect, run by the driver."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

import msgspec
from sqlalchemy import Boolean, String
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.schema import Column
from sqlalchemy.sql.selectable import SelectBase

from vestibule.db.errors import ValueTooLong

R = TypeVar("R")
Row = tuple[Any, ...]


class StatementError(Exception):
    """A statement that cannot be handed to a driver as it is."""


class Compiled(Generic[R]):
    """Text and parameter names for one dialect, and how a row becomes a value."""

    __slots__ = ("booleans", "constants", "into", "lengths", "names", "text")

    def __init__(self, statement: "Statement[R]", dialect: Dialect) -> None:
        compiled = cast("SQLCompiler", cast("ClauseElement", statement.clause).compile(dialect=dialect))
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise StatementError("expanding parameters cannot be compiled once; use helpers.in_set")
        self.text = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        # Literals written into the statement (limit(20), == "x") are constants; named bind parameters come at each call.
        self.constants = {
            name: bind.effective_value
            for name, bind in compiled.binds.items()
            if bind.effective_value is not None or not bind.required
        }
        self.into = statement.into
        columns = statement.columns()
        statement.check(columns)
        # SQLite has no booleans: 0 and 1 become False and True by position.
        is_sqlite = dialect.name == sqlite.dialect.name
        self.booleans = tuple(i for i, c in enumerate(columns) if is_sqlite and isinstance(c.type, Boolean))
        self.lengths = tuple(statement.lengths()) if is_sqlite else ()

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Order the parameters of one call; a missing one is an error, an unknown one is too."""
        constants = self.constants
        values = [parameters[name] if name in parameters else constants[name] for name in self.names]
        for name, limit in self.lengths:
            value = parameters.get(name)
            if value is not None and len(value) > limit:
                raise ValueTooLong(name)
        return values

    def row(self, row: Sequence[Any]) -> R:
        """Turn a driver's row into the statement's type."""
        if self.booleans:
            values = list(row)
            for index in self.booleans:
                values[index] = None if values[index] is None else bool(values[index])
            row = values
        return cast("R", self.into(*row) if self.into is not None else tuple(row))


class Statement(Generic[R]):
    """A typed statement. With `into`, rows become that struct, built positionally; without, they are tuples."""

    __slots__ = ("_compiled", "clause", "into")

    def __init__(self, clause: Executable, into: Callable[..., R] | None = None) -> None:
        self.clause = clause
        self.into = into
        self._compiled: dict[str, Compiled[R]] = {}

    def compiled(self, dialect: Dialect) -> Compiled[R]:
        """Return the compiled form for a dialect, made at the first call."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = Compiled(self, dialect)
        return found

    def columns(self) -> list[Any]:
        """Return the columns that come back."""
        clause = self.clause
        if isinstance(clause, SelectBase):
            return list(clause.selected_columns)
        if isinstance(clause, UpdateBase):
            return list((clause._returning and clause.exported_columns) or ())
        return []

    def check(self, columns: Sequence[Any]) -> None:
        """Refuse a struct whose fields are not the columns, in order."""
        if not isinstance(self.into, type) or not issubclass(self.into, msgspec.Struct):
            return
        names = [column.name for column in columns]
        if list(self.into.__struct_fields__) != names:
            raise StatementError(f"{self.into.__name__} has other fields than the columns {names}")

    def lengths(self) -> list[tuple[str, int]]:
        """Return the parameters that are written into bounded columns: SQLite does not bound text itself."""
        table = getattr(self.clause, "table", None)
        if not isinstance(self.clause, UpdateBase) or table is None:
            return []
        columns: list[Column[Any]] = list(table.columns)
        bounded = [(c.name, c.type) for c in columns if isinstance(c.type, String)]
        return [(name, kind.length) for name, kind in bounded if kind.length is not None]


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
