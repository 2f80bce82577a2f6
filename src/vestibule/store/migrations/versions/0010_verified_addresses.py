"""Whether e-mail addresses and phone numbers were proven: two columns of users; those that are there count as proven."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns."""
    for name in ("email_verified", "phone_verified"):
        op.add_column("users", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
