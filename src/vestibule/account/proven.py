"""A change that asks for proofs: they are used up, the change is made, and an unreachable server gives them back."""

from collections.abc import Mapping
from typing import TypeVar

from vestibule.account import problems, proofs
from vestibule.account.context import Context, saying
from vestibule.client.models import User
from vestibule.client.operation import Operation

T = TypeVar("T")
NONE: Mapping[str, Exception] = {}


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
    used = await proofs.consume(ctx, user, action, presented, value)
    try:
        async with saying(**refusals):
            return await ctx.send(operation, failed=failed)
    except problems.IdentityServerAway:
        await proofs.release(ctx, user.id, used)
        raise
