"""One-time tokens: made for an address by a program that mails the link, and used up once by whoever follows it."""

import msgspec

from vestibule.crypto import new_id, new_secret
from vestibule.db import Tx
from vestibule.domain.context import Context
from vestibule.domain.shown_secrets import ONE_TIME_TOKEN
from vestibule.errors import (
    EntityNotFound,
    TokenConsumed,
    TokenEmailMismatch,
    TokenExpired,
    TokenNotFound,
    TokenNotReactivated,
    TokenRevoked,
)
from vestibule.model import OneTimeToken, TokenStatus, fold
from vestibule.store import one_time_tokens as store

SECONDS = 600
"""How long a token lives unless it is said otherwise."""


async def create(ctx: Context, email: str, context: str, seconds: float = SECONDS) -> tuple[OneTimeToken, str]:
    """Create a token for an address, with JSON text that travels with it; returns it with its value."""
    value, row, now = new_secret(), new_id(), ctx.clock.now()
    token = OneTimeToken(
        id=row,
        email=email,
        email_folded=fold(email) or "",
        value_digest=ONE_TIME_TOKEN.digest(ctx, value),
        value_sealed=ONE_TIME_TOKEN.seal(ctx, row, value),
        context=context,
        status="active",
        created_at=now,
        expires_at=now + int(seconds * 1000),
    )
    async with ctx.db.single() as tx:
        await tx.run(store.INSERT, **msgspec.structs.asdict(token))
    return token, value


def shown_value(ctx: Context, token: OneTimeToken) -> str:
    """Return the value as far as it may be shown again."""
    return ONE_TIME_TOKEN.show(ctx, token.id, token.value_sealed)


async def get(ctx: Context, token_id: str) -> OneTimeToken:
    """Return a token; raises EntityNotFound."""
    async with ctx.db.read() as tx:
        token = await tx.one(store.GET, token_id=token_id)
    if token is None:
        raise EntityNotFound
    return token


async def consume(ctx: Context, value: str, email: str) -> OneTimeToken:
    """Use a token up; raises what `find` raises."""
    async with ctx.db.write() as tx:
        return await consume_in(tx, ctx, value, email)


async def consume_in(tx: Tx, ctx: Context, value: str, email: str) -> OneTimeToken:
    """Do the same within a transaction."""
    used = await use_up(tx, ctx, value, email)
    if used is None:
        await find(tx, ctx, value, email)
        # It looks usable and was not used here: then somebody else has used it meanwhile.
        raise TokenConsumed
    return used


async def use_up(tx: Tx, ctx: Context, value: str, email: str) -> OneTimeToken | None:
    """Use a token up if it is good, and else leave everything as it is."""
    digest = ONE_TIME_TOKEN.digest(ctx, value)
    return await tx.one(store.CONSUME, value_digest=digest, of_email=fold(email), now=ctx.clock.now())


async def find(tx: Tx, ctx: Context, value: str, email: str) -> OneTimeToken:
    """Return the token of this value and leave it as it is.

    Raises TokenNotFound, TokenEmailMismatch, TokenConsumed, TokenRevoked, TokenExpired.
    """
    token = await tx.one(store.BY_VALUE, value_digest=ONE_TIME_TOKEN.digest(ctx, value))
    if token is None:
        raise TokenNotFound
    if token.email_folded != fold(email):
        raise TokenEmailMismatch
    refusal = OVER.get(token.status_at(ctx.clock.now()))
    if refusal is not None:
        raise refusal
    return token


OVER: dict[TokenStatus, type[Exception]] = {
    "consumed": TokenConsumed,
    "revoked": TokenRevoked,
    "expired": TokenExpired,
}
"""Why a token no longer works."""


async def set_status(ctx: Context, token_id: str, status: TokenStatus) -> OneTimeToken:
    """Say that a token is over; raises EntityNotFound, and TokenNotReactivated for one that is and shall not be."""
    if status == "active":
        token = await get(ctx, token_id)
        if token.status_at(ctx.clock.now()) != "active":
            raise TokenNotReactivated
        return token
    async with ctx.db.single() as tx:
        changed = await tx.one(store.SET_STATUS, token_id=token_id, new_status=status)
    if changed is None:
        raise EntityNotFound
    return changed


async def delete(ctx: Context, token_id: str) -> None:
    """Delete a token; raises EntityNotFound."""
    async with ctx.db.single() as tx:
        if not await tx.run(store.DELETE, token_id=token_id):
            raise EntityNotFound
