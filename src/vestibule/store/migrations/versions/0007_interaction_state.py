"""What was begun in a sign-in: one column."""

import sqlalchemy as sa
from alembic import op

from vestibule.db.types import JSONText

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column; sign-ins under way go on."""
    op.add_column("interactions", sa.Column("state", JSONText, nullable=True))
