"""Statements about connectors: configured instances, their configurations sealed."""

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as conflicting_insert

from vestibule.db import Statement, Tx
from vestibule.db.helpers import in_set, upsert
from vestibule.model import Connector
from vestibule.store.tables import configs, connectors

TABLE, COLUMN = "connectors", "config_sealed"
"""Where a configuration is sealed for."""

REVISION = "connectors.revision"
OUTBOX_SEEDED = "connectors.outbox_seeded"

_row = connectors.c
LIST = Statement(select(connectors), Connector)
GET = Statement(select(connectors).where(_row.id == bindparam("id")), Connector)
INSERT = Statement(insert(connectors))
UPDATE = Statement(
    update(connectors)
    .where(_row.id == bindparam("row_id"))
    .values(
        config_sealed=func.coalesce(bindparam("config_sealed", type_=_row.config_sealed.type), _row.config_sealed),
        sync_profile=func.coalesce(bindparam("sync_profile", type_=_row.sync_profile.type), _row.sync_profile),
        enable_token_storage=func.coalesce(
            bindparam("enable_token_storage", type_=_row.enable_token_storage.type), _row.enable_token_storage
        ),
    )
    .returning(*connectors.c),
    Connector,
)
DELETE = Statement(delete(connectors).where(_row.id == bindparam("row_id")))
DELETE_OTHERS = Statement(
    delete(connectors).where(_row.id != bindparam("kept_id"), in_set(_row.connector_id, "factory_ids"))
)
_REVISE = Statement(upsert(configs, ["key"], ["value"]))
_REMEMBER = Statement(conflicting_insert(configs).on_conflict_do_nothing(index_elements=["key"]))


async def hold(tx: Tx, revision: str) -> None:
    """Let no other transaction that holds the connectors go on before this one ends: it locks one row of configs."""
    await tx.run(_REVISE, key=REVISION, value=f'"{revision}"')


async def remember(tx: Tx, key: str) -> bool:
    """Note that something was done once; return whether it had not been done before."""
    return await tx.run(_REMEMBER, key=key, value="true") == 1
