"""Browsers in which people are not asked for a second factor for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the table, and what a sign-in under way knows of its browser."""
    op.create_table(
        "trusted_devices",
        sa.Column("id", sa.String(21), nullable=False),
        sa.Column("user_id", sa.String(12), nullable=False),
        sa.Column("device_digest", sa.String(64), nullable=False),
        sa.Column("user_agent", sa.String(512), nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_used_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="trusted_devices__pk"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="trusted_devices__user_id_fk", ondelete="CASCADE"),
        sa.UniqueConstraint("device_digest", "user_id", name="trusted_devices__device_digest_user_id"),
    )
    op.create_index("trusted_devices__user_id_ix", "trusted_devices", ["user_id"])
    op.create_index("trusted_devices__expires_at_ix", "trusted_devices", ["expires_at"])
    op.add_column("interactions", sa.Column("device_digest", sa.String(64), nullable=True))
