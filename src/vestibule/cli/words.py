"""What goes wrong with a command, in words an operator can act on."""

from collections.abc import Callable

from vestibule.cli import CommandError
from vestibule.crypto import SealError
from vestibule.db import DatabaseUnavailable
from vestibule.db.migrate import MigrationError
from vestibule.errors import AppError

WRONG_KEY = (
    "the master key does not open what this store holds: give the key that the store was made with "
    "(docs/configuration.md names the settings)"
)


def in_words(work: Callable[[], None]) -> None:
    """Run `work`; what an operator can mend is raised again as CommandError."""
    try:
        work()
    except AppError as error:
        raise CommandError(f"{error.details or error.message} ({error.code})") from error
    except SealError as error:
        raise CommandError(WRONG_KEY) from error
    except (DatabaseUnavailable, MigrationError) as error:
        raise CommandError(f"the store cannot be used: {error}") from error
