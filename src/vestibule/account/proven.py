"""Changes that ask for proofs: they are used up, the change is made, and an unreachable server gives them back."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from vestibule.account import problems, proofs
from vestibule.account.context import Context, saying
from vestibule.client.models import User
from vestibule.client.operation import Operation

T = TypeVar("T")
NONE: Mapping[str, Exception] = {}
GONE: Mapping[str, Exception] = {"not_found": problems.Unknown()}


async def proven(
    ctx: Context,
    user: User,
    action: str,
    presented: list[str],
    operation: Operation[T],
    *,
    value: str | None = None,
    refusals: Mapping[str, Exception] = NONE,
    failed: type[problems.Problem] = problems.MessagesUnavailable,
) -> T:
    """Send an operation after the proofs of its action; `value` is the new address, `refusals` as in `saying`,
    `failed` as in `Context.send`.

    Raises ProofRequired, IdentityServerAway, and the refusals.
    """
    async with _spending(ctx, user, action, presented, value), saying(**refusals):
        return await ctx.send(operation, failed=failed)


async def ended(
    ctx: Context,
    user: User,
    action: str,
    presented: list[str],
    operations: Iterable[Operation[T]],
    gone: Mapping[str, Exception] = GONE,
) -> None:
    """Send operations that each end something, after the proofs of their action; what is gone meanwhile is as good.

    Raises ProofRequired, IdentityServerAway.
    """
    async with _spending(ctx, user, action, presented, None):
        for operation in operations:
            with contextlib.suppress(problems.Unknown):
                async with saying(**gone):
                    await ctx.send(operation)


@asynccontextmanager
async def _spending(
    ctx: Context, user: User, action: str, presented: list[str], value: str | None
) -> AsyncIterator[None]:
    used = await proofs.consume(ctx, user, action, presented, value)
    try:
        yield
    except problems.IdentityServerAway:
        await proofs.release(ctx, user.id, used)
        raise
