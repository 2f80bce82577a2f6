"""Verification codes: sent, tried, used once. Only a keyed digest is stored."""

from collections.abc import Mapping

from vestibule import crypto
from vestibule.db import Tx
from vestibule.db.locks import take_turn
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

Key = tuple[RecipientKind, str, str]
"""Kind, recipient and purpose."""

GENERIC = "Generic"
SEND, TRY = "VerificationCodeSend", "VerificationCodeTry"
WINDOW_MS, PER_WINDOW = 600_000, 10
TRIES_WINDOW_MS, TRIES_PER_RECIPIENT = 3_600_000, 50
"""Wrong tries are counted for the recipient as well: a new code does not begin the count anew (ASVS 5.0 V6.6.3)."""


def bucket(ctx: Context, kind: RecipientKind, recipient: str) -> str:
    """Return the counter of a recipient, in whatever spelling the address is given."""
    text = recipient.strip().casefold() if kind == "email" else spellings(recipient)[0]
    return ctx.sealer.keyed_digest(text, "message-recipient")


async def send_code(
    ctx: Context, kind: RecipientKind, recipient: str, purpose: str = GENERIC, ip: str = "", *,
    usage: str = GENERIC, about: Mapping[str, object] | None = None,
) -> None:  # fmt: skip
    """Send a new code, which replaces the one before it; `usage` chooses the words of the message.

    `about` is what else the message may tell, its `locale` among it.

    Raises MessageRateLimited after ten messages in ten minutes, or the connector's refusal; the code stays then, and
    the message does not count.
    """
    code = crypto.new_code()
    activity_id = await _prepare(ctx, (kind, recipient, purpose), code)
    try:
        await messages.send(ctx, kind, recipient, usage, {"code": code, **(about or {})}, ip=ip)
    except AppError:
        async with ctx.db.write() as tx:
            await activities.cancel(tx, activity_id)
        raise


async def _prepare(ctx: Context, key: Key, code: str) -> str:
    """Store a code and count its message before it is sent, so that many at once do not slip past the limit."""
    target, now, row_id = bucket(ctx, key[0], key[1]), ctx.clock.now(), crypto.new_id()
    async with ctx.db.write() as tx:
        await take_turn(tx, target)
        counted = await activities.record_below(tx, now, (target, SEND, PER_WINDOW, WINDOW_MS))
        if counted is None:
            raise MessageRateLimited
        await tx.run(
            store.REPLACE,
            id=row_id,
            kind=key[0],
            recipient=key[1],
            purpose=key[2],
            code_digest=_digest(ctx, row_id, code),
            tries=0,
            created_at=now,
            consumed_at=None,
        )
    return counted[0]


async def verify_code(ctx: Context, kind: RecipientKind, recipient: str, code: str, purpose: str = GENERIC) -> None:
    """Use up a code. Raises CodeNotFound, CodeExpired, CodeTriesExceeded or CodeMismatch; a wrong try stays counted."""
    async with ctx.db.write() as tx:
        refusal = await _try(tx, ctx, (kind, recipient, purpose), code)
    if refusal is not None:
        raise refusal


async def _try(tx: Tx, ctx: Context, key: Key, code: str) -> AppError | None:
    """Try a code; the outcome is returned, so that a counted try outlives the refusal."""
    now, target = ctx.clock.now(), bucket(ctx, key[0], key[1])
    await take_turn(tx, target)
    policy = ctx.live.experience.verification_code_policy
    held = await tx.one(store.GET_LOCKED, for_kind=key[0], to=key[1], use=key[2])
    if held is None:
        return CodeNotFound()
    if held.created_at + policy.lifetime_ms < now:
        return CodeExpired()
    wrong = await activities.count(tx, target, TRY, now - TRIES_WINDOW_MS)
    if held.tries >= policy.tries or wrong >= max(TRIES_PER_RECIPIENT, policy.tries):
        return CodeTriesExceeded()
    if not crypto.same(held.code_digest, _digest(ctx, held.id, code)):
        await tx.run(store.COUNT_TRY, code_id=held.id)
        await activities.record(tx, target, TRY, now)
        return CodeMismatch()
    await tx.run(store.CONSUME, code_id=held.id, now=now)
    await activities.forget(tx, [target], TRY)
    return None


def _digest(ctx: Context, row_id: str, code: str) -> str:
    return ctx.sealer.keyed_digest(f"{row_id}\0{code}", "verification-code")
