"""Trusted devices: whoever has shown a second factor in a browser is not asked for it there again for a while.

The browser holds a cookie, the store its digest, one row for each user. A cookie is replaced whenever somebody asks to
be remembered, so that one that was planted opens nothing. Trust ends with its time, and when the password or a factor
changes or the user is suspended; it never stands in for a proof that an application asks for.
"""

import msgspec

from vestibule.crypto import digest, new_id, new_token
from vestibule.db import Tx
from vestibule.domain.context import Context
from vestibule.domain.sessions import DAY_MS, used_from
from vestibule.domain.users import get_user
from vestibule.errors import EntityNotFound
from vestibule.model import TrustedDevice
from vestibule.store import trusted_devices as store


async def is_trusted(tx: Tx, ctx: Context, device: str | None, user_id: str) -> bool:
    """Tell whether a browser, by the digest of its cookie, is trusted with a user, and note that it was used."""
    if device is None or not ctx.live.experience.trusted_device.enabled:
        return False
    return bool(await tx.run(store.USE, device=device, of_user=user_id, now=ctx.clock.now()))


async def trust(tx: Tx, ctx: Context, held: str | None, user_id: str) -> str:
    """Trust a browser from now on; returns its new cookie. `held` is the one it has now.

    Not the one it had when the sign-in began: another tab may have got it a new one since.
    """
    now, cookie, (_, user_agent) = ctx.clock.now(), new_token(), used_from()
    if held is not None:
        await tx.run(store.DELETE_HERE, device=digest(held), of_user=user_id)
        await tx.run(store.MOVE, device=digest(held), new_device=digest(cookie))
    row = TrustedDevice(
        id=new_id(),
        user_id=user_id,
        device_digest=digest(cookie),
        user_agent=user_agent,
        created_at=now,
        last_used_at=now,
        expires_at=now + ctx.live.experience.trusted_device.days * DAY_MS,
    )
    await tx.run(store.INSERT, **msgspec.structs.asdict(row))
    return cookie


async def check_user(ctx: Context, user_id: str) -> None:
    """Raise EntityNotFound for an unknown user."""
    async with ctx.db.read() as tx:
        await get_user(tx, user_id)


async def forget(ctx: Context, user_id: str, device_id: str) -> None:
    """Trust a device no longer; raises EntityNotFound."""
    async with ctx.db.single() as tx:
        if not await tx.run(store.DELETE, of_user=user_id, device_id=device_id):
            raise EntityNotFound
