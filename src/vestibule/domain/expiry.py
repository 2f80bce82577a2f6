"""Forgetting what has expired, in bounded batches: at start and every ten minutes."""

from vestibule.db import Statement
from vestibule.domain.context import Context
from vestibule.store import logs
from vestibule.store.expiry import AT_ONCE, BATCH, LATER
from vestibule.store.rows import Row

DAY_MS = 86_400_000
KEEP_MS = DAY_MS
"""Used codes and revoked grants are remembered for a day, so that their reuse is still noticed and told."""
MAX_BATCHES = 100


async def expire(ctx: Context) -> int:
    """Delete expired sign-ins, sessions, codes, tokens, grants and audit entries; returns how many rows went."""
    now = ctx.clock.now()
    gone = 0
    for statement in AT_ONCE:
        gone += await _forget(ctx, statement, now, BATCH)
    for statement in LATER:
        gone += await _forget(ctx, statement, now - KEEP_MS, BATCH)
    if ctx.settings.audit_days:
        gone += await _forget(ctx, logs.FORGET, now - ctx.settings.audit_days * DAY_MS, logs.BATCH)
    return gone


async def _forget(ctx: Context, statement: Statement[Row], before: int, batch: int) -> int:
    gone = 0
    for _ in range(MAX_BATCHES):
        async with ctx.db.write() as tx:
            count = await tx.run(statement, before=before)
        gone += count
        if count < batch:
            break
    return gone
