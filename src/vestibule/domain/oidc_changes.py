"""Changing the authorization server's settings and the keys that sign its cookies."""

import msgspec
from msgspec import Struct

from vestibule.crypto import new_id, new_key
from vestibule.domain.context import Context
from vestibule.domain.live_settings import ID_TOKEN, SESSION
from vestibule.domain.oidc_settings import IdTokenSettings, SessionSettings
from vestibule.errors import OidcKeyNotFound, OidcKeyRequired
from vestibule.model import ServerKey
from vestibule.store import configs, server_keys

KEPT = 2
"""So many cookie keys stay after a rotation: the new one, and the one before it."""


async def change_session(ctx: Context, settings: SessionSettings) -> SessionSettings:
    """Set how long sessions may lie unused: new ones, and those in use from their next use on."""
    await _store(ctx, SESSION, settings)
    return settings


async def put_id_token(ctx: Context, settings: IdTokenSettings) -> IdTokenSettings:
    """Set which extended claims ID tokens carry; without a list, none."""
    await _store(ctx, ID_TOKEN, settings)
    return settings


async def _store(ctx: Context, key: str, settings: Struct) -> None:
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key=key, value=msgspec.json.encode(settings).decode())
    await ctx.live.refresh()


async def list_cookie_keys(ctx: Context) -> list[ServerKey]:
    """Return the keys that cookies are signed with, the newest first."""
    async with ctx.db.read() as tx:
        return await tx.all(server_keys.OF_KIND, of_kind="cookie")


async def rotate_cookie_keys(ctx: Context) -> list[ServerKey]:
    """Make a new key for cookies; what the one before has signed stays good, what older ones have signed does not."""
    row_id = new_id()
    sealed = ctx.sealer.seal(new_key(), *server_keys.SEAL, row_id)
    async with ctx.db.write() as tx:
        await tx.run(configs.LOCK, key="serverKeys", value="{}")  # one at a time
        held = await tx.all(server_keys.OF_KIND, of_kind="cookie")
        for row in held[KEPT - 1 :]:
            await tx.run(server_keys.DELETE, key_id=row.id)
        # Always the newest, also when two are made in one millisecond.
        created_at = max([ctx.clock.now(), *(row.created_at + 1 for row in held)])
        new = ServerKey(row_id, "cookie", sealed, created_at)
        await tx.run(server_keys.INSERT, **msgspec.structs.asdict(new))
    await ctx.live.refresh()
    return await list_cookie_keys(ctx)


async def delete_cookie_key(ctx: Context, key_id: str) -> None:
    """Delete a key, so that cookies it has signed are worth nothing. Raises OidcKeyNotFound, OidcKeyRequired."""
    async with ctx.db.write() as tx:
        await tx.run(configs.LOCK, key="serverKeys", value="{}")  # one at a time
        held = await tx.all(server_keys.OF_KIND, of_kind="cookie")
        if key_id not in {row.id for row in held}:
            raise OidcKeyNotFound
        if len(held) == 1:
            raise OidcKeyRequired
        await tx.run(server_keys.DELETE, key_id=key_id)
    await ctx.live.refresh()
