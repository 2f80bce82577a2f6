"""What a database can refuse, named alike on both engines. No message holds a stored or given value."""


class DatabaseError(Exception):
    """Base of the refusals below."""


class UniqueViolation(DatabaseError):
    """A unique constraint or index; `constraint` is its name in the metadata, such as `users__username`."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class ForeignKeyViolation(DatabaseError):
    """A referenced row does not exist, or a row is still referenced."""


class CheckViolation(DatabaseError):
    """A check constraint, or NULL in a column that must hold a value."""


class ValueTooLong(DatabaseError):
    """A text is longer than its column; the message is the parameter's name."""


class InvalidText(DatabaseError):
    """A value the engines cannot hold: NUL, a lone surrogate, broken JSON, or an integer over 64 bits."""


class TransactionAborted(DatabaseError):
    """A refusal was swallowed inside a transaction that it has ended; nothing of the transaction is kept."""


class DatabaseUnavailable(DatabaseError):
    """The database does not answer, is locked for too long, its disk is full, or it asks to try again."""


class StatementError(Exception):
    """A fault of ours: a statement that drivers cannot run as it is, or a call with the wrong parameters."""
