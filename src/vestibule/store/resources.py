"""Resources (APIs), and which of their scopes a client or a user may use."""

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, false, insert, select, update

from vestibule.db import Statement
from vestibule.db.helpers import in_set
from vestibule.model import Noun, Resource
from vestibule.store.changes import Change
from vestibule.store.listing import Listing
from vestibule.store.rows import Row
from vestibule.store.tables import (
    application_roles,
    resources,
    role_scopes,
    scopes,
    user_roles,
)


class Allowed(Noun, frozen=True, gc=False):
    """A resource with one scope that its asker holds; the scope is None when there is none."""

    id: str
    indicator: str
    access_token_ttl: int
    scope: str | None


GET = Statement(select(resources).where(resources.c.indicator == bindparam("indicator")), Resource)

DEFAULT = Statement(select(resources).where(resources.c.is_default.is_(True)), Resource)

KNOWN = Statement(select(resources).where(in_set(resources.c.indicator, "indicators")), Resource)

INSERT: Statement[Row] = Statement(insert(resources))

BY_ID = Statement(select(resources).where(resources.c.id == bindparam("id")), Resource)

BY_IDS = Statement(select(resources).where(in_set(resources.c.id, "ids")), Resource)

UNSET_DEFAULT: Statement[Row] = Statement(
    update(resources)
    .where(resources.c.is_default.is_(True), resources.c.id != bindparam("but"))
    .values(is_default=false())
)

DELETE: Statement[Row] = Statement(delete(resources).where(resources.c.id == bindparam("resource_id")))

change = Change(resources, tuple(resources.c), Resource).apply
"""Update some columns of a resource; returns the new row, or None when there is no such resource."""

RESOURCES: Listing[Resource] = Listing(
    tuple(resources.c), Resource, order=(resources.c.name, resources.c.id), fields={}, filters={}
)


def _allowed(holders: Select[tuple[str]]) -> Select[tuple[str, str, int, str]]:
    """The resource, whether or not its asker holds a scope of it: an unknown resource is told from an empty grant."""
    held: ColumnElement[bool] = and_(scopes.c.resource_id == resources.c.id, scopes.c.id.in_(holders))
    return (
        select(resources.c.id, resources.c.indicator, resources.c.access_token_ttl, scopes.c.name.label("scope"))
        .select_from(resources)
        .outerjoin(scopes, held)
        .where(resources.c.indicator == bindparam("indicator"))
        .order_by(scopes.c.created_at, scopes.c.id)
    )


FOR_APPLICATION = Statement(
    _allowed(
        select(role_scopes.c.scope_id)
        .join(application_roles, application_roles.c.role_id == role_scopes.c.role_id)
        .where(application_roles.c.application_id == bindparam("application_id"))
    ),
    Allowed,
)

FOR_USER = Statement(
    _allowed(
        select(role_scopes.c.scope_id)
        .join(user_roles, user_roles.c.role_id == role_scopes.c.role_id)
        .where(user_roles.c.user_id == bindparam("user_id"))
    ),
    Allowed,
)
