"""Roles, and what they hold; who has them is in `role_holders`."""

from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, insert, or_, select

from vestibule.db import Statement
from vestibule.db.helpers import in_set, upsert
from vestibule.model import INTERNAL_PREFIX, Noun, Role
from vestibule.store.changes import Change
from vestibule.store.listing import Listing
from vestibule.store.rows import Row
from vestibule.store.tables import application_roles, applications, role_scopes, roles, user_roles, users

COLUMNS = tuple(roles.c[name] for name in Role.__struct_fields__)

GET = Statement(select(*COLUMNS).where(roles.c.id == bindparam("id")), Role)

BY_IDS = Statement(select(*COLUMNS).where(in_set(roles.c.id, "ids")), Role)

FIND: Statement[Row] = Statement(select(roles.c.id).where(roles.c.name == bindparam("name")))

INSERT: Statement[Row] = Statement(insert(roles))

DELETE: Statement[Row] = Statement(delete(roles).where(roles.c.id == bindparam("role_id")))

change = Change(roles, COLUMNS, Role).apply
"""Update some columns of a role; returns the new row, or None when there is no such role."""

HOLD_SCOPE: Statement[Row] = Statement(upsert(role_scopes, ["role_id", "scope_id"], ["scope_id"]))

HELD_SCOPES: Statement[Row] = Statement(
    select(role_scopes.c.scope_id).where(
        role_scopes.c.role_id == bindparam("role_id"), in_set(role_scopes.c.scope_id, "scope_ids")
    )
)

DROP_SCOPE: Statement[Row] = Statement(
    delete(role_scopes).where(
        role_scopes.c.role_id == bindparam("of_role"), role_scopes.c.scope_id == bindparam("scope")
    )
)

NAMES_OF_USER: Statement[Row] = Statement(
    select(roles.c.name)
    .join(user_roles, user_roles.c.role_id == roles.c.id)
    .where(user_roles.c.user_id == bindparam("user_id"))
    .order_by(roles.c.name)
)

NAMED_FOR_USERS: Statement[Row] = Statement(
    select(roles.c.name).where(in_set(roles.c.name, "names"), roles.c.type == "User")
)

_everyone = select(users.c.id, bindparam("role_id").label("role_id")).where(
    users.c.id.not_in(select(user_roles.c.user_id).where(user_roles.c.role_id == bindparam("role_id")))
)
GIVE_EVERYONE: Statement[Row] = Statement(insert(user_roles).from_select(["user_id", "role_id"], _everyone))

GIVE_DEFAULTS: Statement[Row] = Statement(
    insert(user_roles).from_select(
        ["user_id", "role_id"],
        select(users.c.id, roles.c.id).where(
            in_set(users.c.id, "user_ids"),
            roles.c.type == "User",
            or_(roles.c.is_default, in_set(roles.c.name, "names")),
        ),
    )
)
"""For users that were just created: the default roles, and roles of users with one of the names."""

NOT_INTERNAL = roles.c.name.not_like(f"{INTERNAL_PREFIX}%")


def _held_by(table: Table, holder: str, parameter: str) -> ColumnElement[bool]:
    return roles.c.id.in_(select(table.c.role_id).where(table.c[holder] == bindparam(parameter)))


ROLES = Listing(
    COLUMNS,
    Role,
    order=(roles.c.name, roles.c.id),
    fields={
        "id": (roles.c.id, roles.c.id),
        "name": (roles.c.name, roles.c.name_folded),
        "description": (roles.c.description, roles.c.description_folded),
    },
    filters={
        "type": roles.c.type == bindparam("type"),
        "of_user": _held_by(user_roles, "user_id", "of_user"),
        "of_application": _held_by(application_roles, "application_id", "of_application"),
        "not_of_user": ~_held_by(user_roles, "user_id", "not_of_user"),
        "not_of_application": ~_held_by(application_roles, "application_id", "not_of_application"),
    },
    where=NOT_INTERNAL,
)
"""Internal roles are never listed."""


class RoleFacts(Noun, frozen=True, gc=False):
    """How many have a role, and the first three of them."""

    id: str
    users: int
    applications: int
    user_0: str | None
    user_1: str | None
    user_2: str | None
    application_0: str | None
    application_1: str | None
    application_2: str | None


class FeaturedUser(Noun, frozen=True, gc=False):
    """A user that a list of roles shows."""

    id: str
    avatar: str | None
    name: str | None


class FeaturedApplication(Noun, frozen=True, gc=False):
    """An application that a list of roles shows."""

    id: str
    name: str
    type: str


def _count(table: Table, name: str) -> ColumnElement[Any]:
    return select(func.count()).select_from(table).where(table.c.role_id == roles.c.id).scalar_subquery().label(name)


def _holder(table: Table, holder: str, place: int) -> ColumnElement[Any]:
    """The holder at one place of the index on role and holder; three of these read three entries, not all."""
    column = table.c[f"{holder}_id"]
    found = select(column).where(table.c.role_id == roles.c.id).order_by(column).limit(1).offset(place)
    return found.scalar_subquery().label(f"{holder}_{place}")


FACTS = Statement(
    select(
        roles.c.id,
        _count(user_roles, "users"),
        _count(application_roles, "applications"),
        *(_holder(user_roles, "user", place) for place in range(3)),
        *(_holder(application_roles, "application", place) for place in range(3)),
    ).where(in_set(roles.c.id, "ids")),
    RoleFacts,
)

FEATURED_USERS = Statement(
    select(users.c.id, users.c.avatar, users.c.name).where(in_set(users.c.id, "ids")), FeaturedUser
)

FEATURED_APPLICATIONS = Statement(
    select(applications.c.id, applications.c.name, applications.c.type).where(in_set(applications.c.id, "ids")),
    FeaturedApplication,
)
