"""What a database can refuse, named alike on both engines."""


class DatabaseError(Exception):
    """Base of the refusals below."""


class UniqueViolation(DatabaseError):
    """A unique constraint; `constraint` is its name in the metadata, such as `users__username`."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class ForeignKeyViolation(DatabaseError):
    """A referenced row does not exist."""


class CheckViolation(DatabaseError):
    """A check constraint."""


class ValueTooLong(DatabaseError):
    """A text is longer than its column."""


class InvalidText(DatabaseError):
    """A text the engine cannot hold: NUL, a lone surrogate, or broken JSON."""


class DatabaseUnavailable(DatabaseError):
    """The database does not answer, is locked for too long, or its disk is full."""
