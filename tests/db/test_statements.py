"""Statements: refused at once when a driver could not run them as they are."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, bindparam, insert, select, update
from sqlalchemy.engine import Dialect

import vestibule
from tests.db.planets import ADD, GET, planets
from vestibule.db import Statement, StatementCache, StatementError
from vestibule.db.postgres import DIALECT as POSTGRESQL
from vestibule.db.sqlite_work import DIALECT as SQLITE

DIALECTS = [SQLITE, POSTGRESQL]


class Reordered(msgspec.Struct):
    star: str
    id: str


@dataclass
class Short:
    id: str


def test_a_struct_with_other_fields_than_the_columns_is_refused() -> None:
    with pytest.raises(StatementError, match="fields"):
        Statement(select(planets.c.id, planets.c.star), Reordered)


def test_a_dataclass_with_fewer_fields_than_the_columns_is_refused() -> None:
    with pytest.raises(StatementError, match="fields"):
        Statement(select(planets.c.id, planets.c.star), Short)


def test_a_struct_for_a_statement_that_returns_nothing_is_refused() -> None:
    with pytest.raises(StatementError, match="fields"):
        Statement(insert(planets), Short)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_expanding_parameter_is_refused(dialect: Dialect) -> None:
    statement: Statement[object] = Statement(select(planets.c.id).where(planets.c.id.in_(["a", "b"])))
    with pytest.raises(StatementError, match="in_set"):
        statement.compile(dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_python_default_is_refused(dialect: Dialect) -> None:
    table = Table("t", MetaData(), Column("id", String, primary_key=True), Column("n", Integer, default=1, onupdate=2))
    for clause in (insert(table).values(id=bindparam("id")), update(table).values(id=bindparam("id"))):
        with pytest.raises(StatementError, match="defaults"):
            Statement(clause).compile(dialect)


def test_a_column_type_that_needs_conversion_is_refused() -> None:
    table = Table("t", MetaData(), Column("at", DateTime))
    with pytest.raises(StatementError, match="DateTime"):
        Statement(select(table))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("parameters", [{}, {"ids": "a"}, {"id": "a", "name": "b"}])
def test_a_call_with_other_parameters_is_refused(dialect: Dialect, parameters: dict[str, str]) -> None:
    compiled = GET.compile(dialect)
    with pytest.raises(StatementError):
        compiled.arguments(parameters)


def test_a_statement_is_compiled_once_and_its_text_is_the_drivers() -> None:
    assert GET.compile(POSTGRESQL).text.endswith("planets.id = $1::VARCHAR")
    assert GET.compile(SQLITE).text.endswith("planets.id = ?")
    assert ADD.compile(SQLITE).text.count("?") == len(planets.columns)


def test_constants_written_into_a_statement_need_no_parameter() -> None:
    statement: Statement[object] = Statement(select(planets.c.id).where(planets.c.star == "sun").limit(3))
    for dialect in DIALECTS:
        assert list(statement.compile(dialect).arguments({}))[:2] == ["sun", 3]


def test_the_cache_forgets_the_shape_that_was_used_longest_ago() -> None:
    built: list[str] = []

    def get(key: str) -> None:
        def build() -> Statement[object]:
            built.append(key)
            return Statement(select(planets.c.id))

        cache.get(key, build)

    cache: StatementCache[object] = StatementCache(2)
    for key in ("a", "b", "a", "c", "a", "b"):
        get(key)
    assert built == ["a", "b", "c", "b"]


def every_statement() -> Iterator[tuple[str, Statement[object]]]:
    for module in pkgutil.walk_packages(vestibule.__path__, "vestibule."):
        if re.fullmatch(r"vestibule\.(account\.)?store(\.\w+)?", module.name):
            found = importlib.import_module(module.name)
            yield from ((f"{module.name}.{n}", v) for n, v in vars(found).items() if isinstance(v, Statement))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_statement_of_the_programs_compiles(dialect: Dialect) -> None:
    for name, statement in every_statement():
        try:
            statement.compile(dialect)
        except StatementError as error:
            pytest.fail(f"{name}: {error}")
