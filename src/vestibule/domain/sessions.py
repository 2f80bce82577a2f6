"""Browser sessions at the authorization server: started at sign-in, renewed on use, ended at sign-out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from vestibule import origin
from vestibule.clock import Clock
from vestibule.crypto import digest, new_token
from vestibule.db import Tx
from vestibule.domain import logout_notices
from vestibule.domain.context import Context
from vestibule.domain.oidc_settings import IDLE_SECONDS
from vestibule.errors import SessionOfAnotherUser, UserSessionNotFound
from vestibule.model import Session
from vestibule.store import grants, interactions, subjects, tokens, trusted_devices
from vestibule.store import sessions as store
from vestibule.store.grants import UserGrant

DAY_MS = 86_400_000
IDLE_MS = IDLE_SECONDS * 1000
"""A session that is not used for this long ends, unless administrators say otherwise."""
ABSOLUTE_MS = 90 * DAY_MS
"""A session ends this long after its sign-in, however much it is used, unless the operator says otherwise or it may
lie unused for longer."""
MAX_IP, MAX_USER_AGENT = 64, 512
RENEW_MS = 60_000
"""Uses within this time of the last one write nothing."""


@dataclass(frozen=True)
class Lifetime:
    """For how many milliseconds a session may lie unused, and for how many it may last in any case."""

    idle: int = IDLE_MS
    absolute: int = ABSOLUTE_MS

    def ends_at(self, signed_in_at: int, now: int) -> int:
        """Return when a session ends that is used now."""
        return min(now + self.idle, signed_in_at + self.absolute)


def lifetime(ctx: Context) -> Lifetime:
    """Return what administrators and the operator have set: `oidc.session` and VESTIBULE_SESSION_DAYS."""
    idle = ctx.live.session.ttl * 1000
    return Lifetime(idle, ctx.settings.session_days * DAY_MS or max(ABSOLUTE_MS, idle))


@dataclass(frozen=True)
class Started:
    """A new session and the value of its cookie, which is stored nowhere."""

    session: Session
    cookie: str


@dataclass(frozen=True)
class UserSession:
    """A session and the live grants given in it, the newest first."""

    session: Session
    grants: Sequence[UserGrant]


GrantsTarget = Literal["all", "firstParty"]
"""Whose grants end with a session: everybody's, or those of the operator's own applications."""


async def find(tx: Tx, clock: Clock, cookie: str | None) -> Session | None:
    """Return the live session behind a cookie's value."""
    if cookie is None:
        return None
    return await tx.one(store.LIVE, id=digest(cookie), now=clock.now())


async def hold(tx: Tx, clock: Clock, cookie: str | None) -> Session | None:
    """Return the same and keep it for this transaction alone, so that what is made of it ends when it does."""
    if cookie is None:
        return None
    return await tx.one(store.HELD, id=digest(cookie), now=clock.now())


async def hold_by_uid(tx: Tx, clock: Clock, uid: str) -> Session | None:
    """Return a live session by its uid and keep it for this transaction alone."""
    return await tx.one(store.HELD_BY_UID, uid=uid, now=clock.now())


async def start(
    tx: Tx, clock: Clock, user_id: str, signed_in_at: int, earlier: Session | None, life: Lifetime
) -> Started:
    """Start the session of a fresh sign-in under a new id (ASVS 5.0 V7.2.4); the browser's earlier one ends.

    The same user keeps the `uid` and with it the tokens bound to the session; another user gets nothing of it.
    """
    now, cookie = clock.now(), new_token()
    same = earlier if earlier is not None and earlier.user_id == user_id else None
    if earlier is not None and same is None:
        await end(tx, clock, earlier)
    uid, ends_at = new_token() if same is None else same.uid, life.ends_at(signed_in_at, now)
    session = Session(digest(cookie), uid, user_id, signed_in_at, now, now, ends_at, *used_from())
    values = msgspec.structs.asdict(session)
    # In its place: whoever ends a session at the same moment waits for its row, and finds it.
    if same is None or not await tx.run(store.RENEW, earlier_id=same.id, **values):
        await tx.later(store.INSERT, **values)
    return Started(session, cookie)


