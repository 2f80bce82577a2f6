"""`vestibule up watch`: what `vestibule up` becomes once everything runs. It waits for the end, in little memory."""

import argparse
import sys

from vestibule.cli.children import ChildEnded, Children, Stopped


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the children: a process id and a name for each."""
    parser.epilog = "`vestibule up` becomes this by itself; there is nothing to do with it by hand."
    parser.add_argument("child", nargs="+", help="a process id and what it is, as in: 4711:account server")


def run(args: argparse.Namespace) -> int:
    """End the other children when one ends, and all when asked to; returns 0 then."""
    pairs = [child.partition(":") for child in args.child]
    children = Children({int(pid): name for pid, _, name in pairs})
    try:
        children.watch()
    except Stopped:
        return 0
    except ChildEnded as error:
        print(f"vestibule: {error}", file=sys.stderr)
        return error.code
    finally:
        children.end()
