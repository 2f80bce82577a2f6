"""`vestibule breached build | verify`: the file of breached passwords that new ones are held against."""

import argparse
import json
import os
import sys
from pathlib import Path
from time import monotonic

from vestibule.cli import CommandError
from vestibule.domain.breached_build import build
from vestibule.domain.breached_file import WIDTH, BreachedFile, BreachedFileError

SETTING, DEFAULT = "VESTIBULE_BREACHED_FILE", "var/breached.bin"
SAY_SECONDS = 2.0
STOPPED, DAMAGED = 130, 1


class Progress:
    """Says how far it is, at most every two seconds, on standard error."""

    def __init__(self) -> None:
        self._said = monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say it, when it is time."""
        now = monotonic()
        if now - self._said >= SAY_SECONDS:
            self._said = now
            print(f"{what} {100 * done // max(total, 1)} %", file=sys.stderr, flush=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `build` and `verify`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    made = commands.add_parser("build", help="make the file from a list of HASH:COUNT lines (SHA-1 or NTLM)")
    made.add_argument("list", type=Path, help="the list, in any order; it is read as a stream")
    made.add_argument("--output", type=Path, metavar="FILE", help=f"where to (default: {SETTING}, or {DEFAULT})")
    made.add_argument(
        "--least",
        type=_positive,
        default=1,
        metavar="COUNT",
        help="only passwords that were seen so often (default: 1)",
    )
    made.add_argument("--json", action="store_true", help="print the outcome as one JSON object")
    made.set_defaults(work=_build)
    verified = commands.add_parser("verify", help="read a file whole and say whether it is as it was made")
    verified.add_argument("file", type=Path)
    verified.add_argument("--json", action="store_true", help="print the outcome as one JSON object")
    verified.set_defaults(work=_verify)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; ends with 1 for a damaged file, with 130 when stopped."""
    try:
        code: int = args.work(args)
    except KeyboardInterrupt:
        print("\nstopped; nothing was changed", file=sys.stderr)
        return STOPPED
    return code


def _build(args: argparse.Namespace) -> int:
    target = args.output or Path(os.environ.get(SETTING, "").strip() or DEFAULT)
    try:
        built = build(args.list, target, Progress(), least=args.least)
    except BreachedFileError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or target}: {error.strerror}") from error
    if args.json:
        print(json.dumps({"file": str(target), "digest": built.kind, "passwords": built.count, "bytes": built.size}))
        return 0
    print(f"wrote {target}: {built.count:,} passwords ({built.kind}), {built.size / 1e6:,.1f} MB")
    print(f"next: {SETTING}={target.resolve()}, and start the servers again")
    return 0


def _verify(args: argparse.Namespace) -> int:
    say, fault = Progress(), None
    try:
        file = BreachedFile(args.file)
        try:
            for done in file.verify():
                say("verified", done, len(file))
        finally:
            file.close()
    except BreachedFileError as error:
        fault = str(error)
    if args.json:
        print(json.dumps({"file": str(args.file), "good": fault is None, "fault": fault}))
    elif fault:
        print(f"vestibule: {fault}", file=sys.stderr)
    else:
        odds = 2 ** (8 * WIDTH) // max(len(file), 1)
        print(f"{args.file} is good: {len(file):,} passwords ({file.kind.name}); one look-up in {odds:,} is wrong")
    return 0 if fault is None else DAMAGED


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value
