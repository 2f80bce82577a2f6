"""Authorization requests to social providers that were used, so that none is used twice."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "spent_authorizations",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="spent_authorizations__pk"),
    )
    op.create_index("spent_authorizations__expires_at_ix", "spent_authorizations", ["expires_at"])
