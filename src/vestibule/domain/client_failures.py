"""Wrong client secrets: counted for each client and address, so that nobody can lock out a client elsewhere."""

from vestibule.db.locks import take_turn
from vestibule.domain.context import Context
from vestibule.store import activities

ACTION = "ClientSecret"
LIMIT, WINDOW_MS = 20, 60_000
HALF = 32
"""Of 64 hexadecimal digits: the first half names the client, the second the client and the address."""


def family(ctx: Context, client_id: str) -> str:
    """Return how the counters of a client begin, whatever the address."""
    return ctx.sealer.keyed_digest(client_id, "client-failures")[:HALF]


async def too_many(ctx: Context, client_id: str, address: str) -> bool:
    """Count one more wrong secret; tells whether the limit of a minute was reached before it."""
    now = ctx.clock.now()
    target = family(ctx, client_id) + ctx.sealer.keyed_digest(f"{client_id}\0{address}", "client-failure")[:HALF]
    async with ctx.db.write() as tx:
        await take_turn(tx, target)
        return await activities.record_below(tx, now, (target, ACTION, LIMIT, WINDOW_MS)) is None
