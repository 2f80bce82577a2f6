"""`vestibule keys rotate`: publish the next signing key, and sign with it once clients have had time to fetch it."""

import argparse

from vestibule.cli import CommandError
from vestibule.cli.world import on_store
from vestibule.domain.context import Context
from vestibule.domain.keys import rotate, withdraw_previous
from vestibule.settings import HOUR


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `rotate [--grace SECONDS | --now]` and `withdraw`."""
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
    command.set_defaults(work=_rotate)
    withdrawn = commands.add_parser("withdraw", help="delete the previous key: tokens it signed are refused")
    withdrawn.set_defaults(work=_withdraw)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    code: int = args.work(args)
    return code


def _rotate(args: argparse.Namespace) -> int:
    """Rotate and say when the new key signs."""
    grace: int = args.grace

    async def work(ctx: Context) -> None:
        kid = await rotate(ctx, grace)
        when = f"signs in {grace} s; running servers publish it within a minute" if grace else "signs from now on"
        print(f"{kid} {when}")

    return on_store(work)


def _withdraw(_: argparse.Namespace) -> int:
    """Delete the previous key, after `rotate --now`."""

    async def work(ctx: Context) -> None:
        if not await withdraw_previous(ctx):
            raise CommandError("there is no previous key")
        print("the previous key is gone; running servers refuse its tokens within a minute")

    return on_store(work)


def _seconds(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value
