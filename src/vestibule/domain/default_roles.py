"""The roles that new users get: those marked as default, and those that a setting names."""

from collections.abc import Sequence

from vestibule.db import Tx
from vestibule.domain.context import Context
from vestibule.errors import DefaultRoleMissing
from vestibule.store import roles


async def check(tx: Tx, ctx: Context) -> None:
    """Refuse to go on when the setting names a role that does not exist; raises DefaultRoleMissing."""
    names = ctx.settings.default_role_names
    if names and {str(row[0]) for row in await tx.all(roles.NAMED_FOR_USERS, names=names)} != set(names):
        raise DefaultRoleMissing


async def give(tx: Tx, ctx: Context, user_ids: Sequence[str]) -> None:
    """Give users who were just created their roles."""
    await tx.run(roles.GIVE_DEFAULTS, user_ids=user_ids, names=ctx.settings.default_role_names)
