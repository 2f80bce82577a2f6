"""Questions of `vestibule doctor` to the running server: asked through the store, answered once.

Whoever asks has to write into the store under the store's own key, so a stranger cannot; and an answered question is
gone, so one that a proxy has seen is worth nothing.
"""

from vestibule.crypto import new_token
from vestibule.domain.context import Context
from vestibule.store import activities

ASKED, HEADER = "DoctorAsked", "vestibule-doctor"


async def ask(ctx: Context) -> str:
    """Put a question; returns the token that the server answers once. Raises DatabaseUnavailable."""
    token = new_token()
    async with ctx.db.write() as tx:
        await activities.record(tx, _target(ctx, token), ASKED, ctx.clock.now())
    return token


async def is_asked(ctx: Context, token: str) -> bool:
    """Tell whether a token is a question that was not answered yet, which it is from now on."""
    target = _target(ctx, token)
    async with ctx.db.read() as tx:
        known = await activities.count(tx, target, ASKED, 0)
    if not known:  # strangers cost no write
        return False
    async with ctx.db.write() as tx:
        return await activities.forget_targets(tx, [target]) == 1


async def forget(ctx: Context, token: str) -> None:
    """Take back a question that nobody answered."""
    async with ctx.db.write() as tx:
        await activities.forget_targets(tx, [_target(ctx, token)])


def _target(ctx: Context, token: str) -> str:
    return ctx.sealer.keyed_digest(token, "doctor")
