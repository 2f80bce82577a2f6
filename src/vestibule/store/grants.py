"""What users have granted to applications. A revoked grant ends every token that hangs on it."""

from sqlalchemy import bindparam, insert, select, update

from vestibule.db import Statement
from vestibule.db.helpers import unindexed
from vestibule.model import Grant, Noun
from vestibule.store.rows import Row
from vestibule.store.tables import applications, grants


class UserGrant(Noun, frozen=True, gc=False):
    """A live grant of a user with what is shown of its application."""

    id: str
    user_id: str
    application_id: str
    session_uid: str | None
    scope: str
    resources: str
    created_at: int
    expires_at: int
    application_name: str
    is_third_party: bool


_live = (grants.c.revoked_at.is_(None), grants.c.expires_at > bindparam("now"))

OF_SESSION = Statement(
    select(grants)
    .where(
        grants.c.session_uid == bindparam("session_uid"),
        grants.c.application_id == bindparam("application_id"),
        unindexed(grants.c.user_id) == bindparam("user_id"),
        *_live,
    )
    .order_by(grants.c.created_at.desc(), grants.c.id)
    .limit(1),
    Grant,
)

OF_USER = Statement(
    select(
        *[grants.c[name] for name in UserGrant.__struct_fields__[:-2]],
        applications.c.name.label("application_name"),
        applications.c.is_third_party,
    )
    .join(applications, applications.c.id == grants.c.application_id)
    .where(grants.c.user_id == bindparam("user_id"), *_live)
    .order_by(grants.c.created_at.desc(), grants.c.id),
    UserGrant,
)

GET = Statement(
    select(grants).where(grants.c.id == bindparam("id"), grants.c.user_id == bindparam("user_id")),
    Grant,
)

INSERT: Statement[Row] = Statement(insert(grants))

EXTEND: Statement[Row] = Statement(
    update(grants)
    .where(grants.c.id == bindparam("grant_id"), grants.c.revoked_at.is_(None))
    .values(scope=bindparam("scope"), resources=bindparam("resources"), expires_at=bindparam("expires_at"))
)

REVOKE: Statement[Row] = Statement(
    update(grants)
    .where(grants.c.id == bindparam("grant_id"), grants.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)

REVOKE_OF_APPLICATION: Statement[Row] = Statement(
    update(grants)
    .where(
        grants.c.id == bindparam("grant_id"),
        grants.c.application_id == bindparam("of_application"),
        grants.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
)

_kept = (
    select(grants.c.id)
    .where(
        grants.c.user_id == bindparam("of_user"),
        grants.c.application_id == bindparam("of_application"),
        *_live,
    )
    .order_by((grants.c.id == bindparam("newest")).desc(), grants.c.created_at.desc(), grants.c.id)
    .limit(bindparam("most"))
)
REVOKE_OLDEST: Statement[Row] = Statement(
    update(grants)
    .where(
        grants.c.user_id == bindparam("of_user"),
        grants.c.application_id == bindparam("of_application"),
        grants.c.revoked_at.is_(None),
        grants.c.id.not_in(_kept),
    )
    .values(revoked_at=bindparam("now"))
)
"""End what a user granted an application, all but the newest few."""

REVOKE_OF_USER: Statement[Row] = Statement(
    update(grants)
    .where(grants.c.user_id == bindparam("of_user"), grants.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)

_of_session = (grants.c.session_uid == bindparam("of_session"), grants.c.revoked_at.is_(None))

REVOKE_OF_SESSION: Statement[Row] = Statement(update(grants).where(*_of_session).values(revoked_at=bindparam("now")))

REVOKE_OWN_OF_SESSION: Statement[Row] = Statement(
    update(grants)
    .where(
        *_of_session,
        grants.c.application_id.in_(select(applications.c.id).where(applications.c.is_third_party.is_(False))),
    )
    .values(revoked_at=bindparam("now"))
)
"""The same for applications of the operator's own: those of third parties stay."""
