"""Sign-in through a company's own identity provider: connectors, their signing keys, and who users are there."""

import sqlalchemy as sa
from alembic import op

from vestibule.db.types import JSONText

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "sso_connectors",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("provider_name", sa.String(128), nullable=False),
        sa.Column("connector_name", sa.String(128), nullable=False),
        sa.Column("config_sealed", sa.Text, nullable=False),
        sa.Column("domains", JSONText, nullable=False),
        sa.Column("branding", JSONText, nullable=False),
        sa.Column("sync_profile", sa.Boolean, nullable=False),
        sa.Column("enable_token_storage", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="sso_connectors__pk"),
        sa.UniqueConstraint("connector_name", name="sso_connectors__connector_name"),
    )
    op.create_table(
        "sso_signing_keys",
        sa.Column("id", sa.String(21), nullable=False),
        sa.Column("sso_connector_id", sa.String(128), nullable=False),
        sa.Column("private_sealed", sa.Text, nullable=False),
        sa.Column("certificate", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="sso_signing_keys__pk"),
        _of_connector("sso_signing_keys"),
    )
    op.create_table(
        "user_sso_identities",
        sa.Column("id", sa.String(21), nullable=False),
        sa.Column("user_id", sa.String(12), nullable=False),
        sa.Column("sso_connector_id", sa.String(128), nullable=False),
        sa.Column("issuer", sa.String(256), nullable=False),
        sa.Column("identity_id", sa.String(128), nullable=False),
        sa.Column("detail", JSONText, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="user_sso_identities__pk"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="user_sso_identities__user_id_fk", ondelete="CASCADE"),
        _of_connector("user_sso_identities"),
        sa.UniqueConstraint("issuer", "identity_id", name="user_sso_identities__issuer_identity_id"),
    )
    op.create_index("user_sso_identities__user_id_ix", "user_sso_identities", ["user_id"])
    for table in ("sso_signing_keys", "user_sso_identities"):
        op.create_index(f"{table}__sso_connector_id_ix", table, ["sso_connector_id"])


def _of_connector(table: str) -> sa.ForeignKeyConstraint:
    name = f"{table}__sso_connector_id_fk"
    return sa.ForeignKeyConstraint(["sso_connector_id"], ["sso_connectors.id"], name=name, ondelete="CASCADE")
