"""Column types that travel as plain text or integers on both engines."""

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

# JSON text in and out: jsonb on PostgreSQL (whose driver hands it over as text), text on SQLite. An alias by variant,
# so that SQLAlchemy's JSON processors, which never run here, cannot be relied upon by accident.
JSONText: TypeEngine[str] = Text().with_variant(JSONB(), "postgresql")
