"""The store's own time, for whoever compares clocks; everything else is told the time."""

from sqlalchemy import BigInteger, cast, extract, func, select

from vestibule.db import Statement
from vestibule.store.rows import Row

NOW: Statement[Row] = Statement(select(cast(extract("epoch", func.now()), BigInteger).label("now")))
"""In seconds since the epoch."""
