"""Magic links: tokens that are used once by whoever reads the mail to an address."""

import sqlalchemy as sa
from alembic import op

from vestibule.db.types import JSONText

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "one_time_tokens",
        sa.Column("id", sa.String(21), nullable=False),
        sa.Column("email", sa.String(128), nullable=False),
        sa.Column("email_folded", sa.String(384), nullable=False),
        sa.Column("value_digest", sa.String(64), nullable=False),
        sa.Column("value_sealed", sa.Text, nullable=True),
        sa.Column("context", JSONText, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="one_time_tokens__pk"),
        sa.UniqueConstraint("value_digest", name="one_time_tokens__value_digest"),
    )
    op.create_index("one_time_tokens__email_folded_ix", "one_time_tokens", ["email_folded"])
    op.create_index("one_time_tokens__expires_at_ix", "one_time_tokens", ["expires_at"])
