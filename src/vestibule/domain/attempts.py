"""Failed tries at a secret: counted before the secret is looked at, so that many at once do not slip through.

One counter an account whatever identifier is used, and one an address. It is stored, so every node shares it. A try at
a second factor counts as a try at the account and once more by itself: who knows the password could else start the
count anew after every nine guesses.
"""

from vestibule.db import Tx
from vestibule.db.locks import take_turn
from vestibule.domain.context import Context
from vestibule.errors import TooManyAttempts
from vestibule.store import activities

ACTION, FACTOR = "PasswordTry", "FactorTry"
WINDOW_MS, PER_ADDRESS = 15 * 60_000, 50
"""Of an address; those of an account are the sentinel policy of the sign-in experience."""


def account_target(ctx: Context, account: str) -> str:
    """Return the counter of an account: a user id, or the folded text of an identifier that nobody has."""
    return ctx.sealer.keyed_digest(account, "attempt-account")


async def begin(ctx: Context, account: str, address: str = "", *, factor: bool = False) -> None:
    """Count a try before it is made; raises TooManyAttempts at the limit. `account` is a user id, or a folded text."""
    now, target, policy = ctx.clock.now(), account_target(ctx, account), ctx.live.experience.sentinel_policy
    counters = [(target, ACTION, policy.tries, policy.lockout_ms)]
    if factor:
        counters.append((target, FACTOR, policy.tries, policy.lockout_ms))
    if address:
        counters.append((ctx.sealer.keyed_digest(address, "attempt-address"), ACTION, PER_ADDRESS, WINDOW_MS))
    async with ctx.db.write() as tx:
        for counter, action, limit, window in counters:
            await take_turn(tx, counter)
            if await activities.count(tx, counter, action, now - window) >= limit:
                raise TooManyAttempts
            await activities.record(tx, counter, action, now)


async def forgive(tx: Tx, ctx: Context, account: str) -> None:
    """Forget an account's tries at a password that is no more; tries at a factor stay."""
    await activities.forget(tx, account_target(ctx, account), ACTION)


async def succeed(ctx: Context, account: str, *, factor: bool = False) -> None:
    """Forget an account's tries after a good one; tries from the address stay, and at a factor until one is good."""
    target = account_target(ctx, account)
    async with ctx.db.write() as tx:
        await activities.forget(tx, target, ACTION)
        if factor:
            await activities.forget(tx, target, FACTOR)
