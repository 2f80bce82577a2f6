"""Which user has which identity at a social provider."""

from sqlalchemy import bindparam, delete, select

from vestibule.db import Statement
from vestibule.db.helpers import upsert
from vestibule.store.rows import Row
from vestibule.store.tables import user_identities as identities

UNIQUE = "user_identities__target_identity_user_id"
"""The constraint that keeps an identity from belonging to two users."""

HOLDER: Statement[Row] = Statement(
    select(identities.c.user_id).where(
        identities.c.target == bindparam("target"), identities.c.identity_user_id == bindparam("identity_user_id")
    )
)

PUT: Statement[Row] = Statement(upsert(identities, ["user_id", "target"], ["identity_user_id"]))

DELETE: Statement[Row] = Statement(
    delete(identities).where(identities.c.user_id == bindparam("of_user"), identities.c.target == bindparam("at"))
)
