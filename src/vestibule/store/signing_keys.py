"""Signing keys of the authorization server. Private keys are sealed by the domain."""

from sqlalchemy import bindparam, delete, insert, select, update

from vestibule.db import Statement
from vestibule.model import SigningKey
from vestibule.store.tables import signing_keys

ALL = Statement(select(signing_keys).order_by(signing_keys.c.effective_at.desc(), signing_keys.c.id), SigningKey)
"""The newest first."""

INSERT = Statement(insert(signing_keys))

# The first start of several processes at once must leave one key: only an empty table takes this one.
LOCKED = Statement(select(signing_keys.c.id).with_for_update())

RETIRE = Statement(
    update(signing_keys).where(signing_keys.c.id == bindparam("key_id")).values(retired_at=bindparam("retired_at"))
)

DELETE = Statement(delete(signing_keys).where(signing_keys.c.id == bindparam("id")))
