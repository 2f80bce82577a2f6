"""Statements about what providers gave for later calls in a person's name: one set for an identity."""

from sqlalchemy import bindparam, delete, insert, null, or_, select, update

from vestibule.db import Statement
from vestibule.model import TokenSecret
from vestibule.store.rows import Row
from vestibule.store.tables import token_secrets as kept

SEAL = ("token_secrets", "value_sealed")
"""Where tokens are sealed for; the row is named by user and id."""

_row = kept.c
OF_USER = Statement(select(kept).where(_row.user_id == bindparam("of_user")), TokenSecret)
OF_SOCIAL = Statement(
    select(kept).where(_row.user_id == bindparam("of_user"), _row.target == bindparam("at")), TokenSecret
)
THROUGH_COMPANY = Statement(
    select(kept).where(_row.user_id == bindparam("of_user"), _row.sso_connector_id == bindparam("connector")),
    TokenSecret,
)
"""What came through one enterprise connector, whichever connector the identity was made through."""
OF_SSO = Statement(select(kept).where(_row.sso_identity_id == bindparam("identity")), TokenSecret)
INSERT: Statement[Row] = Statement(insert(kept))
UPDATE: Statement[Row] = Statement(
    update(kept)
    .where(_row.id == bindparam("row_id"))
    .values(
        {
            name: bindparam(f"new_{name}", type_=_row[name].type)
            for name in ("connector_id", "sso_connector_id", "identity_id", "metadata", "value_sealed", "updated_at")
        }
    )
)
GET = Statement(select(kept).where(_row.id == bindparam("row_id")), TokenSecret)
REPLACE: Statement[Row] = Statement(
    update(kept)
    .where(_row.id == bindparam("row_id"), _row.value_sealed == bindparam("held"))
    .values(
        {name: bindparam(f"new_{name}", type_=_row[name].type) for name in ("metadata", "value_sealed", "updated_at")}
    )
)
"""Compare and set: what was replaced meanwhile stays."""
LEASE: Statement[Row] = Statement(
    update(kept)
    .where(
        _row.id == bindparam("row_id"),
        _row.value_sealed == bindparam("held"),
        or_(_row.renewing_until.is_(None), _row.renewing_until <= bindparam("now")),
    )
    .values(renewing_until=bindparam("until"))
)
"""Lets one caller renew tokens that nobody else is renewing, or has replaced."""
RELEASE: Statement[Row] = Statement(
    update(kept)
    .where(_row.id == bindparam("row_id"), _row.renewing_until == bindparam("until"))
    .values(renewing_until=null())
)
"""Ends a lease, if it is still the one that the caller was given: no later one ends at the same time."""
DELETE: Statement[Row] = Statement(delete(kept).where(_row.id == bindparam("row_id")))
DELETE_SOCIAL: Statement[Row] = Statement(
    delete(kept).where(_row.user_id == bindparam("of_user"), _row.target == bindparam("at"))
)
DELETE_OF_CONNECTOR: Statement[Row] = Statement(delete(kept).where(_row.connector_id == bindparam("connector")))
DELETE_OF_SSO_CONNECTOR: Statement[Row] = Statement(delete(kept).where(_row.sso_connector_id == bindparam("connector")))
