"""Who users are at their companies' identity providers: by the issuer and the subject there (B71)."""

from collections.abc import Sequence

import msgspec

from vestibule.db import Tx
from vestibule.domain import users
from vestibule.domain.context import Context
from vestibule.errors import EnterpriseSsoIdentityNotExists
from vestibule.model import SsoIdentity
from vestibule.store import sso_identities as store


class SsoClaim(msgspec.Struct, frozen=True, rename="camel"):
    """An identity as applications are told of it, in the claim `sso_identities`."""

    issuer: str
    identity_id: str
    detail: msgspec.Raw


async def of_user(ctx: Context, user_id: str) -> Sequence[SsoIdentity]:
    """Return a user's identities, the oldest first; raises EntityNotFound."""
    async with ctx.db.read() as tx:
        await users.get_user(tx, user_id)
        return await tx.all(store.OF_USER, user_id=user_id)


async def through(ctx: Context, user_id: str, connector_id: str) -> SsoIdentity:
    """Return who a user is through one connector; raises EntityNotFound, EnterpriseSsoIdentityNotExists."""
    async with ctx.db.read() as tx:
        await users.get_user(tx, user_id)
        found = await tx.all(store.THROUGH, user_id=user_id, sso_connector_id=connector_id)
    if not found:
        raise EnterpriseSsoIdentityNotExists
    return found[0]


async def claim(tx: Tx, user_id: str) -> list[SsoClaim]:
    """Return what applications are told."""
    found = await tx.all(store.OF_USER, user_id=user_id)
    return [SsoClaim(one.issuer, one.identity_id, msgspec.Raw(one.detail.encode())) for one in found]
