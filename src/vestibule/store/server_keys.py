"""Keys of the store's own; the domain seals them."""

from sqlalchemy import bindparam, delete, insert, select

from vestibule.db import Statement
from vestibule.model import ServerKey
from vestibule.store.rows import Row
from vestibule.store.tables import server_keys

SEAL = ("server_keys", "secret_sealed")
"""Where their secrets are sealed: table and column."""

OF_KIND = Statement(
    select(server_keys)
    .where(server_keys.c.kind == bindparam("of_kind", type_=server_keys.c.kind.type))
    .order_by(server_keys.c.created_at.desc(), server_keys.c.id),
    ServerKey,
)
"""The newest first."""

INSERT: Statement[Row] = Statement(insert(server_keys))

DELETE: Statement[Row] = Statement(delete(server_keys).where(server_keys.c.id == bindparam("key_id")))
