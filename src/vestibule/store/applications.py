"""Applications and their secrets."""

from sqlalchemy import Boolean, and_, bindparam, delete, insert, select, update

from vestibule.db import Statement
from vestibule.db.helpers import in_set, upsert
from vestibule.model import BUILT_IN_APPLICATION, Application, ApplicationType, Noun
from vestibule.store.changes import Change
from vestibule.store.listing import Listing
from vestibule.store.rows import Row
from vestibule.store.tables import application_roles, application_secrets, applications


class Presented(Noun, frozen=True, gc=False):
    """An application with the one of its secrets that was presented, if any: digest, name and expiry."""

    id: str
    name: str
    description: str | None
    type: ApplicationType
    oidc_client_metadata: str
    custom_client_metadata: str
    custom_data: str
    is_third_party: bool
    created_at: int
    value_digest: str | None
    secret_name: str | None
    expires_at: int | None

    def application(self) -> Application:
        """The application alone."""
        return Application(*[getattr(self, name) for name in Application.__struct_fields__])


COLUMNS = tuple(applications.c[name] for name in Application.__struct_fields__)

GET = Statement(select(*COLUMNS).where(applications.c.id == bindparam("id")), Application)

GET_LOCKED = Statement(
    select(*COLUMNS).where(applications.c.id == bindparam("id")).with_for_update(key_share=True), Application
)

TYPES: Statement[Row] = Statement(
    select(applications.c.id, applications.c.type).where(in_set(applications.c.id, "ids"))
)

INSERT: Statement[Row] = Statement(insert(applications))

UPSERT: Statement[Row] = Statement(upsert(applications, ["id"], ["oidc_client_metadata"]))
"""For built-in clients, whose addresses follow the public address."""

SET_METADATA: Statement[Row] = Statement(
    update(applications)
    .where(applications.c.id == bindparam("application_id"))
    .values(oidc_client_metadata=bindparam("oidc_client_metadata"))
)

DELETE: Statement[Row] = Statement(delete(applications).where(applications.c.id == bindparam("application_id")))

change = Change(applications, COLUMNS, Application).apply
"""Update some columns of an application; returns the new row, or None when there is no such application."""

WITH_SECRET = Statement(
    select(
        *COLUMNS,
        application_secrets.c.value_digest,
        application_secrets.c.name.label("secret_name"),
        application_secrets.c.expires_at,
    )
    .outerjoin(
        application_secrets,
        and_(
            application_secrets.c.application_id == applications.c.id,
            application_secrets.c.value_digest == bindparam("value_digest"),
        ),
    )
    .where(applications.c.id == bindparam("id")),
    Presented,
)

_has_role = applications.c.id.in_(
    select(application_roles.c.application_id).where(application_roles.c.role_id == bindparam("role_id"))
)
_lacks_role = applications.c.id.not_in(
    select(application_roles.c.application_id).where(application_roles.c.role_id == bindparam("exclude_role_id"))
)

APPLICATIONS = Listing(
    COLUMNS,
    Application,
    order=(applications.c.created_at.desc(), applications.c.id),
    fields={
        "id": (applications.c.id, applications.c.id),
        "name": (applications.c.name, applications.c.name_folded),
        "description": (applications.c.description, applications.c.description_folded),
    },
    filters={
        "types": in_set(applications.c.type, "types"),
        "is_third_party": applications.c.is_third_party == bindparam("is_third_party", type_=Boolean()),
        "role_id": _has_role,
        "exclude_role_id": _lacks_role,
    },
    where=applications.c.id != BUILT_IN_APPLICATION,
)
"""What operators made; built-in clients are never listed."""
