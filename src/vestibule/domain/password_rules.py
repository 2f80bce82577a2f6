"""What is asked of a new password wherever somebody chooses one: the policy that is set, and what is known as breached.

The Management API applies none of it when it sets a password, as the contract says (management-users section 2.5).
"""

from collections.abc import Iterable

from vestibule import password_policy
from vestibule.domain.context import Context
from vestibule.errors import PasswordRejected


async def issues(ctx: Context, password: str, about: Iterable[str | None]) -> list[dict[str, object]]:
    """Return every reason against a password as the API tells them; `about` are the person's identifiers and names."""
    policy = ctx.live.experience.password_policy.effective
    breached = policy.rejects.pwned and len(password) <= policy.length.max and await ctx.breached.hold(password)
    return password_policy.issues(password, about, policy, breached=breached)


async def refuse(ctx: Context, password: str, about: Iterable[str | None]) -> None:
    """Refuse a password that the policy does not let through; raises PasswordRejected with every reason."""
    found = await issues(ctx, password, about)
    if found:
        raise PasswordRejected(data=found)


def refuse_about(ctx: Context, password: str, about: Iterable[str | None]) -> None:
    """Hold a password that was let through against more about the person; whether it is breached was asked before."""
    found = password_policy.issues(password, about, ctx.live.experience.password_policy.effective, breached=False)
    if found:
        raise PasswordRejected(data=found)
