"""E-mail templates: what e-mails say, by language and usage."""

import sqlalchemy as sa
from alembic import op

from vestibule.db.types import JSONText

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "email_templates",
        sa.Column("id", sa.String(21), nullable=False),
        sa.Column("language_tag", sa.String(16), nullable=False),
        sa.Column("template_type", sa.String(64), nullable=False),
        sa.Column("details", JSONText, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="email_templates__pk"),
        sa.UniqueConstraint("language_tag", "template_type", name="email_templates__language_tag_template_type"),
    )
