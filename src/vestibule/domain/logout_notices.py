"""Telling applications that somebody is signed out (OpenID Connect Back-Channel Logout 1.0).

A notice is stored in the transaction that ends the session, so none is lost with a process and none is about a sign-out
that did not happen. Whichever server comes first takes it, outside any transaction, again and again until the
application answers or has been away for too long. Each try carries a fresh token.
"""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlencode

from vestibule.clock import Clock
from vestibule.connectors.outgoing import OutgoingError
from vestibule.crypto import new_id, new_token
from vestibule.db import Tx
from vestibule.domain.audit import Event
from vestibule.domain.clients import find_client, metadata_of
from vestibule.domain.context import Context
from vestibule.domain.keys import Keyring
from vestibule.model import LogoutNotice
from vestibule.store import logout_notices as store
from vestibule.store.logout_notices import SignedIn

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_TYPE = "logout+jwt"  # noqa: S105 - the type in the token's header (section 2.4)
TOKEN_SECONDS = 120
FORM = {"content-type": "application/x-www-form-urlencoded", "cache-control": "no-store"}
TAKEN = frozenset({200, 204})
PAUSES_SECONDS = (10, 60, 600, 3600, 6 * 3600)
"""How long to wait after each failed try; after the one that follows the last of these, a notice is given up."""
LEASE_MS = 60_000
"""Whoever has not finished a notice by then has died, and another try may begin."""
AT_ONCE = 10


async def of_session(tx: Tx, clock: Clock, uid: str) -> None:
    """Note whom to tell that a session ends, before it does."""
    await _insert(tx, clock, await tx.all(store.BY_SESSION, uid=uid))


async def of_user(tx: Tx, clock: Clock, user_id: str) -> None:
    """Note whom to tell that every session of a user ends, before they do."""
    await _insert(tx, clock, await tx.all(store.BY_USER, user_id=user_id))


async def of_grant(tx: Tx, clock: Clock, grant_id: str) -> None:
    """Note that one application is to be told, whose grant ends while the session goes on."""
    await _insert(tx, clock, await tx.all(store.BY_GRANT, grant_id=grant_id))


async def _insert(tx: Tx, clock: Clock, found: Sequence[SignedIn]) -> None:
    now = clock.now()
    listening = {
        (one.session_uid, one.application_id): one
        for one in found
        if metadata_of(one.oidc_client_metadata).backchannel_logout_uri is not None
    }
    rows = [
        {
            "id": new_id(),
            "application_id": one.application_id,
            "user_id": one.user_id,
            "session_uid": one.session_uid,
            "tries": 0,
            "next_at": now,
            "created_at": now,
        }
        for one in listening.values()
    ]
    if rows:
        await tx.many(store.INSERT, rows)


async def deliver(ctx: Context, keys: Keyring) -> int:
    """Send the notices that are due, a few at once; returns how many were tried."""
    now = ctx.clock.now()
    async with ctx.db.read() as tx:
        if await tx.one(store.DUE, now=now) is None:
            return 0
    async with ctx.db.write() as tx:
        taken = await tx.all(store.CLAIM, now=now, until=now + LEASE_MS, most=AT_ONCE)
    await asyncio.gather(*(_try(ctx, keys, notice) for notice in taken))
    return len(taken)


async def _try(ctx: Context, keys: Keyring, notice: LogoutNotice) -> None:
    """Send one notice, and forget it when it was taken, when nobody wants it any more, or when it was tried enough."""
    async with ctx.db.read() as tx:
        client = await find_client(tx, notice.application_id)
    uri = None if client is None else client.metadata.backchannel_logout_uri
    fault = None
    if client is not None and uri is not None:
        payload = _payload(ctx, notice, with_sid=client.metadata.backchannel_logout_session_required)
        fault = await _post(ctx, uri, await keys.sign(payload, TOKEN_TYPE))
    is_over = fault is None or notice.tries > len(PAUSES_SECONDS)
    async with ctx.db.write() as tx:
        if is_over:
            await tx.run(store.DELETE, id=notice.id)
        else:
            again_at = ctx.clock.now() + PAUSES_SECONDS[notice.tries - 1] * 1000
            await tx.run(store.POSTPONE, notice_id=notice.id, again_at=again_at)
    if uri is not None and is_over:
        ctx.trail.record(
            Event(
                key="Session.End.Notice",
                error=fault,
                user_id=notice.user_id,
                application_id=notice.application_id,
                session_id=notice.session_uid,
            )
        )


def _payload(ctx: Context, notice: LogoutNotice, *, with_sid: bool) -> dict[str, object]:
    """Return the claims of a logout token (section 2.4): never a nonce, so that it passes for no ID token.

    `toe` says when it happened (RFC 8417 section 2.2): a notice may come late, and must not end what began since.
    """
    now = ctx.clock.now() // 1000
    sid = {"sid": notice.session_uid} if with_sid else {}
    return {
        "iss": ctx.settings.issuer,
        "aud": notice.application_id,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": new_token(),
        "toe": notice.created_at / 1000,
        "sub": notice.user_id,
        "events": {EVENT: {}},
    } | sid


async def _post(ctx: Context, uri: str, token: str) -> str | None:
    """Post the token (section 2.5); returns what is wrong, or None when the application took it."""
    try:
        answer = await ctx.outgoing.request(
            "POST", uri, content=urlencode({"logout_token": token}).encode(), headers=FORM
        )
    except OutgoingError as error:
        return str(error)
    return None if answer.status in TAKEN else f"the application answered with status {answer.status}"
