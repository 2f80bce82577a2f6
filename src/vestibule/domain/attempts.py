"""Failed tries at a secret: counted before the secret is looked at, so that many at once do not slip through.

One counter an account whatever identifier is used, and one an address. It is stored, so every node shares it.
"""

from vestibule.domain.context import Context
from vestibule.errors import TooManyAttempts
from vestibule.store import activities

ACTION = "PasswordTry"
WINDOW_MS = 15 * 60_000
PER_ACCOUNT, PER_ADDRESS = 10, 50


def _targets(ctx: Context, account: str, address: str) -> list[tuple[str, int]]:
    digest = ctx.sealer.keyed_digest
    targets = [(digest(account, "attempt-account"), PER_ACCOUNT)]
    if address:
        targets.append((digest(address, "attempt-address"), PER_ADDRESS))
    return targets


async def begin(ctx: Context, account: str, address: str = "") -> None:
    """Count a try before it is made; raises TooManyAttempts at the limit. `account` is a user id, or a folded text."""
    now = ctx.clock.now()
    async with ctx.db.write() as tx:
        for target, limit in _targets(ctx, account, address):
            if await activities.count(tx, target, ACTION, now - WINDOW_MS) >= limit:
                raise TooManyAttempts
            await activities.record(tx, target, ACTION, now)


async def succeed(ctx: Context, account: str) -> None:
    """Forget an account's tries after a good one; the address keeps its own."""
    async with ctx.db.write() as tx:
        await activities.forget(tx, _targets(ctx, account, "")[0][0], ACTION)
