"""`vestibule keys rotate`: publish the next signing key, and sign with it once clients have had time to fetch it."""

import argparse

from vestibule.cli.world import on_store
from vestibule.domain.context import Context
from vestibule.domain.keys import rotate
from vestibule.settings import HOUR


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `rotate [--grace SECONDS | --now]`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("rotate", help="publish a new signing key; old tokens keep verifying")
    notice = command.add_mutually_exclusive_group()
    notice.add_argument(
        "--grace",
        type=_seconds,
        default=HOUR,
        metavar="SECONDS",
        help="how long the new key is published before it signs (default: one hour)",
    )
    notice.add_argument(
        "--now",
        action="store_const",
        dest="grace",
        const=0,
        help="sign with the new key at once: for a key that may be in other hands",
    )


def run(args: argparse.Namespace) -> int:
    """Rotate and say when the new key signs."""
    grace: int = args.grace

    async def work(ctx: Context) -> None:
        kid = await rotate(ctx, grace)
        when = f"signs in {grace} s; running servers publish it within a minute" if grace else "signs from now on"
        print(f"{kid} {when}")

    return on_store(work)


def _seconds(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value
