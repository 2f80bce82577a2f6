"""Alembic's entry into this tree."""

from vestibule.account.tables import metadata
from vestibule.db.alembic_child import run_migrations

run_migrations(metadata)
