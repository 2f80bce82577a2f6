"""Scopes: the permissions of resources."""

from sqlalchemy import bindparam, delete, insert, select

from vestibule.db import Statement
from vestibule.db.helpers import in_set
from vestibule.model import Scope
from vestibule.store.changes import Change
from vestibule.store.listing import Listing
from vestibule.store.rows import Row
from vestibule.store.tables import resources, role_scopes, scopes

COLUMNS = tuple(scopes.c[name] for name in Scope.__struct_fields__)

_of_resource = scopes.c.resource_id == bindparam("resource_id")

OF_RESOURCE = Statement(select(*COLUMNS).where(_of_resource).order_by(scopes.c.name), Scope)

OF_RESOURCES = Statement(
    select(*COLUMNS).where(in_set(scopes.c.resource_id, "resource_ids")).order_by(scopes.c.name), Scope
)

GET = Statement(select(*COLUMNS).where(scopes.c.id == bindparam("id"), _of_resource), Scope)

BY_IDS = Statement(select(*COLUMNS).where(in_set(scopes.c.id, "ids")).order_by(scopes.c.name, scopes.c.id), Scope)

INSERT: Statement[Row] = Statement(insert(scopes))

DELETE: Statement[Row] = Statement(
    delete(scopes).where(scopes.c.id == bindparam("scope_id"), scopes.c.resource_id == bindparam("of_resource"))
)

DESCRIPTIONS = Statement(
    select(*COLUMNS)
    .join(resources, resources.c.id == scopes.c.resource_id)
    .where(in_set(resources.c.indicator, "indicators"), in_set(scopes.c.name, "names"))
    .order_by(scopes.c.name),
    Scope,
)

change = Change(scopes, COLUMNS, Scope).apply
"""Update some columns of a scope; returns the new row, or None when there is no such scope."""

_held = scopes.c.id.in_(select(role_scopes.c.scope_id).where(role_scopes.c.role_id == bindparam("role_id")))

SCOPES = Listing(
    COLUMNS,
    Scope,
    order=(scopes.c.name, scopes.c.id),
    fields={
        "id": (scopes.c.id, scopes.c.id),
        "name": (scopes.c.name, scopes.c.name_folded),
        "description": (scopes.c.description, scopes.c.description_folded),
    },
    filters={"resource_id": _of_resource, "role_id": _held},
)
