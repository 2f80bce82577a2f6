"""PostgreSQL's complaints as named refusals."""

import asyncio
from typing import NoReturn

import asyncpg

from vestibule.db.errors import (
    CheckViolation,
    DatabaseUnavailable,
    ForeignKeyViolation,
    InvalidText,
    StatementError,
    TransactionAborted,
    UniqueViolation,
    ValueTooLong,
)

_UNAVAILABLE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    # Somebody else's turn: a deadlock, a lock, a stand-by server, a schema that a migration has just changed.
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.PostgresSystemError,
)
FAILURES = (asyncpg.PostgresError, *_UNAVAILABLE, ValueError)


def refuse(error: Exception) -> NoReturn:
    """Raise the refusal that a driver's error stands for, or the error itself when it is a fault of ours.

    The driver's own message is dropped where it could hold a value.
    """
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        _refuse_constraint(error)
    if isinstance(error, asyncpg.StringDataRightTruncationError):
        raise ValueTooLong(error.column_name or "a text") from None
    if isinstance(error, asyncpg.DataError | ValueError):
        _refuse_value(error)
    if isinstance(error, asyncpg.InFailedSQLTransactionError):
        raise TransactionAborted("an earlier statement of this transaction was refused") from None
    if isinstance(error, _UNAVAILABLE):
        raise DatabaseUnavailable(str(error) or type(error).__name__) from error
    raise error


def _refuse_constraint(error: asyncpg.IntegrityConstraintViolationError) -> NoReturn:
    name = error.constraint_name or error.column_name or ""
    if isinstance(error, asyncpg.UniqueViolationError):
        raise UniqueViolation(name) from None
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        raise ForeignKeyViolation(name) from None
    raise CheckViolation(name) from None


def _refuse_value(error: Exception) -> NoReturn:
    """Tell a value that no engine holds from an argument of the wrong type, which the driver finds and explains."""
    cause = error.__cause__
    if isinstance(error, ValueError) or cause is None or isinstance(cause, UnicodeEncodeError | OverflowError):
        raise InvalidText(type(cause or error).__name__) from None
    raise StatementError(f"an argument has another type than its column: {type(cause).__name__}") from None
