"""Names that one transaction at a time may hold: for what no unique index can promise."""

from sqlalchemy import select

from vestibule.db import Statement, Tx
from vestibule.db.helpers import held_alone
from vestibule.store.rows import Row

HOLD: Statement[Row] = Statement(select(held_alone("held_name")))


async def hold(tx: Tx, name: str) -> None:
    """Wait until no other transaction holds this name; it is let go at the end of this one."""
    await tx.value(HOLD, held_name=name)
