"""The commands: one file each, found by name in `vestibule.__main__`.

Each has `add_arguments(parser)` and `run(args)`, which returns the exit code.
"""


class CommandError(Exception):
    """A command cannot do what was asked; the sentence is printed as it is and says what to do."""
