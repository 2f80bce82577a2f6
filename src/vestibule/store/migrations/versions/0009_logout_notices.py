"""What applications are told of sign-outs: notices that wait for them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "logout_notices",
        sa.Column("id", sa.String(21), nullable=False),
        sa.Column("application_id", sa.String(21), nullable=False),
        sa.Column("user_id", sa.String(12), nullable=False),
        sa.Column("session_uid", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="logout_notices__pk"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name="logout_notices__application_id_fk",
            ondelete="CASCADE",
        ),
    )
    op.create_index("logout_notices__next_at_ix", "logout_notices", ["next_at"])
    op.create_index("logout_notices__application_id_ix", "logout_notices", ["application_id"])
