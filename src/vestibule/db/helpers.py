"""The few constructs that the two engines spell differently."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite.dml import OnConflictDoUpdate
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import ARRAY, Boolean, String, Text


class _Condition(FunctionElement[bool]):
    """A condition that is written as it is: after `IN (…) = 1`, SQLAlchemy's way, SQLite reads the whole table."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> Any:
        """Stand in parentheses wherever it is a part."""
        return Grouping(self)


class in_set(_Condition):  # noqa: N801 - reads as a function
    """`tested` is one of the values given, as any collection, for a parameter. An empty one matches nothing."""

    inherit_cache = True
    name = "in_set"

    def __init__(self, tested: ColumnElement[Any], parameter: str) -> None:
        # asyncpg knows text[] by itself; for varchar[] every connection would first ask the catalogue, for 20 ms.
        kind = Text() if isinstance(tested.type, String) else tested.type
        super().__init__(tested, bindparam(parameter, type_=ARRAY(kind)))


@compiles(in_set, "sqlite")
def _in_set_sqlite(element: in_set, compiler: SQLCompiler, **options: Any) -> str:
    tested, parameter = (compiler.process(part, **options) for part in element.clauses)
    return f"{tested} IN (SELECT value FROM json_each({parameter}))"  # noqa: S608 - both parts are compiled SQL


@compiles(in_set, "postgresql")
def _in_set_postgresql(element: in_set, compiler: SQLCompiler, **options: Any) -> str:
    tested, parameter = (compiler.process(part, **options) for part in element.clauses)
    return f"{tested} = ANY ({parameter})"


class unindexed(FunctionElement[Any]):  # noqa: N801 - reads as a function
    """A column to be compared once a row is found, never to find it by: SQLite would take any index that fits."""

    inherit_cache = True
    name = "unindexed"

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.type = column.type
        super().__init__(column)


@compiles(unindexed, "sqlite")
def _unindexed_sqlite(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


@compiles(unindexed, "postgresql")
def _unindexed_postgresql(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


class merged(FunctionElement[str]):  # noqa: N801 - reads as a function
    """The JSON object in a column with the members of another set, one level deep; the other is a parameter."""

    inherit_cache = True
    name = "merged"

    def __init__(self, held: ColumnElement[str], parameter: str) -> None:
        self.type = held.type
        super().__init__(held, bindparam(parameter, type_=held.type))


@compiles(merged, "sqlite")
def _merged_sqlite(element: merged, compiler: SQLCompiler, **options: Any) -> str:
    held, parameter = (compiler.process(part, **options) for part in element.clauses)
    return f"merged({held}, {parameter})"


@compiles(merged, "postgresql")
def _merged_postgresql(element: merged, compiler: SQLCompiler, **options: Any) -> str:
    held, parameter = (compiler.process(part, **options) for part in element.clauses)
    return f"({held} || {parameter})"


class like_any(FunctionElement[bool]):  # noqa: N801 - reads as a function
    """`tested` is like one of the patterns given, as any collection, for a parameter; ASCII has no case."""

    inherit_cache = True
    type = Boolean()
    name = "like_any"

    def __init__(self, tested: ColumnElement[Any], parameter: str) -> None:
        super().__init__(tested, bindparam(parameter, type_=ARRAY(Text())))


@compiles(like_any, "sqlite")
def _like_any_sqlite(element: like_any, compiler: SQLCompiler, **options: Any) -> str:
    tested, parameter = (compiler.process(part, **options) for part in element.clauses)
    like = f"lower({tested}) LIKE lower(value) ESCAPE '\\'"
    return f"EXISTS (SELECT 1 FROM json_each({parameter}) WHERE {like})"  # noqa: S608 - both parts are compiled SQL


@compiles(like_any, "postgresql")
def _like_any_postgresql(element: like_any, compiler: SQLCompiler, **options: Any) -> str:
    tested, parameter = (compiler.process(part, **options) for part in element.clauses)
    return f"{tested} ILIKE ANY ({parameter})"


class _OrUpdate(OnConflictDoUpdate):
    """SQLite's clause with the one attribute more that PostgreSQL's compiler asks for."""

    inherit_cache = True
    constraint_target = None


def upsert(table: Table, conflict: Sequence[str], update: Sequence[str]) -> Insert:
    """Insert a row, or update the named columns of the one it conflicts with; both engines spell it alike."""
    insert = Insert(table)
    return insert.ext(_OrUpdate(list(conflict), set_={c: insert.excluded[c] for c in update}))


class matches_pattern(_Condition):  # noqa: N801 - reads as a function
    """`tested` matches the regular expression given for a parameter, case for case."""

    inherit_cache = True
    name = "matches_pattern"

    def __init__(self, tested: ColumnElement[Any], parameter: str) -> None:
        super().__init__(tested, bindparam(parameter, type_=Text()))


@compiles(matches_pattern, "sqlite")
def _matches_sqlite(element: matches_pattern, compiler: SQLCompiler, **options: Any) -> str:
    tested, parameter = (compiler.process(part, **options) for part in element.clauses)
    return f"{tested} REGEXP {parameter}"


@compiles(matches_pattern, "postgresql")
def _matches_postgresql(element: matches_pattern, compiler: SQLCompiler, **options: Any) -> str:
    tested, parameter = (compiler.process(part, **options) for part in element.clauses)
    return f"{tested} ~ {parameter}"
