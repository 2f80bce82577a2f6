"""Signing keys of the authorization server. Private keys are sealed by the domain."""

from sqlalchemy import bindparam, delete, insert, select, update

from vestibule.db import Statement
from vestibule.model import SigningKey
from vestibule.store.rows import Row
from vestibule.store.tables import signing_keys

_by_id = signing_keys.c.id == bindparam("key_id")

ALL = Statement(
    select(signing_keys).order_by(
        # A retired key comes after the one that took over in the same millisecond.
        signing_keys.c.effective_at.desc(),
        signing_keys.c.retired_at.is_not(None),
        signing_keys.c.retired_at.desc(),
        signing_keys.c.id,
    ),
    SigningKey,
)
"""The newest first."""

INSERT: Statement[Row] = Statement(insert(signing_keys))

RETIRE: Statement[Row] = Statement(update(signing_keys).where(_by_id).values(retired_at=bindparam("retired_at")))

DELETE: Statement[Row] = Statement(delete(signing_keys).where(_by_id))
