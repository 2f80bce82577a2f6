"""SQL of the account server: proofs, sign-ins and links under way, page sessions."""

import msgspec
from sqlalchemy import and_, bindparam, case, delete, func, insert, or_, select, update

from vestibule.account import tables
from vestibule.db import Statement, Tx

proofs, logins, links, sessions = tables.proofs, tables.logins, tables.links, tables.page_sessions


class Proof(msgspec.Struct, frozen=True):
    """A proof: started, verified, consumed once."""

    id: str
    user_id: str
    action: str
    method: str
    target: str | None
    tries: int
    created_at: int
    expires_at: int
    verified_at: int | None
    consumed_at: int | None


class Login(msgspec.Struct, frozen=True):
    """A sign-in of the page that has not come back yet."""

    id: str
    browser_digest: str
    secret_sealed: str
    expires_at: int


class Link(msgspec.Struct, frozen=True):
    """A link to an identity elsewhere that has not come back yet."""

    id: str
    user_id: str
    target: str
    binding_digest: str
    secret_sealed: str
    expires_at: int


class PageSession(msgspec.Struct, frozen=True):
    """A session of the page; `version` moves with each renewal of the tokens, `renewing_until` is its lease.

    `sid` names the sign-in at the identity server that it rests on, if that was told.
    """

    id: str
    user_id: str
    tokens_sealed: str
    version: int
    created_at: int
    seen_at: int
    expires_at: int
    renewing_until: int
    sid: str | None


_LIVE = (
    proofs.c.id == bindparam("proof_id"),
    proofs.c.user_id == bindparam("owner"),
    proofs.c.consumed_at.is_(None),
    proofs.c.expires_at > bindparam("now"),
)

INSERT_PROOF: Statement[object] = Statement(insert(proofs))
GET_PROOF = Statement(select(proofs).where(*_LIVE), Proof)
TRY_PROOF = Statement(
    update(proofs)
    .where(*_LIVE, proofs.c.verified_at.is_(None), proofs.c.tries < bindparam("limit"))
    .values(tries=proofs.c.tries + 1)
    .returning(*proofs.c),
    Proof,
)
VERIFY_PROOF = Statement(
    update(proofs)
    .where(*_LIVE, proofs.c.verified_at.is_(None))
    .values(verified_at=bindparam("now"))
    .returning(*proofs.c),
    Proof,
)
CONSUME_PROOF = Statement(
    update(proofs)
    .where(*_LIVE, proofs.c.action == bindparam("wanted"), proofs.c.verified_at.is_not(None))
    .values(consumed_at=bindparam("now"))
    .returning(*proofs.c),
    Proof,
)
RELEASE_PROOF: Statement[object] = Statement(
    update(proofs)
    .where(proofs.c.id == bindparam("proof_id"), proofs.c.user_id == bindparam("owner"))
    .values(consumed_at=None)
)
DELETE_PROOF: Statement[object] = Statement(
    delete(proofs).where(proofs.c.id == bindparam("proof_id"), proofs.c.verified_at.is_(None))
)
_RECENT = (proofs.c.user_id == bindparam("owner"), proofs.c.created_at > bindparam("since"))
COUNT_PASSWORDS: Statement[object] = Statement(
    select(func.count()).select_from(proofs).where(*_RECENT, proofs.c.target.is_(None))
)
COUNT_MESSAGES: Statement[object] = Statement(
    select(func.count()).select_from(proofs).where(*_RECENT, proofs.c.target.is_not(None))
)
# The try under way counts as failed until its proof is verified.
COUNT_FAILURES: Statement[object] = Statement(
    select(func.coalesce(func.sum(proofs.c.tries - case((proofs.c.verified_at.is_(None), 0), else_=1)), 0)).where(
        *_RECENT, proofs.c.target.is_(None)
    )
)
# Those that everybody had sent there, or where somebody is named theirs alone.
_ASKER = bindparam("asker", type_=proofs.c.user_id.type)
COUNT_BY_TARGET: Statement[object] = Statement(
    select(func.count())
    .select_from(proofs)
    .where(
        proofs.c.target == bindparam("recipient"),
        proofs.c.created_at > bindparam("since"),
        or_(_ASKER.is_(None), proofs.c.user_id == _ASKER),
    )
)
EXPIRE_PROOFS: Statement[object] = Statement(delete(proofs).where(proofs.c.expires_at < bindparam("before")))

