"""The command line. A command's module is imported only when it is asked for, so that each loads what it needs."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from vestibule import __version__
from vestibule.settings import SettingError

COMMANDS = {
    "up": ("vestibule.cli.up", "start everything for development: both servers, a store, an outbox"),
    "serve": ("vestibule.cli.serve", "start the identity server"),
    "account": ("vestibule.cli.account", "start the account server, or set it up with `account init`"),
    "migrate": ("vestibule.cli.migrate", "bring the store up to date; `--plan` only says what would run"),
    "users": ("vestibule.cli.users", "create users"),
    "apps": ("vestibule.cli.apps", "create applications"),
    "keys": ("vestibule.cli.keys", "rotate the signing keys"),
    "outbox": ("vestibule.cli.outbox", "read the messages of a development server"),
}


def usage() -> str:
    """Return the list of commands."""
    width = max(len(name) for name in COMMANDS)
    lines = [f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items()]
    return "\n".join(["usage: vestibule COMMAND …", "", *lines, "", "`vestibule COMMAND --help` says more."])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--version"]:
        print(__version__)
        return 0
    if not words or words[0] not in COMMANDS:
        print(usage(), file=sys.stdout if words[:1] in (["--help"], ["-h"]) else sys.stderr)
        return 0 if words[:1] in (["--help"], ["-h"]) else 2
    name, summary = COMMANDS[words[0]]
    module = importlib.import_module(name)
    parser = argparse.ArgumentParser(prog=f"vestibule {words[0]}", description=summary)
    module.add_arguments(parser)
    try:
        code: int = module.run(parser.parse_args(words[1:]))
    except SettingError as error:
        print(f"vestibule: {error}", file=sys.stderr)
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())
