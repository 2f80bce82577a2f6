"""Entries of the audit trail about steps of a sign-in, stored before the person goes on."""

from vestibule.domain.audit import Event
from vestibule.domain.context import Context
from vestibule.errors import AppError
from vestibule.model import Interaction


async def note(
    ctx: Context,
    interaction: Interaction,
    step: str,
    user_id: str | None,
    error: AppError | None = None,
    *,
    is_last: bool = True,
) -> None:
    """Leave a step, such as `SignIn.Verification.Password.Submit`; without `is_last` it is stored with the next one."""
    ctx.trail.record(
        Event(
            key=f"Interaction.{step}",
            error=None if error is None else error.code,
            user_id=user_id,
            application_id=interaction.client_id,
            interaction_id=interaction.id,
        )
    )
    if is_last:
        await ctx.trail.settle()
