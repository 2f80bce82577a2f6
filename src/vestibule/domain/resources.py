"""APIs that tokens can be made for."""

from collections.abc import Mapping

from vestibule.crypto import new_id
from vestibule.db import Tx, UniqueViolation
from vestibule.db.locks import take_turn
from vestibule.domain.authorization import ORGANIZATIONS_RESOURCE
from vestibule.domain.context import Context
from vestibule.domain.scopes import add_scope
from vestibule.errors import (
    CannotDeleteManagementApi,
    CannotModifyManagementApi,
    EntityInvalidInput,
    EntityNotExistsWithId,
    EntityNotFound,
    ResourceIndicatorInUse,
)
from vestibule.model import MANAGEMENT_RESOURCE_ID, Resource, Scope, folded
from vestibule.store import configs
from vestibule.store import resources as store
from vestibule.store import scopes as scope_store
from vestibule.store.resources import Allowed

ACCESS_TOKEN_TTL_SECONDS = 3600
ORGANIZATION_AUDIENCE = "urn:logto:organization:"
INDICATOR_IN_USE = "resources__indicator"


async def allowed_to_application(tx: Tx, application_id: str, indicator: str) -> list[Allowed]:
    """Return the resource once for each scope the application's roles hold; empty when it is unknown."""
    return await tx.all(store.FOR_APPLICATION, application_id=application_id, indicator=indicator)


async def allowed_to_user(tx: Tx, user_id: str, indicator: str) -> list[Allowed]:
    """Return the resource once for each scope the user's roles hold now; empty when it is unknown."""
    return await tx.all(store.FOR_USER, user_id=user_id, indicator=indicator)


async def get_resource(tx: Tx, resource_id: str) -> Resource:
    """Return a resource; raises EntityNotExistsWithId."""
    resource = await tx.one(store.BY_ID, id=resource_id)
    if resource is None:
        raise EntityNotExistsWithId
    return resource


async def create_resource(ctx: Context, name: str, indicator: str, access_token_ttl: int) -> Resource:
    """Create a resource; its tokens live `access_token_ttl` seconds. Raises ResourceIndicatorInUse.

    Indicators that mean something to the protocol are in use.
    """
    if indicator == ORGANIZATIONS_RESOURCE or indicator.startswith(ORGANIZATION_AUDIENCE):
        raise ResourceIndicatorInUse
    resource = Resource(new_id(), name, indicator, False, access_token_ttl)
    try:
        async with ctx.db.write() as tx:
            await _insert(tx, resource)
    except UniqueViolation as error:
        raise (ResourceIndicatorInUse() if error.constraint == INDICATOR_IN_USE else error) from error
    return resource


async def _insert(tx: Tx, resource: Resource) -> None:
    await tx.run(
        store.INSERT,
        id=resource.id,
        name=resource.name,
        indicator=resource.indicator,
        is_default=resource.is_default,
        access_token_ttl=resource.access_token_ttl,
    )


async def change_resource(ctx: Context, resource_id: str, changes: Mapping[str, object]) -> Resource:
    """Change the name or the lifetime. Raises CannotModifyManagementApi, EntityNotExistsWithId, EntityInvalidInput."""
    if resource_id == MANAGEMENT_RESOURCE_ID:
        raise CannotModifyManagementApi
    async with ctx.db.write() as tx:
        await get_resource(tx, resource_id)
        if not changes:
            raise EntityInvalidInput
        return await _changed(tx, resource_id, changes)


async def set_default(ctx: Context, resource_id: str, is_default: bool) -> Resource:
    """Make a resource the default one in place of any other, or none. Raises as `change_resource`."""
    if resource_id == MANAGEMENT_RESOURCE_ID:
        raise CannotModifyManagementApi
    async with ctx.db.write() as tx:
        await take_turn(tx, "default-resource")
        if is_default:
            await tx.run(store.UNSET_DEFAULT, but=resource_id)
        return await _changed(tx, resource_id, {"is_default": is_default})


async def _changed(tx: Tx, resource_id: str, changes: Mapping[str, object]) -> Resource:
    resource = await store.change(tx, resource_id, changes)
    if resource is None:
        raise EntityNotExistsWithId
    return resource


async def delete_resource(ctx: Context, resource_id: str) -> None:
    """Delete a resource with its scopes; no token is made for it. Raises CannotDeleteManagementApi, EntityNotFound."""
    if resource_id == MANAGEMENT_RESOURCE_ID:
        raise CannotDeleteManagementApi
    async with ctx.db.write() as tx:
        if not await tx.run(store.DELETE, resource_id=resource_id):
            raise EntityNotFound


async def ensure_resource(
    ctx: Context, indicator: str, name: str, scopes: Mapping[str, str], *, resource_id: str | None = None
) -> Resource:
    """Create the resource and the scopes that are missing, and describe those that are there; idempotent."""
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key="seeding", value="{}")  # one at a time
        resource = await tx.one(store.GET, indicator=indicator)
        if resource is None:
            resource = Resource(resource_id or new_id(), name, indicator, False, ACCESS_TOKEN_TTL_SECONDS)
            await _insert(tx, resource)
        present = {scope.name: scope for scope in await tx.all(scope_store.OF_RESOURCE, resource_id=resource.id)}
        for scope_name, description in scopes.items():
            known = present.get(scope_name)
            if known is None:
                # The Management API's scope has a documented id.
                fixed = f"{resource.id}-{scope_name}" if resource.id == MANAGEMENT_RESOURCE_ID else new_id()
                await add_scope(tx, Scope(fixed, resource.id, scope_name, description, ctx.clock.now()))
            elif known.description != description:
                words = {"description": description, **folded(description=description)}
                await scope_store.change(tx, known.id, words)
    return resource
