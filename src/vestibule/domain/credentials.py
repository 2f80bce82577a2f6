"""Passwords: checked, set, and moved to our own digest at the first good use."""

from vestibule.domain import sessions
from vestibule.domain.context import Context
from vestibule.domain.users import OUR_ALGORITHM
from vestibule.errors import EntityNotFound
from vestibule.model import User
from vestibule.store import users as store


async def check_password(ctx: Context, user: User | None, password: str) -> bool:
    """Tell whether the password is right; nobody, or a user without one, takes as long and never matches."""
    stored = user.password_digest if user else None
    algorithm = user.password_algorithm if user else None
    if not await ctx.passwords.verify(password, stored, algorithm):
        return False
    if user is not None and algorithm != OUR_ALGORITHM:
        await _rehash(ctx, user, password)
    return True


async def _rehash(ctx: Context, user: User, password: str) -> None:
    ours = await ctx.passwords.hash(password)
    async with ctx.db.write() as tx:
        held = await tx.one(store.GET_LOCKED, id=user.id)
        # Compare and set: a password changed in the meantime stays.
        if held is not None and held.password_digest == user.password_digest:
            values = {"password_digest": ours, "password_algorithm": OUR_ALGORITHM, "updated_at": ctx.clock.now()}
            await store.change(tx, user.id, values)


async def set_password(ctx: Context, user_id: str, password: str) -> User:
    """Set a password and end the user's sessions and tokens (security bar B30). Raises EntityNotFound."""
    ours = await ctx.passwords.hash(password)
    now = ctx.clock.now()
    values = {
        "password_digest": ours,
        "password_algorithm": OUR_ALGORITHM,
        "password_updated_at": now,
        "updated_at": now,
    }
    async with ctx.db.write() as tx:
        user = await store.change(tx, user_id, values)
        if user is None:
            raise EntityNotFound
        await sessions.end_all(tx, ctx.clock, user_id)
    return user