INSERT_LOGIN: Statement[object] = Statement(insert(logins))
TAKE_LOGIN = Statement(
    delete(logins)
    .where(
        logins.c.id == bindparam("login_id"),
        logins.c.browser_digest == bindparam("browser"),
        logins.c.expires_at > bindparam("now"),
    )
    .returning(*logins.c),
    Login,
)
EXPIRE_LOGINS: Statement[object] = Statement(delete(logins).where(logins.c.expires_at < bindparam("before")))

INSERT_LINK: Statement[object] = Statement(insert(links))
TAKE_LINK = Statement(
    delete(links)
    .where(
        links.c.id == bindparam("link_id"),
        links.c.user_id == bindparam("owner"),
        links.c.target == bindparam("provider"),
        links.c.binding_digest == bindparam("binding"),
        links.c.expires_at > bindparam("now"),
    )
    .returning(*links.c),
    Link,
)
EXPIRE_LINKS: Statement[object] = Statement(delete(links).where(links.c.expires_at < bindparam("before")))

INSERT_SESSION: Statement[object] = Statement(insert(sessions))
GET_SESSION = Statement(
    select(sessions).where(
        sessions.c.id == bindparam("session_id"),
        sessions.c.expires_at > bindparam("now"),
        sessions.c.seen_at > bindparam("idle_since"),
    ),
    PageSession,
)
LATEST_SESSION = Statement(select(sessions).order_by(sessions.c.expires_at.desc()).limit(1), PageSession)
TOUCH_SESSION: Statement[object] = Statement(
    update(sessions).where(sessions.c.id == bindparam("session_id")).values(seen_at=bindparam("now"))
)
_SEEN = (sessions.c.id == bindparam("session_id"), sessions.c.version == bindparam("seen_version"))
LEASE_SESSION: Statement[object] = Statement(
    update(sessions)
    .where(*_SEEN, sessions.c.renewing_until <= bindparam("now"))
    .values(renewing_until=bindparam("until"))
)
RELEASE_SESSION: Statement[object] = Statement(update(sessions).where(*_SEEN).values(renewing_until=0))
RENEW_SESSION: Statement[object] = Statement(
    update(sessions)
    .where(*_SEEN)
    .values(
        tokens_sealed=bindparam("sealed"), version=sessions.c.version + 1, seen_at=bindparam("now"), renewing_until=0
    )
)
_KEPT = bindparam("kept", type_=sessions.c.sid.type)
END_SESSIONS: Statement[object] = Statement(
    delete(sessions).where(
        sessions.c.user_id == bindparam("owner"),
        or_(_KEPT.is_(None), sessions.c.sid.is_(None), sessions.c.sid != _KEPT),
    )
)
"""Of a person, but what rests on a sign-in that is kept; None keeps nothing."""
# Of a sign-in, of a person, or of both; who is not asked for is None. A session that does not know what it rests on
# ends with any sign-in of its person.
_SUBJECT, _SIGN_IN = (
    bindparam("subject", type_=sessions.c.user_id.type),
    bindparam("of_sign_in", type_=sessions.c.sid.type),
)
SIGN_OUT: Statement[object] = Statement(
    delete(sessions).where(
        or_(_SUBJECT.is_(None), sessions.c.user_id == _SUBJECT),
        or_(
            _SIGN_IN.is_(None),
            sessions.c.sid == _SIGN_IN,
            and_(sessions.c.sid.is_(None), sessions.c.user_id == _SUBJECT),
        ),
        sessions.c.created_at <= bindparam("before"),
    )
)
DELETE_SESSION: Statement[object] = Statement(delete(sessions).where(sessions.c.id == bindparam("session_id")))
# Who was not here for a day has to sign in again: nothing of such a session is kept, least of all of a deleted account.
EXPIRE_SESSIONS: Statement[object] = Statement(
    delete(sessions).where(or_(sessions.c.expires_at < bindparam("before"), sessions.c.seen_at < bindparam("before")))
)


async def expire(tx: Tx, before: int) -> None:
    """Delete what ended before a moment."""
    for statement in (EXPIRE_PROOFS, EXPIRE_LOGINS, EXPIRE_LINKS, EXPIRE_SESSIONS):
        await tx.run(statement, before=before)
