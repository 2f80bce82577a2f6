"""SQLite's complaints as named refusals: SQLite names columns, the metadata names constraints."""

import sqlite3
from typing import NoReturn

from sqlalchemy import MetaData, Table, UniqueConstraint

from vestibule.db.errors import (
    CheckViolation,
    DatabaseUnavailable,
    ForeignKeyViolation,
    InvalidText,
    UniqueViolation,
)

FAILURES = (sqlite3.Error, UnicodeEncodeError, OverflowError)
_CONSTRAINT = 19
# BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB
_UNAVAILABLE = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})
_TOO_BIG = 18
_BUSY = 5


def primary_code(error: Exception) -> int:
    """Return SQLite's primary result code, or 0 for an error that the driver found itself."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_busy(error: Exception) -> bool:
    """Tell whether another process holds the file's write lock."""
    return primary_code(error) == _BUSY


class ConstraintNames:
    """Finds the metadata's name of a constraint from the columns in SQLite's message."""

    def __init__(self, metadata: MetaData) -> None:
        self._by_columns: dict[str, str] = {}
        for table in metadata.tables.values():
            self._add_table(table)

    def _add_table(self, table: Table) -> None:
        self._add(table, [c.name for c in table.primary_key.columns], str(table.primary_key.name))
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                self._add(table, [c.name for c in constraint.columns], str(constraint.name))
        for index in table.indexes:
            if index.unique:
                self._add(table, [c.name for c in index.columns], str(index.name))
                # An index on an expression is named itself.
                self._by_columns[f"index '{index.name}'"] = str(index.name)

    def _add(self, table: Table, columns: list[str], name: str) -> None:
        self._by_columns[", ".join(f"{table.name}.{column}" for column in columns)] = name

    def refuse(self, error: Exception) -> NoReturn:
        """Raise the refusal that a driver's error stands for, or the error itself when it is a fault of ours."""
        code = primary_code(error)
        if code == _CONSTRAINT:
            self._refuse_constraint(str(error))
        if code in _UNAVAILABLE or _is_closed(error):
            raise DatabaseUnavailable(str(error)) from error
        if code == _TOO_BIG or isinstance(error, UnicodeEncodeError | OverflowError):
            raise InvalidText(type(error).__name__) from None
        raise error

    def _refuse_constraint(self, message: str) -> NoReturn:
        kind, _, what = message.partition(" constraint failed")
        what = what.removeprefix(": ")
        if kind == "UNIQUE":
            raise UniqueViolation(self._by_columns.get(what, what)) from None
        if kind == "FOREIGN KEY":
            raise ForeignKeyViolation(what) from None
        raise CheckViolation(what.rpartition(".")[2]) from None


def _is_closed(error: Exception) -> bool:
    return isinstance(error, sqlite3.ProgrammingError) and "closed database" in str(error)
