"""Roles: scopes under one name, held by users or by machine-to-machine applications."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vestibule.crypto import new_id
from vestibule.db import Tx, UniqueViolation
from vestibule.domain.context import Context
from vestibule.errors import (
    DefaultRoleForUsersOnly,
    EntityInvalidInput,
    EntityNotExistsWithId,
    EntityNotFound,
    InternalRole,
    ManagementScopesNotForUsers,
    RoleNameInUse,
    RoleScopeExists,
)
from vestibule.model import INTERNAL_PREFIX, MANAGEMENT_RESOURCE_ID, Role, RoleType, Scope, folded
from vestibule.store import configs, resources, scopes
from vestibule.store import roles as store
from vestibule.store.roles import FeaturedApplication, FeaturedUser

NAME_IN_USE = "roles__name"


@dataclass(frozen=True)
class Popularity:
    """How many have a role, and up to three of them."""

    users_count: int
    users: Sequence[FeaturedUser]
    applications_count: int
    applications: Sequence[FeaturedApplication]


async def get_role(tx: Tx, role_id: str) -> Role:
    """Return a role; raises EntityNotExistsWithId."""
    role = await tx.one(store.GET, id=role_id)
    if role is None:
        raise EntityNotExistsWithId
    return role


async def changeable(tx: Tx, role_id: str) -> Role:
    """Return a role that may be changed and given; raises EntityNotExistsWithId, InternalRole."""
    role = await get_role(tx, role_id)
    if role.is_internal:
        raise InternalRole
    return role


async def popularity(tx: Tx, role_ids: Sequence[str]) -> dict[str, Popularity]:
    """Tell who has each of some roles, in three statements however many there are."""
    facts = await tx.all(store.FACTS, ids=role_ids)
    of_users = {row.id: _present(row.user_0, row.user_1, row.user_2) for row in facts}
    of_applications = {row.id: _present(row.application_0, row.application_1, row.application_2) for row in facts}
    users = {row.id: row for row in await tx.all(store.FEATURED_USERS, ids=_all(of_users))}
    applications = {row.id: row for row in await tx.all(store.FEATURED_APPLICATIONS, ids=_all(of_applications))}
    return {
        row.id: Popularity(
            row.users,
            [users[holder] for holder in of_users[row.id] if holder in users],
            row.applications,
            [applications[holder] for holder in of_applications[row.id] if holder in applications],
        )
        for row in facts
    }


def _present(*ids: str | None) -> list[str]:
    return [item for item in ids if item is not None]


def _all(ids: Mapping[str, Iterable[str]]) -> list[str]:
    return list({item for held in ids.values() for item in held})


async def create_role(
    ctx: Context, name: str, description: str, kind: RoleType, *, is_default: bool, scope_ids: Sequence[str]
) -> Role:
    """Create a role that holds scopes; all of it or nothing.

    Raises InternalRole, DefaultRoleForUsersOnly, RoleNameInUse, and what `add_scopes` raises.
    """
    role = Role(new_id(), name, description, kind, is_default)
    _check(role)
    try:
        async with ctx.db.write() as tx:
            await insert(tx, role)
            await _hold(tx, role, await _grantable(tx, role, scope_ids))
    except UniqueViolation as error:
        raise _in_use(error) from error
    return role


async def insert(tx: Tx, role: Role) -> None:
    """Store a role."""
    words = folded(name=role.name, description=role.description)
    await tx.run(
        store.INSERT,
        id=role.id,
        name=role.name,
        description=role.description,
        type=role.type,
        is_default=role.is_default,
        **words,
    )


def _check(role: Role) -> None:
    if role.is_internal:
        raise InternalRole
    if role.is_default and role.type != "User":
        raise DefaultRoleForUsersOnly


def _in_use(error: UniqueViolation) -> Exception:
    return RoleNameInUse() if error.constraint == NAME_IN_USE else error


async def change_role(ctx: Context, role_id: str, changes: Mapping[str, Any]) -> Role:
    """Change name, description or `is_default`.

    Raises EntityNotExistsWithId, InternalRole, EntityInvalidInput, DefaultRoleForUsersOnly, RoleNameInUse.
    """
    try:
        async with ctx.db.write() as tx:
            role = await changeable(tx, role_id)
            if not changes:
                raise EntityInvalidInput
            if str(changes.get("name", "")).startswith(INTERNAL_PREFIX):
                raise InternalRole
            if changes.get("is_default") and role.type != "User":
                raise DefaultRoleForUsersOnly
            words = {name: text for name, text in changes.items() if name != "is_default"}
            changed = await store.change(tx, role_id, {**changes, **folded(**words)})
    except UniqueViolation as error:
        raise _in_use(error) from error
    if changed is None:
        raise EntityNotExistsWithId
    return changed


async def delete_role(ctx: Context, role_id: str) -> None:
    """Delete a role; who had it loses its scopes with the next token. Raises EntityNotExistsWithId, InternalRole."""
    async with ctx.db.write() as tx:
        await changeable(tx, role_id)
        await tx.run(store.DELETE, role_id=role_id)


async def add_scopes(ctx: Context, role_id: str, scope_ids: Sequence[str]) -> list[Scope]:
    """Let a role hold more scopes, all of them or none; returns them.

    Raises EntityNotExistsWithId, InternalRole, ManagementScopesNotForUsers, RoleScopeExists.
    """
    async with ctx.db.write() as tx:
        role = await changeable(tx, role_id)
        added = await _grantable(tx, role, scope_ids)
        if await tx.all(store.HELD_SCOPES, role_id=role_id, scope_ids=scope_ids):
            raise RoleScopeExists
        await _hold(tx, role, added)
    return added


async def _grantable(tx: Tx, role: Role, scope_ids: Sequence[str]) -> list[Scope]:
    wanted = set(scope_ids)
    found = await tx.all(scopes.BY_IDS, ids=list(wanted)) if wanted else []
    if len(found) < len(wanted):
        raise EntityNotExistsWithId
    if role.type == "User" and any(scope.resource_id == MANAGEMENT_RESOURCE_ID for scope in found):
        raise ManagementScopesNotForUsers
    return found


async def _hold(tx: Tx, role: Role, added: Iterable[Scope]) -> None:
    await tx.many(store.HOLD_SCOPE, [{"role_id": role.id, "scope_id": scope.id} for scope in added])


async def remove_scope(ctx: Context, role_id: str, scope_id: str) -> None:
    """Take a scope from a role. Raises EntityNotExistsWithId, InternalRole, EntityNotFound."""
    async with ctx.db.write() as tx:
        await changeable(tx, role_id)
        if not await tx.run(store.DROP_SCOPE, of_role=role_id, scope=scope_id):
            raise EntityNotFound


async def ensure_default_role(ctx: Context, name: str, description: str, indicator: str, names: Sequence[str]) -> str:
    """Make a role of users that holds these scopes and that everybody gets, present users included; returns its id."""
    async with ctx.db.write() as tx:
        await tx.run(configs.PUT, key="seeding", value="{}")  # one at a time
        role_id = await tx.value(store.FIND, name=name)
        if role_id is None:
            role_id = new_id()
            await insert(tx, Role(role_id, name, description, "User", True))
        resource = await tx.one(resources.GET, indicator=indicator)
        held = [] if resource is None else await tx.all(scopes.OF_RESOURCE, resource_id=resource.id)
        for scope in held:
            if scope.name in names:
                await tx.run(store.HOLD_SCOPE, role_id=role_id, scope_id=scope.id)
        await tx.run(store.GIVE_EVERYONE, role_id=role_id)
    return str(role_id)
