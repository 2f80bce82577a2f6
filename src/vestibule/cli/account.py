"""`vestibule account`: the account server, in the foreground. `vestibule account init` is another module."""

import argparse

from vestibule.account import app
from vestibule.cli.listening import serve_forever
from vestibule.settings import AccountSettings, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""
    parser.epilog = "`vestibule account init` creates the two applications that the account server needs."


def run(_: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    settings = load(AccountSettings)
    serve_forever(app.build(settings), settings.host, settings.port, "VESTIBULE_ACCOUNT_PORT")
    return 0
