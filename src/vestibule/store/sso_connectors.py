"""Statements about enterprise connectors; their configurations are sealed."""

from sqlalchemy import bindparam, delete, func, insert, select, update

from vestibule.db import Statement
from vestibule.model import SsoConnectorRow
from vestibule.store.rows import Row
from vestibule.store.tables import sso_connector_domains, sso_connectors

TABLE, COLUMN = "sso_connectors", "config_sealed"
"""Where a configuration is sealed for."""

NAME = "sso_connectors__connector_name"
"""The constraint that keeps two connectors from having one name."""

_row = sso_connectors.c
CHANGEABLE = ("connector_name", "config_sealed", "domains", "branding", "sync_profile", "enable_token_storage")

ALL = Statement(select(sso_connectors).order_by(_row.created_at, _row.id), SsoConnectorRow)
OF_DOMAIN = Statement(
    select(sso_connectors)
    .join(sso_connector_domains)
    .where(sso_connector_domains.c.domain == bindparam("domain"))
    .order_by(_row.created_at, _row.id),
    SsoConnectorRow,
)
ADD_DOMAIN: Statement[Row] = Statement(insert(sso_connector_domains))
CLEAR_DOMAINS: Statement[Row] = Statement(
    delete(sso_connector_domains).where(sso_connector_domains.c.sso_connector_id == bindparam("of_connector"))
)
GET = Statement(select(sso_connectors).where(_row.id == bindparam("id")), SsoConnectorRow)
GET_LOCKED = Statement(
    select(sso_connectors).where(_row.id == bindparam("id")).with_for_update(key_share=True), SsoConnectorRow
)
GET_HELD = Statement(
    select(sso_connectors).where(_row.id == bindparam("id")).with_for_update(read=True), SsoConnectorRow
)
"""A connector that does not change in this transaction."""
NAMED: Statement[Row] = Statement(select(_row.id).where(_row.connector_name == bindparam("connector_name")))
INSERT = Statement(insert(sso_connectors).returning(*_row), SsoConnectorRow)
UPDATE = Statement(
    update(sso_connectors)
    .where(_row.id == bindparam("row_id"))
    .values({name: func.coalesce(bindparam(name, type_=_row[name].type), _row[name]) for name in CHANGEABLE})
    .returning(*_row),
    SsoConnectorRow,
)
"""Sets the columns for which there is a value."""
DELETE: Statement[Row] = Statement(delete(sso_connectors).where(_row.id == bindparam("row_id")))
