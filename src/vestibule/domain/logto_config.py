"""What a user chose about factors: whether they are asked for, and which offers were declined."""

from collections.abc import Mapping

import msgspec

from vestibule.db import Tx
from vestibule.domain.context import Context
from vestibule.errors import EntityNotFound
from vestibule.store import logto_config as store
from vestibule.store import users

Choices = Mapping[str, Mapping[str, bool]]
"""By group (`mfa`, `passkeySignIn`), then by name."""

FACTORS, PASSKEYS, LAST_CODE = "mfa", "passkeySignIn", "lastCode"
"""The contract's groups, and one of ours: by which factor that is sent, if by one, somebody signed in last."""

decode = msgspec.json.Decoder(dict[str, dict[str, bool]]).decode
"""Reads the stored text."""


async def get_choices(ctx: Context, user_id: str) -> Choices:
    """Return what was chosen so far; raises EntityNotFound."""
    async with ctx.db.read() as tx:
        held = await tx.value(store.GET, user_id=user_id)
    if held is None:
        raise EntityNotFound
    return decode(held)


async def change_choices(ctx: Context, user_id: str, changes: Choices) -> Choices:
    """Set the given choices, leave the others, and return them all; raises EntityNotFound."""
    async with ctx.db.write() as tx:
        return await change_choices_in(tx, ctx, user_id, changes)


async def change_choices_in(tx: Tx, ctx: Context, user_id: str, changes: Choices) -> Choices:
    """Do the same within a transaction."""
    held = await tx.value(store.GET_LOCKED, user_id=user_id)
    if held is None:
        raise EntityNotFound
    known = decode(held)
    merged = known | {group: {**known.get(group, {}), **chosen} for group, chosen in changes.items()}
    values = {"logto_config": msgspec.json.encode(merged).decode(), "updated_at": ctx.clock.now()}
    await users.change(tx, user_id, values)
    return merged


async def choices_in(tx: Tx, user_id: str) -> Choices:
    """Return what a user chose, within a transaction; an unknown user chose nothing."""
    held = await tx.value(store.GET, user_id=user_id)
    return {} if held is None else decode(held)


async def factor_choices(tx: Tx, user_id: str) -> Mapping[str, bool]:
    """Return what of it is about second factors."""
    return (await choices_in(tx, user_id)).get(FACTORS, {})
