"""Personal access tokens: made, listed, renamed and deleted by name."""

import msgspec

from vestibule.crypto import new_id, new_secret
from vestibule.db import Tx, UniqueViolation
from vestibule.domain import users
from vestibule.domain.context import Context
from vestibule.domain.shown_secrets import PERSONAL_ACCESS_TOKEN
from vestibule.errors import (
    EntityNotExists,
    EntityNotFound,
    EntityValueTooLong,
    InvalidRequest,
    PersonalAccessTokenNameExists,
    RelationNotFound,
)
from vestibule.model import PersonalAccessToken
from vestibule.store import personal_access_tokens as store
from vestibule.store.personal_access_tokens import Usable

PREFIX = "pat_"
USER_ID_LENGTH, LONGEST_ID = 12, 21
"""How long ids of users are, and up to which length an id is merely unknown rather than too long."""

RECORD_MS = 60_000
"""Uses within this time of the last one recorded write nothing."""


async def of_user(ctx: Context, user_id: str) -> list[PersonalAccessToken]:
    """Return a user's tokens, oldest first, expired ones included; raises EntityNotFound."""
    async with ctx.db.read() as tx:
        found = await tx.all(store.OF_USER, user_id=user_id)
        if not found:
            await users.get_user(tx, user_id)
    return found


def shown_value(ctx: Context, token: PersonalAccessToken) -> str:
    """Return the value as far as it may be shown again."""
    return PERSONAL_ACCESS_TOKEN.show(ctx, token.id, token.value_sealed)


async def create(ctx: Context, user_id: str, name: str, expires_at: float | None) -> tuple[PersonalAccessToken, str]:
    """Create a token; returns it with its value. No expiry, or 0, means never.

    Raises InvalidRequest for an expiry that has passed, RelationNotFound or EntityValueTooLong for an unknown user,
    PersonalAccessTokenNameExists.
    """
    now = ctx.clock.now()
    if expires_at and expires_at <= now:
        raise InvalidRequest("`expiresAt` has passed already. Give a later time, or none for a token that never ends.")
    if len(user_id) > USER_ID_LENGTH:
        raise RelationNotFound if len(user_id) <= LONGEST_ID else EntityValueTooLong
    value, row = PREFIX + new_secret(), new_id()
    token = PersonalAccessToken(
        id=row,
        user_id=user_id,
        name=name,
        value_digest=PERSONAL_ACCESS_TOKEN.digest(ctx, value),
        value_sealed=PERSONAL_ACCESS_TOKEN.seal(ctx, row, value),
        created_at=now,
        expires_at=int(expires_at) if expires_at else None,
        last_used_at=None,
    )
    try:
        async with ctx.db.single() as tx:
            await tx.run(store.INSERT, **msgspec.structs.asdict(token))
    except UniqueViolation as error:
        raise PersonalAccessTokenNameExists from error
    return token, value


async def rename(ctx: Context, user_id: str, name: str, new_name: str) -> PersonalAccessToken:
    """Give a token another name; raises EntityNotExists, PersonalAccessTokenNameExists."""
    try:
        async with ctx.db.single() as tx:
            token = await tx.one(store.RENAME, of_user=user_id, old_name=name, new_name=new_name)
    except UniqueViolation as error:
        raise PersonalAccessTokenNameExists from error
    if token is None:
        raise EntityNotExists
    return token


async def delete(ctx: Context, user_id: str, name: str) -> None:
    """Delete a token, and with it the access tokens that it was exchanged for; raises EntityNotFound."""
    async with ctx.db.write() as tx:
        token_id = await tx.value(store.DELETE, of_user=user_id, old_name=name)
        if token_id is None:
            raise EntityNotFound
        await tx.run(store.END_ACCESS, token_id=token_id)


async def delete_all(tx: Tx, user_id: str) -> None:
    """Delete all tokens of a user; what they were exchanged for ends with the user's sessions."""
    await tx.run(store.DELETE_OF_USER, of_user=user_id)


async def usable(tx: Tx, ctx: Context, value: str) -> Usable | None:
    """Return the token of this value unless it has expired or its user is suspended."""
    return await tx.one(store.USABLE, value_digest=PERSONAL_ACCESS_TOKEN.digest(ctx, value), now=ctx.clock.now())


def must_record(ctx: Context, token: Usable) -> bool:
    """Tell whether a use is worth a write."""
    return token.last_used_at is None or ctx.clock.now() - token.last_used_at >= RECORD_MS


async def record_use(tx: Tx, ctx: Context, token_id: str) -> None:
    """Write down that a token is used now, unless somebody just did."""
    now = ctx.clock.now()
    await tx.run(store.USED, token_id=token_id, now=now, before=now - RECORD_MS)
