"""Authorization codes: what one remembers, issuing it, and redeeming it once (RFC 6749 section 4.1.2)."""

from collections.abc import Sequence

import msgspec

from vestibule.clock import Clock
from vestibule.crypto import digest, new_token
from vestibule.db import Tx
from vestibule.db.chains import Step, run_chain
from vestibule.domain import grants
from vestibule.domain.authorization import OFFLINE_ACCESS, AuthorizationParams
from vestibule.domain.clients import Client
from vestibule.domain.context import Context
from vestibule.model import AuthorizationCode, Session, User
from vestibule.store import tokens as store

CODE_MS = 60_000


class CodeParams(msgspec.Struct, frozen=True, omit_defaults=True):
    """The parts of an authorization request that the token endpoint needs. `auth_time` is in epoch seconds."""

    redirect_uri: str
    redirect_uri_sent: bool
    scopes: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    nonce: str | None = None
    code_challenge: str | None = None
    auth_time: int | None = None
    sid: str | None = None


decode_params = msgspec.json.Decoder(CodeParams).decode


async def issue(
    tx: Tx,
    clock: Clock,
    *,
    client: Client,
    session: Session,
    grant_id: str,
    params: AuthorizationParams,
) -> str:
    """Issue a code for a grant; the code itself is returned and never stored."""
    wants_time = params.max_age is not None or "login" in params.prompts
    kept = CodeParams(
        redirect_uri=params.redirect_uri,
        redirect_uri_sent=params.redirect_uri_sent,
        scopes=params.scopes,
        resources=params.resource,
        nonce=params.nonce,
        code_challenge=params.code_challenge,
        auth_time=session.signed_in_at // 1000 if wants_time else None,
        sid=session.uid if client.metadata.backchannel_logout_session_required else None,
    )
    code, now = new_token(), clock.now()
    await tx.later(
        store.INSERT_CODE,
        id=digest(code),
        grant_id=grant_id,
        application_id=client.id,
        user_id=session.user_id,
        # Without offline_access tokens die with the session.
        session_uid=None if OFFLINE_ACCESS in params.scopes else session.uid,
        params=msgspec.json.encode(kept).decode(),
        created_at=now,
        expires_at=now + CODE_MS,
        consumed_at=None,
    )
    return code


async def find(tx: Tx, code: str) -> tuple[AuthorizationCode, User] | None:
    """Return a code, used and expired ones included, and its user, a suspended one included."""
    return await tx.one(store.CODE, id=digest(code))


async def redeem(ctx: Context, code: AuthorizationCode, tokens: Sequence[Step]) -> bool:
    """Use a code and store what it is exchanged for, both or neither.

    False when somebody used it before, or its grant or its session has ended: then its grant is revoked, and with it
    every token that hangs on it (RFC 9700 section 4.5).
    """
    consumed: Step = store.CONSUME_CODE, {"code_id": code.id, "now": ctx.clock.now()}
    async with ctx.db.single() as tx:
        won = await run_chain(tx, consumed, *tokens)
    if not won:
        await revoke(ctx, code)
    return won


async def revoke(ctx: Context, code: AuthorizationCode) -> None:
    """End the grant of a code."""
    async with ctx.db.single() as tx:
        await grants.revoke(tx, ctx.clock, code.grant_id)
