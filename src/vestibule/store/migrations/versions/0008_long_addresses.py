"""Room for folded addresses (one character can fold to three), and the order of the user list's index on SQLite."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Widen one column, and make one index again."""
    with op.batch_alter_table("users") as batch:
        batch.alter_column("email_folded", existing_type=sa.String(256), type_=sa.String(384), existing_nullable=True)
    if op.get_context().dialect.name == "sqlite":
        # A table that is rebuilt on SQLite gets its indexes back in ascending order: 0002 did it, and so does this.
        op.drop_index("users__created_at_ix", "users")
        op.create_index("users__created_at_ix", "users", [sa.literal_column("created_at DESC"), "id"])
