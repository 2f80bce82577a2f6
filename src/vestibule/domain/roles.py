"""Roles: scopes under one name, held by users or by machine-to-machine applications."""

from collections.abc import Sequence

from vestibule.crypto import new_id
from vestibule.db import Tx
from vestibule.domain.context import Context
from vestibule.model import folded
from vestibule.store import configs, resources, scopes
from vestibule.store import roles as store


async def ensure_default_role(ctx: Context, name: str, description: str, indicator: str, names: Sequence[str]) -> str:
    """Make a role of users that holds these scopes and that everybody gets, present users included; returns its id."""
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key="seeding", value="{}")  # one at a time
        role_id = await ensure_role(tx, name, description, "User", is_default=True)
        resource = await tx.one(resources.GET, indicator=indicator)
        held = [] if resource is None else await tx.all(scopes.OF_RESOURCE, resource_id=resource.id)
        for scope in held:
            if scope.name in names:
                await tx.run(store.HOLD_SCOPE, role_id=role_id, scope_id=scope.id)
        await tx.run(store.GIVE_EVERYONE, role_id=role_id)
    return role_id


async def ensure_role(tx: Tx, name: str, description: str, kind: str, *, is_default: bool = False) -> str:
    """Return the id of the role with this name, making it when there is none."""
    known = await tx.value(store.FIND, name=name)
    if known is not None:
        return str(known)
    role_id = new_id()
    words = {"name": name, "description": description, **folded(name=name, description=description)}
    await tx.run(store.INSERT, id=role_id, type=kind, is_default=is_default, **words)
    return role_id
