"""Resources (APIs) and their scopes, and which of them a client or a user may use."""

from sqlalchemy import ColumnElement, Select, and_, bindparam, insert, select, update

from vestibule.db import Statement
from vestibule.db.helpers import in_set
from vestibule.model import Noun, Resource, Scope
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


SCOPE_COLUMNS = tuple(scopes.c[name] for name in Scope.__struct_fields__)

GET = Statement(select(resources).where(resources.c.indicator == bindparam("indicator")), Resource)

DEFAULT = Statement(select(resources).where(resources.c.is_default.is_(True)), Resource)

KNOWN = Statement(select(resources).where(in_set(resources.c.indicator, "indicators")), Resource)

INSERT: Statement[Row] = Statement(insert(resources))

SCOPES = Statement(
    select(*SCOPE_COLUMNS).where(scopes.c.resource_id == bindparam("resource_id")).order_by(scopes.c.name), Scope
)

INSERT_SCOPE: Statement[Row] = Statement(insert(scopes))

DESCRIBE_SCOPE: Statement[Row] = Statement(
    update(scopes)
    .where(scopes.c.id == bindparam("scope_id"))
    .values(description=bindparam("description"), description_folded=bindparam("description_folded"))
)

DESCRIPTIONS = Statement(
    select(*SCOPE_COLUMNS)
    .join(resources, resources.c.id == scopes.c.resource_id)
    .where(in_set(resources.c.indicator, "indicators"), in_set(scopes.c.name, "names"))
    .order_by(scopes.c.name),
    Scope,
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
