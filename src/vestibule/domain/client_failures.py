"""Wrong client secrets: counted for each client and address, so that nobody can lock out a client elsewhere."""

from vestibule.domain.context import Context
from vestibule.store import activities

ACTION = "ClientSecret"
LIMIT, WINDOW_MS = 20, 60_000


async def too_many(ctx: Context, client_id: str, address: str) -> bool:
    """Count one more wrong secret; tells whether the limit of a minute was reached before it."""
    now = ctx.clock.now()
    target = ctx.sealer.keyed_digest(f"{client_id}\0{address}", "client-failure")
    async with ctx.db.write() as tx:
        if await activities.count(tx, target, ACTION, now - WINDOW_MS) >= LIMIT:
            return True
        await activities.record(tx, target, ACTION, now)
    return False
