"""The compiled form of a statement: text for one driver, the order of its parameters, and how a row becomes a value."""

import re
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any, Generic, TypeVar, cast

import msgspec
from sqlalchemy import Boolean, Column, String
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase, ValuesBase
from sqlalchemy.sql.elements import BindParameter, ClauseElement
from sqlalchemy.types import ARRAY, TypeEngine

from vestibule.db.errors import InvalidText, StatementError, ValueTooLong
from vestibule.db.types import Jsonb

R = TypeVar("R")
Arguments = tuple[Any, ...] | list[Any]
Convert = Callable[[Any], Any]
# JSON's spelling of NUL: jsonb refuses it. An escaped backslash followed by "u0000" is a different, harmless text.
_JSON_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def compile_clause(clause: Executable, dialect: Dialect) -> SQLCompiler:
    """Compile for a driver; raises StatementError for what only SQLAlchemy's own execution could finish."""
    compiled = cast("SQLCompiler", cast("ClauseElement", clause).compile(dialect=dialect))
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise StatementError("parameters that expand cannot be compiled once; use helpers.in_set")
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise StatementError("Python defaults of columns do not run; give the value as a parameter")
    return compiled


class Compiled(Generic[R]):
    """Text and parameters for one dialect. Checks what the engines check differently, so that both behave alike."""

    __slots__ = ("_bounds", "_constants", "_expected", "_pick", "_sets", "_texts", "row", "text")

    def __init__(self, clause: Executable, columns: list[Any], into: Callable[..., R] | None, dialect: Dialect) -> None:
        compiled = compile_clause(clause, dialect)
        names = tuple(compiled.positiontup or ())
        is_sqlite = dialect.name == "sqlite"
        self.text = str(compiled)
        # Values written into the statement (`limit(20)`, `== "x"`) are constants; the others come at each call.
        self._constants = {n: compiled.binds[n].effective_value for n in names if not compiled.binds[n].required}
        self._expected = frozenset(names)
        self._pick = _picker(names)
        first = {name: names.index(name) for name in self._expected}
        types: dict[str, TypeEngine[Any]] = {name: compiled.binds[name].type for name in names}
        self._texts = tuple(i for n, i in first.items() if isinstance(types[n], String))
        self._sets: tuple[tuple[int, Convert], ...] = tuple(
            (i, _set_to_json if is_sqlite else list) for i, n in enumerate(names) if isinstance(types[n], ARRAY)
        )
        self._bounds = tuple((first[n], n, limit) for n, limit in _bounds(clause) if n in first)
        self.row = _row_maker(columns, into, is_sqlite)

    def arguments(self, parameters: Mapping[str, Any]) -> Arguments:
        """Order and check the parameters of one call; raises StatementError when one is missing or unknown."""
        if self._constants:
            parameters = {**self._constants, **parameters}
        if len(parameters) != len(self._expected):
            raise StatementError(f"missing or unknown: {sorted(self._expected.symmetric_difference(parameters))}")
        try:
            values: Arguments = self._pick(parameters)
        except KeyError as error:
            raise StatementError(f"missing: {error}") from error
        for index in self._texts:
            value = values[index]
            if value is not None and "\0" in value:
                raise InvalidText("NUL in a text")
        if self._bounds:
            self._check_bounds(values)
        if self._sets:
            values = list(values)
            for index, convert in self._sets:
                values[index] = convert(values[index])
        return values

    def _check_bounds(self, values: Arguments) -> None:
        for index, name, limit in self._bounds:
            value = values[index]
            if value is None:
                continue
            if limit is None:
                if "\\u0000" in value and _JSON_NUL.search(value):
                    raise InvalidText("NUL in JSON")
            elif len(value) > limit:
                raise ValueTooLong(name)


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if not names:
        return lambda _: ()
    if len(names) == 1:
        (name,) = names
        return lambda parameters: (parameters[name],)
    return cast("Callable[[Mapping[str, Any]], tuple[Any, ...]]", itemgetter(*names))


def _set_to_json(values: Any) -> str:
    return msgspec.json.encode(list(values)).decode()


def _row_maker(columns: list[Any], into: Callable[..., R] | None, is_sqlite: bool) -> Callable[[Any], R]:
    """Return what turns a driver's row into the statement's type."""
    # SQLite has no booleans: 0 and 1 become False and True by position.
    booleans = tuple(i for i, c in enumerate(columns) if isinstance(c.type, Boolean)) if is_sqlite else ()
    if booleans:

        def convert(row: Any) -> R:
            values = list(row)
            for index in booleans:
                if values[index] is not None:
                    values[index] = values[index] != 0
            return cast("R", tuple(values)) if into is None else into(*values)

        return convert
    if into is None:
        return cast("Callable[[Any], R]", tuple)
    build = into
    return lambda row: build(*row)


def _bounds(clause: Executable) -> Iterator[tuple[str, int | None]]:
    """Yield each parameter that is written into a bounded column with its length, into a JSON column with None."""
    for column, name in _written(clause):
        if isinstance(column.type, String):
            if column.type.length is not None:
                yield name, column.type.length
            elif isinstance(column.type._variant_mapping.get("postgresql"), Jsonb):
                yield name, None


def _written(clause: Executable) -> Iterator[tuple[Column[Any], str]]:
    if not isinstance(clause, ValuesBase):
        return
    table = cast("Any", clause.table)
    if clause._values is None:
        yield from ((column, str(column.key)) for column in table.columns)
        return
    for key, value in clause._values.items():
        column = cast("Column[Any]", table.columns[key] if isinstance(key, str) else key)
        if isinstance(value, BindParameter):
            yield column, str(value.key if value.required else column.key)


def returned_columns(clause: Executable) -> list[Any]:
    """Return the columns of the rows that a statement yields."""
    if isinstance(clause, UpdateBase):
        return list(clause.exported_columns) if clause._returning else []
    return list(getattr(clause, "selected_columns", ()))
