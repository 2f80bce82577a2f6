"""Statements about the keys that sign requests to SAML identity providers; the private ones are sealed."""

from sqlalchemy import bindparam, delete, insert, select, update

from vestibule.db import Statement
from vestibule.model import SsoSigningKey
from vestibule.store.rows import Row
from vestibule.store.tables import sso_signing_keys as keys

SEAL = ("sso_signing_keys", "private_sealed")
"""Where a private key is sealed for."""

_row = keys.c
_one = (_row.id == bindparam("key_id"), _row.sso_connector_id == bindparam("connector_id"))
OF_CONNECTOR = Statement(
    select(keys).where(_row.sso_connector_id == bindparam("connector_id")).order_by(_row.created_at, _row.id),
    SsoSigningKey,
)
GET = Statement(select(keys).where(*_one), SsoSigningKey)
INSERT = Statement(insert(keys).returning(*_row), SsoSigningKey)
SET = Statement(update(keys).where(*_one).values(active=bindparam("is_active")).returning(*_row), SsoSigningKey)
STOP: Statement[Row] = Statement(
    update(keys).where(_row.sso_connector_id == bindparam("connector_id")).values(active=False)
)
"""Let none of a connector's keys sign."""
DELETE: Statement[Row] = Statement(delete(keys).where(*_one))
