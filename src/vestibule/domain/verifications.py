"""Verification codes: sent, tried, used once. Only a keyed digest is stored."""

from vestibule import crypto
from vestibule.db import Tx
from vestibule.domain import messages
from vestibule.domain.context import Context
from vestibule.domain.phones import spellings
from vestibule.errors import (
    AppError,
    CodeExpired,
    CodeMismatch,
    CodeNotFound,
    CodeTriesExceeded,
    MessageRateLimited,
)
from vestibule.model import RecipientKind
from vestibule.store import activities
from vestibule.store import verification_codes as store

GENERIC = "Generic"
SEND = "VerificationCodeSend"
WINDOW_MS, PER_WINDOW = 600_000, 10
LIFETIME_MS, MAX_TRIES = 600_000, 10


def bucket(ctx: Context, kind: RecipientKind, recipient: str) -> str:
    """Return the counter of a recipient, in whatever spelling the address is given."""
    text = recipient.strip().casefold() if kind == "email" else spellings(recipient)[0]
    return ctx.sealer.keyed_digest(text, "message-recipient")


async def send_code(ctx: Context, kind: RecipientKind, recipient: str, purpose: str = GENERIC, ip: str = "") -> None:
    """Send a new code, which replaces the one before it.

    Raises MessageRateLimited after ten messages in ten minutes, or the connector's refusal; the code stays then.
    """
    target, now, code = bucket(ctx, kind, recipient), ctx.clock.now(), crypto.new_code()
    row_id = crypto.new_id()
    async with ctx.db.write() as tx:
        if await activities.count(tx, target, SEND, now - WINDOW_MS) >= PER_WINDOW:
            raise MessageRateLimited
        await tx.run(
            store.REPLACE,
            id=row_id,
            kind=kind,
            recipient=recipient,
            purpose=purpose,
            code_digest=_digest(ctx, row_id, code),
            tries=0,
            created_at=now,
            consumed_at=None,
        )
    await messages.send(ctx, kind, recipient, purpose, {"code": code}, ip=ip)
    async with ctx.db.write() as tx:
        await activities.record(tx, target, SEND, ctx.clock.now())


async def verify_code(ctx: Context, kind: RecipientKind, recipient: str, code: str, purpose: str = GENERIC) -> None:
    """Use up a code. Raises CodeNotFound, CodeExpired, CodeTriesExceeded or CodeMismatch; a wrong try stays counted."""
    async with ctx.db.write() as tx:
        refusal = await _try(tx, ctx, (kind, recipient, purpose), code)
    if refusal is not None:
        raise refusal


async def _try(tx: Tx, ctx: Context, key: tuple[str, str, str], code: str) -> AppError | None:
    """Try a code; the outcome is returned, so that a counted try outlives the refusal."""
    now = ctx.clock.now()
    held = await tx.one(store.GET_LOCKED, for_kind=key[0], to=key[1], use=key[2])
    if held is None:
        return CodeNotFound()
    if held.created_at + LIFETIME_MS < now:
        return CodeExpired()
    if held.tries >= MAX_TRIES:
        return CodeTriesExceeded()
    if not crypto.same(held.code_digest, _digest(ctx, held.id, code)):
        await tx.run(store.COUNT_TRY, code_id=held.id)
        return CodeMismatch()
    await tx.run(store.CONSUME, code_id=held.id, now=now)
    return None


def _digest(ctx: Context, row_id: str, code: str) -> str:
    return ctx.sealer.keyed_digest(f"{row_id}\0{code}", "verification-code")
