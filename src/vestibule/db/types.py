"""Column types that travel as plain text or integers on both engines."""

from typing import Any

from sqlalchemy import Text
from sqlalchemy.types import TypeEngine, UserDefinedType


class Jsonb(UserDefinedType[str]):
    """PostgreSQL's jsonb by its name: SQLAlchemy's own type loads the whole dialect, which SQLite never needs."""

    cache_ok = True
    # Tells the server what a parameter is wherever it could not know it from a column beside it.
    render_bind_cast = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name."""
        return "JSONB"


# JSON text in and out: jsonb on PostgreSQL (whose driver hands it over as text), text on SQLite. An alias by variant,
# so that SQLAlchemy's JSON processors, which never run here, cannot be relied upon by accident.
JSONText: TypeEngine[str] = Text().with_variant(Jsonb(), "postgresql")
