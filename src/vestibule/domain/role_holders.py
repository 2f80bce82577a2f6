"""Giving roles to users and to machine-to-machine applications, from either side, and taking them away."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from vestibule.db import Tx
from vestibule.domain.context import Context
from vestibule.domain.roles import changeable
from vestibule.errors import (
    AppError,
    ApplicationRoleTypeInvalid,
    ApplicationTypeInvalid,
    EntityConstraintViolated,
    EntityNotExistsWithId,
    EntityNotFound,
    InternalRole,
    RoleApplicationExists,
    RoleUserExists,
    UserRoleTypeInvalid,
)
from vestibule.model import Role, RoleType
from vestibule.store import applications, role_holders, roles, users
from vestibule.store.role_holders import Holders


@dataclass(frozen=True)
class Kind:
    """Who holds: what may be given to them, how that is refused, and who is not one of them."""

    store: Holders
    role_type: RoleType
    wrong_role: type[AppError]
    has_already: type[AppError]
    missing: type[AppError]
    """What an id in a path that names none of them is refused with."""
    check: Callable[[Tx, Sequence[str], type[AppError]], Awaitable[None]]
    """Given ids and how to refuse unknown ones: refuses those that cannot have roles."""


async def _users_exist(tx: Tx, user_ids: Sequence[str], missing: type[AppError]) -> None:
    if len(await tx.all(users.HELD["id"], values=user_ids)) < len(user_ids):
        raise missing


async def _applications_fit(tx: Tx, application_ids: Sequence[str], missing: type[AppError]) -> None:
    found = await tx.all(applications.TYPES, ids=application_ids)
    if len(found) < len(application_ids):
        raise missing
    if any(kind != "MachineToMachine" for _, kind in found):
        raise ApplicationTypeInvalid


USERS = Kind(role_holders.USERS, "User", UserRoleTypeInvalid, RoleUserExists, EntityNotFound, _users_exist)
APPLICATIONS = Kind(
    role_holders.APPLICATIONS,
    "MachineToMachine",
    ApplicationRoleTypeInvalid,
    RoleApplicationExists,
    EntityNotExistsWithId,
    _applications_fit,
)


async def check_holder(tx: Tx, kind: Kind, holder_id: str) -> None:
    """Refuse who does not exist or cannot have roles; raises the kind's `missing`, ApplicationTypeInvalid."""
    await kind.check(tx, [holder_id], kind.missing)


async def add_holders(ctx: Context, kind: Kind, role_id: str, holder_ids: Sequence[str]) -> None:
    """Give a role to many, to all of them or to none.

    Raises EntityNotExistsWithId, InternalRole, the kind's `wrong_role` and `has_already`, ApplicationTypeInvalid.
    """
    wanted = sorted(set(holder_ids))  # in one order, so that no two transactions wait for each other
    async with ctx.db.write() as tx:
        role = await changeable(tx, role_id)
        if role.type != kind.role_type:
            raise kind.wrong_role(data={"roleId": role_id})
        await kind.check(tx, wanted, EntityNotExistsWithId)
        if await tx.all(kind.store.having, role=role_id, holder_ids=wanted):
            raise kind.has_already
        await tx.many(kind.store.give, [{kind.store.holder: item, "role_id": role_id} for item in wanted])


async def take(ctx: Context, kind: Kind, role_id: str, holder_id: str) -> None:
    """Take a role from a holder. Raises InternalRole, EntityNotFound when it is not held."""
    async with ctx.db.write() as tx:
        role = await tx.one(roles.GET, id=role_id)
        if role is not None and role.is_internal:
            raise InternalRole
        if not await tx.run(kind.store.take, holder_id=holder_id, role=role_id):
            raise EntityNotFound


async def assign(ctx: Context, kind: Kind, holder_id: str, role_ids: Sequence[str]) -> list[str]:
    """Give a holder more roles, all of them or none; returns those that are new.

    Raises as `check_holder`, EntityNotExistsWithId, InternalRole, the kind's `wrong_role`.
    """
    wanted = list(dict.fromkeys(role_ids))
    async with ctx.db.write() as tx:
        await tx.run(kind.store.lock, holder_id=holder_id)
        await check_holder(tx, kind, holder_id)
        for role in await _assignable(tx, wanted):
            if role.type != kind.role_type:
                raise kind.wrong_role(data={"roleId": role.id})
        held = {str(row[0]) for row in await tx.all(kind.store.held, holder_id=holder_id, role_ids=wanted)}
        added = [role_id for role_id in wanted if role_id not in held]
        await _give(tx, kind, holder_id, added)
    return added


async def replace(ctx: Context, kind: Kind, holder_id: str, role_ids: Sequence[str]) -> list[str]:
    """Let a holder have these roles and no others, internal ones excepted; returns them, each once.

    Raises as `assign`, but EntityConstraintViolated for a role of the other type.
    """
    wanted = list(dict.fromkeys(role_ids))
    async with ctx.db.write() as tx:
        await tx.run(kind.store.lock, holder_id=holder_id)
        await check_holder(tx, kind, holder_id)
        if any(role.type != kind.role_type for role in await _assignable(tx, wanted)):
            raise EntityConstraintViolated
        await tx.run(kind.store.take_others, holder_id=holder_id, kept=wanted)
        await _give(tx, kind, holder_id, wanted)
    return wanted


async def _assignable(tx: Tx, role_ids: Sequence[str]) -> list[Role]:
    found = await tx.all(roles.BY_IDS, ids=role_ids) if role_ids else []
    if len(found) < len(role_ids):
        raise EntityNotExistsWithId
    if any(role.is_internal for role in found):
        raise InternalRole
    return found


async def _give(tx: Tx, kind: Kind, holder_id: str, role_ids: Sequence[str]) -> None:
    await tx.many(kind.store.give, [{kind.store.holder: holder_id, "role_id": role_id} for role_id in role_ids])
