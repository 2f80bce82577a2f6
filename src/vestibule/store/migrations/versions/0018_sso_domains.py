"""The domains of enterprise connectors as rows: an address finds its connectors without a look at the others."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

SAID = "SELECT id, CAST(domains AS TEXT) FROM sso_connectors"
LONGEST = 253


def upgrade() -> None:
    """Add the table and fill it from what the connectors have; what is longer than any domain finds nobody."""
    table = op.create_table(
        "sso_connector_domains",
        sa.Column("domain", sa.String(LONGEST), nullable=False),
        sa.Column("sso_connector_id", sa.String(128), nullable=False),
        sa.ForeignKeyConstraint(
            ["sso_connector_id"],
            ["sso_connectors.id"],
            name="sso_connector_domains__sso_connector_id_fk",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("domain", "sso_connector_id", name="sso_connector_domains__pk"),
    )
    op.create_index("sso_connector_domains__sso_connector_id_ix", "sso_connector_domains", ["sso_connector_id"])
    connection = op.get_bind()
    for connector_id, domains in connection.execute(sa.text(SAID)).all():
        for domain in {one for one in json.loads(domains) if len(one) <= LONGEST}:
            connection.execute(sa.insert(table).values(domain=domain, sso_connector_id=connector_id))
