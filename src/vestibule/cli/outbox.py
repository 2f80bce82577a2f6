"""`vestibule outbox last RECIPIENT`: the last code that a development server wrote for somebody."""

import argparse

from vestibule.cli import CommandError
from vestibule.domain.outbox import last
from vestibule.settings import ServerSettings, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `last RECIPIENT`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("last", help="print the last code sent to somebody")
    command.add_argument("recipient", help="an e-mail address or a phone number")
    command.add_argument("--whole", action="store_true", help="print the whole message")


def run(args: argparse.Namespace) -> int:
    """Print the code of the newest message, or its text when it holds none."""
    message = last(load(ServerSettings).outbox, args.recipient)
    if message is None:
        raise CommandError(f"the outbox holds no message to {args.recipient}")
    print(message.text if args.whole or message.code is None else message.code)
    return 0
