"""Scopes: the permissions that resources have, and roles hold."""

from collections.abc import Mapping

from vestibule.crypto import new_id
from vestibule.db import Tx, UniqueViolation
from vestibule.domain.context import Context
from vestibule.errors import (
    CannotModifyManagementApi,
    EntityInvalidInput,
    EntityNotExistsWithId,
    EntityNotFound,
    ScopeNameInUse,
    ScopeNameWithSpace,
)
from vestibule.model import MANAGEMENT_RESOURCE_ID, Scope, folded
from vestibule.store import scopes as store

NAME_IN_USE = "scopes__resource_id_name"


async def create_scope(ctx: Context, resource_id: str, name: str, description: str | None) -> Scope:
    """Add a scope to a resource. Raises CannotModifyManagementApi, ScopeNameWithSpace, ScopeNameInUse.

    A resource that does not exist is a ForeignKeyViolation.
    """
    _refuse_management(resource_id)
    _check_name(name)
    scope = Scope(new_id(), resource_id, name, description, ctx.clock.now())
    try:
        async with ctx.db.write() as tx:
            await add_scope(tx, scope)
    except UniqueViolation as error:
        raise in_use(error) from error
    return scope


async def add_scope(tx: Tx, scope: Scope) -> None:
    """Store a scope."""
    await tx.run(
        store.INSERT,
        id=scope.id,
        resource_id=scope.resource_id,
        name=scope.name,
        description=scope.description,
        created_at=scope.created_at,
        **folded(name=scope.name, description=scope.description),
    )


async def change_scope(ctx: Context, resource_id: str, scope_id: str, changes: Mapping[str, str | None]) -> Scope:
    """Change the name or the description. Raises as `create_scope`; EntityNotExistsWithId, EntityInvalidInput."""
    _refuse_management(resource_id)
    if (name := changes.get("name")) is not None:
        _check_name(name)
    try:
        async with ctx.db.write() as tx:
            if await tx.one(store.GET, id=scope_id, resource_id=resource_id) is None:
                raise EntityNotExistsWithId
            if not changes:
                raise EntityInvalidInput
            scope = await store.change(tx, scope_id, {**changes, **folded(**changes)})
    except UniqueViolation as error:
        raise in_use(error) from error
    if scope is None:
        raise EntityNotExistsWithId
    return scope


async def delete_scope(ctx: Context, resource_id: str, scope_id: str) -> None:
    """Delete a scope; no token gets it from now on. Raises CannotModifyManagementApi, EntityNotFound."""
    _refuse_management(resource_id)
    async with ctx.db.write() as tx:
        if not await tx.run(store.DELETE, scope_id=scope_id, of_resource=resource_id):
            raise EntityNotFound


def in_use(error: UniqueViolation) -> Exception:
    """Name the uniqueness that the store defended."""
    return ScopeNameInUse() if error.constraint == NAME_IN_USE else error


def _refuse_management(resource_id: str) -> None:
    if resource_id == MANAGEMENT_RESOURCE_ID:
        raise CannotModifyManagementApi


def _check_name(name: str) -> None:
    if any(char.isspace() for char in name):
        raise ScopeNameWithSpace
