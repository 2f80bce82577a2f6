"""The engine both servers use: connect, unit of work, compiled statements, conversion, migrations.

SQLAlchemy Core writes statements; each is compiled once per dialect and its text is handed to the driver (decision
0002).
Knows no table.
"""

from vestibule.db.database import Database, Tx, connect
from vestibule.db.errors import (
    CheckViolation,
    DatabaseError,
    DatabaseUnavailable,
    ForeignKeyViolation,
    InvalidText,
    StatementError,
    TransactionAborted,
    UniqueViolation,
    ValueTooLong,
)
from vestibule.db.statement import Statement, StatementCache

__all__ = [
    "CheckViolation",
    "Database",
    "DatabaseError",
    "DatabaseUnavailable",
    "ForeignKeyViolation",
    "InvalidText",
    "Statement",
    "StatementCache",
    "StatementError",
    "TransactionAborted",
    "Tx",
    "UniqueViolation",
    "ValueTooLong",
    "connect",
]
