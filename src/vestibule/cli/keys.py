"""`vestibule keys`: rotate the signing keys; move what is sealed to a new master key."""

import argparse
import json
import sys

from vestibule.cli import CommandError
from vestibule.cli.trail import note
from vestibule.cli.world import on_store
from vestibule.domain.context import Context
from vestibule.domain.keys import rotate, withdraw_previous
from vestibule.domain.sealing import Resealing, reseal
from vestibule.settings import HOUR


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `rotate [--grace SECONDS | --now] [--json]`, `withdraw` and `reseal [--json]`."""
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
    command.add_argument(
        "--json", action="store_true", help='print {"kid": …, "signsAt": …} (epoch ms) and nothing else'
    )
    command.set_defaults(work=_rotate)
    withdrawn = commands.add_parser("withdraw", help="delete the previous key: tokens it signed are refused")
    withdrawn.set_defaults(work=_withdraw)
    sealed = commands.add_parser("reseal", help="seal everything anew with the first of several master keys")
    sealed.add_argument("--json", action="store_true", help='print {"resealed": …, "unopened": […]} and nothing else')
    sealed.set_defaults(work=_reseal)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    code: int = args.work(args)
    return code


def _rotate(args: argparse.Namespace) -> int:
    """Rotate and say when the new key signs."""
    grace: int = args.grace

    async def work(ctx: Context) -> None:
        signs_at = ctx.clock.now() + grace * 1000
        kid = await rotate(ctx, grace)
        await note(ctx, "keys rotate", made=kid, signsAt=signs_at)
        if args.json:
            print(json.dumps({"kid": kid, "signsAt": signs_at}))
            return
        when = f"signs in {grace} s; running servers publish it within seconds" if grace else "signs from now on"
        print(f"{kid} {when}")

    return on_store(work)


def _withdraw(_: argparse.Namespace) -> int:
    """Delete the previous key, after `rotate --now`."""

    async def work(ctx: Context) -> None:
        if not await withdraw_previous(ctx):
            raise CommandError("there is no previous key")
        await note(ctx, "keys withdraw")
        print("the previous key is gone; running servers refuse its tokens within seconds")

    return on_store(work)


def _reseal(args: argparse.Namespace) -> int:
    """Move every sealed value to the newest master key, while servers run; can be stopped and run again."""

    def progress(state: Resealing) -> None:
        if not args.json:
            print(f"{state.resealed} of {state.total}", file=sys.stderr)

    async def work(ctx: Context) -> None:
        state = await reseal(ctx, progress)
        await note(ctx, "keys reseal", resealed=state.resealed, unopened=len(state.unopened))
        if args.json:
            print(json.dumps({"resealed": state.resealed, "unopened": state.unopened}))
        else:
            print(f"sealed {state.resealed} values with the first master key")
        if state.unopened:
            rows = "" if args.json else f": {', '.join(state.unopened)}"
            raise CommandError(f"{len(state.unopened)} values open with none of the master keys{rows}")

    return on_store(work)


def _seconds(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value
