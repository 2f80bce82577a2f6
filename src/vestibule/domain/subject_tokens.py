"""Impersonation: a token made through the Management API lets one program act as a user, once and soon."""

import msgspec

from vestibule.crypto import digest, new_secret
from vestibule.db import Tx
from vestibule.domain import users
from vestibule.domain.context import Context
from vestibule.model import SubjectToken
from vestibule.store import subject_tokens as store

PREFIX = "sub_"
SECONDS = 600


async def create(ctx: Context, user_id: str, context: str) -> str:
    """Create a subject token for a user, with JSON text that travels with it; raises EntityNotFound."""
    value, now = PREFIX + new_secret(), ctx.clock.now()
    token = SubjectToken(digest(value), user_id, context, now, now + SECONDS * 1000, None)
    async with ctx.db.write() as tx:
        await users.get_user(tx, user_id)
        await tx.run(store.INSERT, **msgspec.structs.asdict(token))
    return value


async def find(tx: Tx, ctx: Context, value: str) -> SubjectToken | None:
    """Return the token of this value if it can still be used: not consumed, not expired, its user not suspended."""
    return await tx.one(store.LIVE, id=digest(value), now=ctx.clock.now())


async def consume(tx: Tx, ctx: Context, token_id: str) -> bool:
    """Use a token up; returns False when somebody was faster or it has just expired."""
    return await tx.one(store.CONSUME, token_id=token_id, now=ctx.clock.now()) is not None
