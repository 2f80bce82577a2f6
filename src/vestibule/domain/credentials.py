"""Passwords: checked, set, and moved to our own digest at the first good use."""

from vestibule.db import Tx
from vestibule.domain import sessions
from vestibule.domain.context import Context
from vestibule.domain.users import OUR_ALGORITHM
from vestibule.errors import EntityNotFound, InvalidCredentials, PasswordExpirationNotEnabled
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


async def is_expired(ctx: Context, user_id: str) -> bool:
    """Tell whether a user's password has expired, by age or because somebody has marked it."""
    if not ctx.live.experience.password_expiration.is_active:
        return False
    async with ctx.db.read() as tx:
        return await is_expired_in(tx, ctx, user_id)


async def is_expired_in(tx: Tx, ctx: Context, user_id: str) -> bool:
    """Tell the same within a transaction."""
    policy = ctx.live.experience.password_expiration
    if not policy.is_active:
        return False
    age = await tx.one(store.PASSWORD_AGE, id=user_id)
    return age is not None and (age.is_password_expired or policy.is_over(age.password_updated_at, ctx.clock.now()))


async def mark_expired(ctx: Context, user_id: str, expired: bool) -> User:
    """Mark a user's password as expired, or lift it. Raises EntityNotFound, PasswordExpirationNotEnabled."""
    async with ctx.db.write() as tx:
        user = await store.change(tx, user_id, {"is_password_expired": expired, "updated_at": ctx.clock.now()})
        if user is None:
            raise EntityNotFound
        if expired and not ctx.live.experience.password_expiration.is_active:
            raise PasswordExpirationNotEnabled
    return user


async def set_password(ctx: Context, user_id: str, password: str, *, seen_at: int | None = None) -> User:
    """Set a password and end the user's sessions and tokens (security bar B30).

    With `seen_at` only if it was not set again since that moment. Raises EntityNotFound, InvalidCredentials.
    """
    ours = await ctx.passwords.hash(password)
    async with ctx.db.write() as tx:
        return await put_password(tx, ctx, user_id, ours, seen_at=seen_at)


async def put_password(tx: Tx, ctx: Context, user_id: str, ours: str, *, seen_at: int | None = None) -> User:
    """Set a password by its digest of our own making, as `set_password` does."""
    now = ctx.clock.now()
    values = {
        "password_digest": ours,
        "password_algorithm": OUR_ALGORITHM,
        "password_updated_at": now,
        "is_password_expired": False,
        "updated_at": now,
    }
    age = await tx.one(store.PASSWORD_AGE_LOCKED, id=user_id)
    if age is not None and seen_at is not None and (age.password_updated_at or 0) > seen_at:
        raise InvalidCredentials
    user = await store.change(tx, user_id, values)
    if user is None:
        raise EntityNotFound
    await sessions.end_all(tx, ctx.clock, user_id)
    return user
