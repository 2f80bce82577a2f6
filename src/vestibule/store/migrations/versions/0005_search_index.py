"""An index for searching users by part of a name or an address, on PostgreSQL."""

from alembic import op

revision = "0005"
down_revision = "0004"

SEARCHED = ("id", "email_folded", "primary_phone", "username_folded", "name_folded")


def upgrade() -> None:
    """Add the extension, which the owner of a database may, and the index."""
    if op.get_context().dialect.name != "postgresql":
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_index(
        "users__search_ix",
        "users",
        list(SEARCHED),
        postgresql_using="gin",
        postgresql_ops=dict.fromkeys(SEARCHED, "gin_trgm_ops"),
    )
