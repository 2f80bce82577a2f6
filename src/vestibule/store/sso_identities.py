"""Statements about who users are at their companies' identity providers."""

from sqlalchemy import bindparam, delete, select

from vestibule.db import Statement
from vestibule.db.helpers import upsert
from vestibule.model import SsoIdentity
from vestibule.store.rows import Row
from vestibule.store.tables import user_sso_identities as identities

_row = identities.c
OF_USER = Statement(
    select(identities).where(_row.user_id == bindparam("user_id")).order_by(_row.created_at, _row.id), SsoIdentity
)
THROUGH = Statement(
    select(identities)
    .where(_row.user_id == bindparam("user_id"), _row.sso_connector_id == bindparam("sso_connector_id"))
    .order_by(_row.created_at, _row.id),
    SsoIdentity,
)
"""Those of one user that were made through one connector."""
HOLDER = Statement(
    select(identities).where(_row.issuer == bindparam("issuer"), _row.identity_id == bindparam("identity_id")),
    SsoIdentity,
)
DELETE_OF_USER: Statement[Row] = Statement(delete(identities).where(_row.user_id == bindparam("user_id")))
PUT: Statement[Row] = Statement(upsert(identities, ["issuer", "identity_id"], ["detail", "updated_at"]))
"""Stores an identity; of one that is known, whoever has it keeps it, and what is told of it is replaced."""
