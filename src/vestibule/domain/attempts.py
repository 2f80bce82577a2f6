"""Failed tries at a secret: counted before the secret is looked at, so that many at once do not slip through.

One counter an account whatever identifier is used, one a text that was typed, and one an address. They are stored, so
every node shares them. A text counts in the form in which it is looked up, whether anybody has it or not, so that a
lock tells nothing about that. A try at a second factor counts as a try at the account and once more by itself: who
knows the password could else start the count anew after every nine guesses.
"""

from collections.abc import Iterable, Sequence

from vestibule.db import Tx
from vestibule.db.locks import take_turn
from vestibule.domain.context import Context
from vestibule.errors import TooManyAttempts
from vestibule.store import activities
from vestibule.store.activities import Counter

ACTION, FACTOR, SAME = "PasswordTry", "FactorTry", "SamePasswordTry"
WINDOW_MS, PER_ADDRESS = 15 * 60_000, 50
"""Of an address; those of an account are the sentinel policy of the sign-in experience."""


def account_target(ctx: Context, account: str) -> str:
    """Return the counter of an account: a user id, or what was typed in the form of `users.looked_up_as`."""
    return ctx.sealer.keyed_digest(account, "attempt-account")


async def begin(ctx: Context, account: str | None, address: str = "", *, typed: str = "", factor: bool = False) -> None:
    """Count a try before it is made; raises TooManyAttempts at the limit.

    `account` is a user id, or None where nobody has what was `typed` (in the form of `users.looked_up_as`).
    """
    counters = [_of_account(ctx, text, ACTION) for text in (typed, account) if text]
    if factor and account:
        counters.append(_of_account(ctx, account, FACTOR))
    await _count(ctx, [*counters, *_of_address(ctx, address)])


async def begin_from(ctx: Context, address: str) -> None:
    """Count a try that is about no account, such as a registration; raises TooManyAttempts at the address's limit."""
    await _count(ctx, _of_address(ctx, address))


async def begin_comparing(ctx: Context, account: str) -> None:
    """Count a comparison of a new password with the old one, which tells whether that was guessed.

    It has a counter of its own: whoever is locked out may still replace a password. Raises TooManyAttempts.
    """
    await _count(ctx, [_of_account(ctx, account, SAME)])


def _of_account(ctx: Context, account: str, action: str) -> Counter:
    policy = ctx.live.experience.sentinel_policy
    return account_target(ctx, account), action, policy.tries, policy.lockout_ms


def _of_address(ctx: Context, address: str) -> list[Counter]:
    target = ctx.sealer.keyed_digest(address, "attempt-address")
    return [(target, ACTION, PER_ADDRESS, WINDOW_MS)] if address else []


async def _count(ctx: Context, counters: Sequence[Counter]) -> None:
    """Count at every counter or at none; they are held in one order everywhere, texts before accounts."""
    now = ctx.clock.now()
    async with ctx.db.write() as tx:
        await take_turn(tx, *(target for target, *_ in counters))
        if await activities.record_below(tx, now, *counters) is None:
            raise TooManyAttempts


async def forgive(tx: Tx, ctx: Context, account: str, typed: Iterable[str]) -> None:
    """Forget the tries at a password that is no more, those at every text that leads to it, too; factors' stay."""
    await activities.forget(tx, {account_target(ctx, one) for one in (*typed, account)}, ACTION)


async def succeed(ctx: Context, account: str, *, typed: Iterable[str] = (), factor: bool = False) -> None:
    """Forget an account's tries after a good one, and those at every text that leads to it (`typed`).

    Tries from the address stay, and at a factor until one is good.
    """
    async with ctx.db.write() as tx:
        await forgive(tx, ctx, account, typed)
        if factor:
            await activities.forget(tx, [account_target(ctx, account)], FACTOR)
