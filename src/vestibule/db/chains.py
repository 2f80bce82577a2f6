"""A statement, and inserts that depend on it: one statement on PostgreSQL, a round trip in place of one for each."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias, cast

from sqlalchemy import CTE, Insert, Select, bindparam, insert, select
from sqlalchemy.sql.dml import UpdateBase

from vestibule.db.database import Tx
from vestibule.db.statement import Statement

Step: TypeAlias = tuple[Statement[Any], Mapping[str, Any]]
"""A statement and its parameters."""


async def run_chain(tx: Tx, first: Step, *inserts: Step) -> bool:
    """Run a statement that returns the row it finds or changes and, where there is one, plain inserts after it.

    Returns whether there was one. It counts as one statement, so that it is a transaction by itself in `single()`.
    """
    if tx.is_alone or not inserts:
        for statement, parameters in (first, *inserts):
            if not await tx.run(statement, **parameters):
                return False
        return True
    given = dict(first[1])
    for number, (_, parameters) in enumerate(inserts):
        given.update((_parameter(name, number), value) for name, value in parameters.items())
    return await tx.run(_chained(first[0], *[statement for statement, _ in inserts]), **given) > 0


@lru_cache(maxsize=64)
def _chained(first: Statement[Any], *inserts: Statement[Any]) -> Statement[Any]:
    """Write the statements as one, in PostgreSQL's words: `WITH found AS (UPDATE …), … INSERT … FROM found`."""
    found = cast("UpdateBase | Select[Any]", first.clause).cte("found")
    *earlier, last = [_after(found, cast("Insert", step.clause), number) for number, step in enumerate(inserts)]
    return Statement(last.add_cte(found, *[step.cte(f"made_{number}") for number, step in enumerate(earlier)]))


def _after(found: CTE, plain: Insert, number: int) -> Insert:
    """Return an insert with a row of parameters as one with that row for each row found."""
    columns = plain.table.columns
    row = [bindparam(_parameter(column.key, number), type_=column.type).label(column.key) for column in columns]
    return insert(plain.table).from_select(columns.keys(), select(*row).select_from(found))


def _parameter(name: str, number: int) -> str:
    return f"{name}_{number}"
