"""Settings that travel with the store. Writing a row also serves as a lock held to the end of the transaction."""

from sqlalchemy import bindparam, select

from vestibule.db import Statement
from vestibule.db.helpers import upsert
from vestibule.store.rows import Row
from vestibule.store.tables import configs

GET: Statement[Row] = Statement(select(configs.c.value).where(configs.c.key == bindparam("key")))

ALL: Statement[Row] = Statement(select(configs.c.key, configs.c.value))

PUT: Statement[Row] = Statement(upsert(configs, ["key"], ["value"]))

LOCK: Statement[Row] = Statement(upsert(configs, ["key"], ["key"]))
"""Holds a row to the end of the transaction; one that is not there is made with the value given."""
