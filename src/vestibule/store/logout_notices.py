"""Logout notices that applications have not taken yet."""

from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from vestibule.db import Statement
from vestibule.model import LogoutNotice, Noun
from vestibule.store.rows import Row
from vestibule.store.tables import applications, grants, logout_notices, sessions


class SignedIn(Noun, frozen=True, gc=False):
    """An application that somebody is signed in to through a live session."""

    session_uid: str
    user_id: str
    application_id: str
    oidc_client_metadata: str


_signed_in: Select[tuple[str, str, str, str]] = (
    select(
        sessions.c.uid.label("session_uid"),
        sessions.c.user_id,
        applications.c.id.label("application_id"),
        applications.c.oidc_client_metadata,
    )
    .join(grants, grants.c.session_uid == sessions.c.uid)
    .join(applications, applications.c.id == grants.c.application_id)
    .where(grants.c.user_id == sessions.c.user_id)
)

BY_SESSION = Statement(_signed_in.where(sessions.c.uid == bindparam("uid")), SignedIn)

BY_USER = Statement(_signed_in.where(sessions.c.user_id == bindparam("user_id")), SignedIn)

BY_GRANT = Statement(_signed_in.where(grants.c.id == bindparam("grant_id")), SignedIn)

INSERT: Statement[Row] = Statement(insert(logout_notices))

_due = logout_notices.c.next_at <= bindparam("now")

DUE = Statement(select(logout_notices).where(_due).limit(1), LogoutNotice)

_ranked = (
    select(
        logout_notices.c.id,
        func.row_number()
        .over(partition_by=logout_notices.c.application_id, order_by=(logout_notices.c.next_at, logout_notices.c.id))
        .label("place"),
    )
    .where(_due)
    .subquery()
)
_oldest = select(_ranked.c.id).order_by(_ranked.c.place).limit(bindparam("most"))

CLAIM = Statement(
    update(logout_notices)
    .where(logout_notices.c.id.in_(_oldest), _due)
    .values(next_at=bindparam("until"), tries=logout_notices.c.tries + 1)
    .returning(*logout_notices.c),
    LogoutNotice,
)
"""Take the oldest that are due, of every application in turn: nobody else takes them before `until`.

One that never answers keeps the others waiting for a single time-out.
"""

POSTPONE: Statement[Row] = Statement(
    update(logout_notices).where(logout_notices.c.id == bindparam("notice_id")).values(next_at=bindparam("again_at"))
)

DELETE: Statement[Row] = Statement(delete(logout_notices).where(logout_notices.c.id == bindparam("id")))
