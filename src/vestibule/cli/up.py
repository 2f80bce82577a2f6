"""`vestibule up`: everything a development machine needs, in the foreground; Ctrl-C or SIGTERM ends it all.

One process that becomes three things in turn: this one looks whether the ports are free and so refuses at once;
`vestibule up servers` loads the code of both servers and forks them; `vestibule up watch` waits for the end.
"""

import argparse

from vestibule.cli.children import become, hold_signals
from vestibule.cli.ports import require_free
from vestibule.settings import AccountSettings, ServerSettings, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""
    parser.epilog = "Ctrl-C or SIGTERM stops both servers. docs/configuration.md lists the settings."


def run(_: argparse.Namespace) -> int:
    """Start both servers and look after them."""
    hold_signals()
    identity, account = load(ServerSettings), load(AccountSettings)
    require_free(identity.host, identity.port, "VESTIBULE_PORT")
    require_free(account.host, account.port, "VESTIBULE_ACCOUNT_PORT")
    become("up", "servers")
