"""A lease on renewing the tokens of a page session, and a way to the sessions of one user."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a column and an index."""
    op.add_column("page_sessions", sa.Column("renewing_until", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("page_sessions__user_ix", "page_sessions", ["user_id"], unique=False)
