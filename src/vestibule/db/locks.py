"""Taking turns: what is counted and then allowed must not be counted by two at once."""

from typing import Any

from sqlalchemy import Text, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import ARRAY

from vestibule.db.database import Tx
from vestibule.db.statement import Statement


class _turns(FunctionElement[str]):  # noqa: N801 - reads as a function
    """Waits for the turns that a parameter names, in its order; SQLite is never asked."""

    inherit_cache = True
    type = Text()
    name = "turns"


@compiles(_turns, "postgresql")
def _turns_postgresql(element: _turns, compiler: SQLCompiler, **options: Any) -> str:
    named = compiler.process(element.clauses, **options)
    return f"CAST(pg_advisory_xact_lock(hashtextextended(unnest({named}), 0)) AS TEXT)"


_TAKE = Statement(select(_turns(bindparam("turns", type_=ARRAY(Text()))).label("turn")))


async def take_turn(tx: Tx, *names: str) -> None:
    """Wait until no other write transaction holds the turns of these names, and hold them until this one ends.

    Several are taken in the order given, which has to be one everywhere. SQLite's writers take turns anyway.
    """
    if not tx.is_alone:
        await tx.all(_TAKE, turns=names)
