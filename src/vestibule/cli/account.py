"""`vestibule account`: the account server, in the foreground. `vestibule account init` is another module."""

import argparse

from vestibule.account import app, migrations
from vestibule.cli.listening import serve_forever
from vestibule.cli.words import in_words
from vestibule.db.migrate import migrate
from vestibule.settings import AccountSettings, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""
    parser.epilog = "`vestibule account init` creates the two applications that the account server needs."


def run(_: argparse.Namespace) -> int:
    """Migrate the own store and serve until SIGTERM or SIGINT."""
    settings = load(AccountSettings)

    def work() -> None:
        migrate(settings.database_url, migrations)
        serve_forever(lambda: app.build(settings), settings.host, settings.port, "VESTIBULE_ACCOUNT_PORT")

    in_words(work)
    return 0
