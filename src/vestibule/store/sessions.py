"""Browser sessions at the authorization server.

`id` is the digest of the cookie's value, new at each sign-in; `uid` survives a repeated sign-in of the same user.
"""

from sqlalchemy import bindparam, delete, insert, select, update

from vestibule.db import Statement
from vestibule.model import Session
from vestibule.store.rows import Row
from vestibule.store.tables import sessions, users

_live = (
    select(sessions)
    .join(users, users.c.id == sessions.c.user_id)
    .where(sessions.c.expires_at > bindparam("now"), users.c.is_suspended.is_(False))
)

LIVE = Statement(_live.where(sessions.c.id == bindparam("id")), Session)

HELD = Statement(_live.where(sessions.c.id == bindparam("id")).with_for_update(of=sessions), Session)
"""The same, and nobody else uses or ends the session before this transaction is over."""

HELD_BY_UID = Statement(_live.where(sessions.c.uid == bindparam("uid")).with_for_update(of=sessions), Session)

_unexpired = select(sessions).where(sessions.c.expires_at > bindparam("now"))

OF_USER = Statement(
    _unexpired.where(sessions.c.user_id == bindparam("user_id")).order_by(
        sessions.c.signed_in_at.desc(), sessions.c.id
    ),
    Session,
)

BY_UID = Statement(_unexpired.where(sessions.c.uid == bindparam("uid")), Session)

INSERT: Statement[Row] = Statement(insert(sessions))

RENEW: Statement[Row] = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("earlier_id"))
    .values({column.name: bindparam(column.name) for column in sessions.c})
)
"""A sign-in takes the place of the one before."""

TOUCH: Statement[Row] = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"))
    .values(
        seen_at=bindparam("seen_at"),
        expires_at=bindparam("expires_at"),
        ip=bindparam("ip"),
        user_agent=bindparam("user_agent"),
    )
)

DELETE: Statement[Row] = Statement(delete(sessions).where(sessions.c.id == bindparam("id")))

DELETE_OF_USER: Statement[Row] = Statement(delete(sessions).where(sessions.c.user_id == bindparam("user_id")))