async def touch(tx: Tx, clock: Clock, session: Session, life: Lifetime) -> None:
    """Move the end of a session that is in use."""
    now = clock.now()
    if now - session.seen_at >= RENEW_MS:
        ip, user_agent = used_from()
        await tx.run(
            store.TOUCH,
            session_id=session.id,
            seen_at=now,
            expires_at=life.ends_at(session.signed_in_at, now),
            ip=ip,
            user_agent=user_agent,
        )


async def end(tx: Tx, clock: Clock, session: Session) -> None:
    """End a session and the tokens bound to it; those of `offline_access` live on (contract 1.9).

    Applications that want to know of it will be told.
    """
    await logout_notices.of_session(tx, clock, session.uid)
    await tx.run(store.DELETE, id=session.id)
    for statement in tokens.OF_SESSION:
        await tx.run(statement, session_uid=session.uid)


async def end_all(tx: Tx, clock: Clock, user_id: str) -> None:
    """End every session, grant, token and sign-in of a user: at suspension and change of password.

    One that is being resumed at this moment is waited for, and its session is there to be ended. The order of locks is
    everywhere: a sign-in under way, the user, sessions, steps that know their user.
    """
    await hold_user(tx, user_id)
    await logout_notices.of_user(tx, clock, user_id)
    await tx.run(store.DELETE_OF_USER, user_id=user_id)
    await tx.run(interactions.DELETE_OF_USER, user_id=user_id)
    await tx.run(grants.REVOKE_OF_USER, of_user=user_id, now=clock.now())
    for statement in tokens.OF_USER:
        await tx.run(statement, user_id=user_id)
    await tx.run(trusted_devices.DELETE_OF_USER, user_id=user_id)


async def hold_user(tx: Tx, user_id: str) -> None:
    """Let nobody else end or resume a sign-in of this user before the transaction is over."""
    await tx.one(subjects.HELD, user_id=user_id)


async def end_trust(tx: Tx, user_id: str) -> None:
    """Trust no device of a user any longer, nor one that a finished sign-in would have trusted once it is resumed."""
    await hold_user(tx, user_id)
    await tx.run(interactions.DELETE_SIGNED_IN, user_id=user_id)
    await tx.run(trusted_devices.DELETE_OF_USER, user_id=user_id)


async def end_others(tx: Tx, clock: Clock, user_id: str, kept: str | None) -> None:
    """End every session of a user but the one of this uid; one that begins at this moment is waited for."""
    await hold_user(tx, user_id)
    for session in await tx.all(store.OF_USER, user_id=user_id, now=clock.now()):
        if session.uid != kept:
            await end(tx, clock, session)


async def of_user(ctx: Context, user_id: str) -> list[UserSession]:
    """Return a user's live sessions, the newest sign-in first; an unknown user has none."""
    now = ctx.clock.now()
    async with ctx.db.read() as tx:
        found = await tx.all(store.OF_USER, user_id=user_id, now=now)
        given = await tx.all(grants.OF_USER, user_id=user_id, now=now) if found else []
    return [UserSession(session, [one for one in given if one.session_uid == session.uid]) for session in found]


async def get_of_user(ctx: Context, user_id: str, uid: str) -> UserSession:
    """Return one of a user's live sessions; raises UserSessionNotFound."""
    for found in await of_user(ctx, user_id):
        if found.session.uid == uid:
            return found
    raise UserSessionNotFound


async def end_of_user(ctx: Context, user_id: str, uid: str, target: GrantsTarget | None) -> None:
    """End a user's session and what is bound to it, and with a target also the grants given in it.

    Raises UserSessionNotFound, SessionOfAnotherUser.
    """
    now = ctx.clock.now()
    async with ctx.db.write() as tx:
        session = await tx.one(store.BY_UID, uid=uid, now=now)
        if session is None:
            raise UserSessionNotFound
        if session.user_id != user_id:
            raise SessionOfAnotherUser
        await end(tx, ctx.clock, session)
        if target is not None:
            statement = grants.REVOKE_OF_SESSION if target == "all" else grants.REVOKE_OWN_OF_SESSION
            await tx.run(statement, of_session=uid, now=now)


def used_from() -> tuple[str | None, str | None]:
    """Return the address and the browser of the request that is being answered."""
    came = origin.CURRENT.get()
    if came is None:
        return None, None
    agent = came.user_agent
    named = agent if agent.isprintable() else "".join(char for char in agent if char.isprintable())
    return came.ip[:MAX_IP], named[:MAX_USER_AGENT] or None
