"""APIs that tokens can be made for, their scopes, and the roles that hold them."""

from collections.abc import Mapping, Sequence

from vestibule.crypto import new_id
from vestibule.db import Tx
from vestibule.domain.context import Context
from vestibule.model import Resource, folded
from vestibule.store import configs, roles
from vestibule.store import resources as store
from vestibule.store.resources import Allowed

ACCESS_TOKEN_TTL_SECONDS = 3600


async def allowed_to_application(tx: Tx, application_id: str, indicator: str) -> list[Allowed]:
    """Return the resource once for each scope the application's roles hold; empty when it is unknown."""
    return await tx.all(store.FOR_APPLICATION, application_id=application_id, indicator=indicator)


async def allowed_to_user(tx: Tx, user_id: str, indicator: str) -> list[Allowed]:
    """Return the resource once for each scope the user's roles hold now; empty when it is unknown."""
    return await tx.all(store.FOR_USER, user_id=user_id, indicator=indicator)


async def ensure_resource(
    ctx: Context, indicator: str, name: str, scopes: Mapping[str, str], *, resource_id: str | None = None
) -> Resource:
    """Create the resource and the scopes that are missing, and describe those that are there; idempotent."""
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key="seeding", value="{}")  # one at a time
        resource = await tx.one(store.GET, indicator=indicator)
        if resource is None:
            resource = Resource(resource_id or new_id(), name, indicator, False, ACCESS_TOKEN_TTL_SECONDS)
            await tx.run(
                store.INSERT,
                id=resource.id,
                name=name,
                indicator=indicator,
                is_default=False,
                access_token_ttl=resource.access_token_ttl,
            )
        present = {scope.name: scope for scope in await tx.all(store.SCOPES, resource_id=resource.id)}
        for scope_name, description in scopes.items():
            known = present.get(scope_name)
            if known is None:
                await _add_scope(tx, ctx, resource, scope_name, description)
            elif known.description != description:
                words = {"description": description, **folded(description=description)}
                await tx.run(store.DESCRIBE_SCOPE, scope_id=known.id, **words)
    return resource


async def _add_scope(tx: Tx, ctx: Context, resource: Resource, name: str, description: str) -> None:
    fixed = f"{resource.id}-{name}"  # the Management API's scope has a documented id
    await tx.run(
        store.INSERT_SCOPE,
        id=fixed if resource.id == "management-api" else new_id(),
        resource_id=resource.id,
        name=name,
        description=description,
        created_at=ctx.clock.now(),
        **folded(name=name, description=description),
    )


async def ensure_default_role(ctx: Context, name: str, description: str, indicator: str, scopes: Sequence[str]) -> str:
    """Make a role of users that holds these scopes and that everybody gets, present users included; returns its id."""
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key="seeding", value="{}")  # one at a time
        role_id = await ensure_role(tx, name, description, "User", is_default=True)
        resource = await tx.one(store.GET, indicator=indicator)
        held = [] if resource is None else await tx.all(store.SCOPES, resource_id=resource.id)
        for scope in held:
            if scope.name in scopes:
                await tx.run(roles.HOLD_SCOPE, role_id=role_id, scope_id=scope.id)
        await tx.run(roles.GIVE_EVERYONE, role_id=role_id)
    return role_id


async def ensure_role(tx: Tx, name: str, description: str, kind: str, *, is_default: bool = False) -> str:
    """Return the id of the role with this name, making it when there is none."""
    known = await tx.value(roles.FIND, name=name)
    if known is not None:
        return str(known)
    role_id = new_id()
    words = {"name": name, "description": description, **folded(name=name, description=description)}
    await tx.run(roles.INSERT, id=role_id, type=kind, is_default=is_default, **words)
    return role_id
