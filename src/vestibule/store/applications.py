"""Applications and their secrets."""

from sqlalchemy import and_, bindparam, insert, select, update

from vestibule.db import Statement
from vestibule.db.helpers import in_set, upsert
from vestibule.model import Application, ApplicationType, Noun
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

INSERT_SECRET: Statement[Row] = Statement(insert(application_secrets))

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

GIVE_ROLE: Statement[Row] = Statement(upsert(application_roles, ["application_id", "role_id"], ["role_id"]))
