"""Statements about connectors: configured instances, their configurations sealed."""

from sqlalchemy import bindparam, delete, func, insert, select, update

from vestibule.db import Statement
from vestibule.db.helpers import in_set
from vestibule.model import Connector
from vestibule.store.rows import Row
from vestibule.store.tables import connectors

TABLE, COLUMN = "connectors", "config_sealed"
"""Where a configuration is sealed for."""

REVISION = "connectors.revision"
"""The row of configs that a transaction writes to hold the connectors alone."""

OUTBOX_SEEDED = "connectors.outbox_seeded"
"""The row of configs that remembers that the outbox was set up once."""

_row = connectors.c
LIST = Statement(select(connectors), Connector)
FACTORIES: Statement[Row] = Statement(select(_row.connector_id).distinct())
"""Which of them there are, without what they hold."""
GET = Statement(select(connectors).where(_row.id == bindparam("id")), Connector)
GET_LOCKED = Statement(select(connectors).where(_row.id == bindparam("id")).with_for_update(key_share=True), Connector)
GET_HELD = Statement(select(connectors).where(_row.id == bindparam("id")).with_for_update(read=True), Connector)
"""A connector that does not change in this transaction."""
INSERT: Statement[Row] = Statement(insert(connectors))
UPDATE = Statement(
    update(connectors)
    .where(_row.id == bindparam("row_id"))
    .values(
        config_sealed=func.coalesce(bindparam("config_sealed", type_=_row.config_sealed.type), _row.config_sealed),
        metadata=func.coalesce(bindparam("metadata", type_=_row.metadata.type), _row.metadata),
        sync_profile=func.coalesce(bindparam("sync_profile", type_=_row.sync_profile.type), _row.sync_profile),
        enable_token_storage=func.coalesce(
            bindparam("enable_token_storage", type_=_row.enable_token_storage.type), _row.enable_token_storage
        ),
    )
    .returning(*connectors.c),
    Connector,
)
DELETE: Statement[Row] = Statement(delete(connectors).where(_row.id == bindparam("row_id")))
DELETE_OTHERS: Statement[Row] = Statement(
    delete(connectors).where(_row.id != bindparam("kept_id"), in_set(_row.connector_id, "factory_ids"))
)
