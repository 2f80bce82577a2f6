"""The commands: one file each, found by name in `vestibule.__main__`.

Each has `add_arguments(parser)` and `run(args)`, which returns the exit code.
"""

import sys
from collections.abc import Callable

from vestibule.settings import SettingError


class CommandError(Exception):
    """A command cannot do what was asked; the sentence is printed as it is and says what to do."""


def exit_code(command: Callable[[], int]) -> int:
    """Run a command; what the operator can mend is one line on standard error, and the code 2."""
    try:
        return command()
    except (CommandError, SettingError) as error:
        print(f"vestibule: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1
