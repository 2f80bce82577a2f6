"""What the command line changed, in the audit trail: whoever runs it passes by the Management API."""

import sys

from vestibule.domain.audit import Event
from vestibule.domain.context import Context


async def note(ctx: Context, command: str, *, user_id: str | None = None, **more: object) -> None:
    """Leave the entry of a command, such as `users create`, stored before the command says that it is done."""
    ctx.trail.record(Event(key=f"Command.{command}", user_id=user_id, more=more))
    if not await ctx.trail.settle():
        print(f"vestibule: `{command}` was done, but its entry in the audit trail is lost", file=sys.stderr)
