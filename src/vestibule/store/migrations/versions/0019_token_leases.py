"""Tokens of providers say until when somebody is renewing them: a refresh token may be good for one use."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column; nobody is renewing anything."""
    op.add_column("token_secrets", sa.Column("renewing_until", sa.BigInteger, nullable=True))
