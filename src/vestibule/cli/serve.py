"""`vestibule serve`: the identity server, in the foreground."""

import argparse

from vestibule import app
from vestibule.cli.listening import serve_forever
from vestibule.cli.world import in_words
from vestibule.settings import ServerSettings, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""


def run(_: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    settings = load(ServerSettings)
    in_words(lambda: serve_forever(app.build(settings), settings.host, settings.port, "VESTIBULE_PORT"))
    return 0
