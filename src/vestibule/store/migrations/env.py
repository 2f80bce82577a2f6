"""Alembic's entry into this tree."""

from vestibule.db.alembic_child import run_migrations
from vestibule.store.tables import metadata

run_migrations(metadata)
