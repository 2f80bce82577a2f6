"""What third-party applications may ask people for."""

from sqlalchemy import bindparam, delete, select

from vestibule.db import Statement
from vestibule.db.helpers import upsert
from vestibule.model import Noun
from vestibule.store.rows import Row
from vestibule.store.tables import consent_resource_scopes, consent_user_scopes, resources, scopes


class ConsentScope(Noun, frozen=True, gc=False):
    """A scope of a resource that an application may ask for."""

    id: str
    name: str
    description: str | None
    resource_id: str
    resource_name: str
    indicator: str


USER_SCOPES: Statement[Row] = Statement(
    select(consent_user_scopes.c.scope)
    .where(consent_user_scopes.c.application_id == bindparam("application_id"))
    .order_by(consent_user_scopes.c.scope)
)

RESOURCE_SCOPES = Statement(
    select(
        scopes.c.id,
        scopes.c.name,
        scopes.c.description,
        resources.c.id.label("resource_id"),
        resources.c.name.label("resource_name"),
        resources.c.indicator,
    )
    .select_from(consent_resource_scopes)
    .join(scopes, scopes.c.id == consent_resource_scopes.c.scope_id)
    .join(resources, resources.c.id == scopes.c.resource_id)
    .where(consent_resource_scopes.c.application_id == bindparam("application_id"))
    .order_by(resources.c.name, resources.c.id, scopes.c.name),
    ConsentScope,
)

ADD_USER_SCOPE: Statement[Row] = Statement(upsert(consent_user_scopes, ["application_id", "scope"], ["scope"]))

ADD_RESOURCE_SCOPE: Statement[Row] = Statement(
    upsert(consent_resource_scopes, ["application_id", "scope_id"], ["scope_id"])
)

REMOVE_USER_SCOPE: Statement[Row] = Statement(
    delete(consent_user_scopes).where(
        consent_user_scopes.c.application_id == bindparam("of_application"),
        consent_user_scopes.c.scope == bindparam("removed"),
    )
)

REMOVE_RESOURCE_SCOPE: Statement[Row] = Statement(
    delete(consent_resource_scopes).where(
        consent_resource_scopes.c.application_id == bindparam("of_application"),
        consent_resource_scopes.c.scope_id == bindparam("removed"),
    )
)
