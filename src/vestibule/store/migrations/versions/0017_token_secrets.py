"""Tokens of providers, sealed: they go with the identity that they came with, and with the connector."""

import sqlalchemy as sa
from alembic import op

from vestibule.db.types import JSONText

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "token_secrets",
        sa.Column("id", sa.String(21), nullable=False),
        sa.Column("user_id", sa.String(12), nullable=False),
        sa.Column("target", sa.String(128), nullable=True),
        sa.Column("connector_id", sa.String(128), nullable=True),
        sa.Column("sso_identity_id", sa.String(21), nullable=True),
        sa.Column("sso_connector_id", sa.String(128), nullable=True),
        sa.Column("issuer", sa.String(256), nullable=True),
        sa.Column("identity_id", sa.String(256), nullable=False),
        sa.Column("metadata", JSONText, nullable=False),
        sa.Column("value_sealed", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        *(_cascade(*one) for one in REFERENCES),
        sa.ForeignKeyConstraint(
            ["user_id", "target"],
            ["user_identities.user_id", "user_identities.target"],
            name="token_secrets__user_id_target_fk",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="token_secrets__pk"),
        sa.UniqueConstraint("user_id", "target", name="token_secrets__user_id_target"),
        sa.UniqueConstraint("sso_identity_id", name="token_secrets__sso_identity_id"),
    )
    op.create_index("token_secrets__connector_id_ix", "token_secrets", ["connector_id"])
    op.create_index("token_secrets__sso_connector_id_ix", "token_secrets", ["sso_connector_id"])


REFERENCES = (
    ("user_id", "users"),
    ("connector_id", "connectors"),
    ("sso_identity_id", "user_sso_identities"),
    ("sso_connector_id", "sso_connectors"),
)


def _cascade(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"token_secrets__{column}_fk", ondelete="CASCADE")
