"""Taking turns: what is counted and then allowed must not be counted by two at once."""

from typing import Any

from sqlalchemy import Text, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from vestibule.db.database import Tx
from vestibule.db.statement import Statement


class _turn(FunctionElement[str]):  # noqa: N801 - reads as a function
    """Waits for the turn that a parameter names. SQLite's write transactions take turns already."""

    inherit_cache = True
    type = Text()
    name = "turn"


@compiles(_turn, "sqlite")
def _turn_sqlite(element: _turn, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_turn, "postgresql")
def _turn_postgresql(element: _turn, compiler: SQLCompiler, **options: Any) -> str:
    named = compiler.process(element.clauses, **options)
    return f"CAST(pg_advisory_xact_lock(hashtextextended({named}, 0)) AS TEXT)"


_TAKE = Statement(select(_turn(bindparam("turn", type_=Text())).label("turn")))


async def take_turn(tx: Tx, name: str) -> None:
    """Wait until no other write transaction holds the turn of this name, and hold it until this one ends."""
    await tx.one(_TAKE, turn=name)
