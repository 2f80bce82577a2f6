"""Forgetting what has expired, in bounded batches: at start and every ten minutes."""

from vestibule.domain.context import Context
from vestibule.store.expiry import BATCH, BATCHES

KEEP_MS = 86_400_000
"""Used codes and revoked grants are remembered for a day, so that their reuse is still noticed and told."""
MAX_BATCHES = 100


async def expire(ctx: Context) -> int:
    """Delete expired sign-ins, sessions, codes, tokens and grants; returns how many rows went."""
    before = ctx.clock.now() - KEEP_MS
    gone = 0
    for statement in BATCHES:
        for _ in range(MAX_BATCHES):
            async with ctx.db.write() as tx:
                count = await tx.run(statement, before=before)
            gone += count
            if count < BATCH:
                break
    return gone
