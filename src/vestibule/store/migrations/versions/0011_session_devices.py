"""Where sessions are used: the browser as it calls itself, and the address of its last use."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add two columns; sessions that are there already learn both at their next use."""
    op.add_column("sessions", sa.Column("ip", sa.String(64), nullable=True))
    op.add_column("sessions", sa.Column("user_agent", sa.String(512), nullable=True))
