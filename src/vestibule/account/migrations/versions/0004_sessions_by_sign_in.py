"""Sessions of the page know the sign-in they rest on, so that they end with it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; sessions that began before have none, and end as they did."""
    op.add_column("page_sessions", sa.Column("sid", sa.String(length=255), nullable=True))
    op.create_index("page_sessions__sid_ix", "page_sessions", ["sid"], unique=False)
