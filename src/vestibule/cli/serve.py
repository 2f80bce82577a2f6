"""`vestibule serve`: the identity server, in the foreground."""

import argparse

from vestibule import app
from vestibule.cli.listening import serve_forever
from vestibule.cli.words import in_words
from vestibule.db.migrate import migrate
from vestibule.settings import ServerSettings, load
from vestibule.store import migrations


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""


def run(_: argparse.Namespace) -> int:
    """Migrate the store and serve until SIGTERM or SIGINT."""
    settings = load(ServerSettings)

    def work() -> None:
        migrate(settings.database_url, migrations)
        serve_forever(lambda: app.build(settings), settings.host, settings.port, "VESTIBULE_PORT")

    in_words(work)
    return 0
