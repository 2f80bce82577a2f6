"""The identity store's migrations; `HEAD` is the newest revision, so that a start compares without loading Alembic."""

HEAD = "0019"
