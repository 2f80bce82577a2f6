"""`vestibule keys init`: make the master key of each store that has none and holds nothing yet."""

import argparse

from vestibule.cli.keyfile import ensure_key
from vestibule.cli.words import in_words
from vestibule.settings import AccountSettings, ServerSettings, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""
    parser.epilog = "A key that is there is left alone. Keep a copy: without it nothing that is sealed can be read."


def run(_: argparse.Namespace) -> int:
    """Make what is missing; raises CommandError for a store that holds data but has lost its key."""
    in_words(make)
    return 0


def make() -> None:
    """Make the key of each server that has none."""
    for settings in (load(ServerSettings), load(AccountSettings)):
        ensure_key(settings.secret_key, settings.secret_key_file, settings.database_url)
