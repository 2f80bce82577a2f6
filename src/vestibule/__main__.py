"""The command line. What a command or a store needs is imported only when it is asked for: each loads what it needs."""

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from vestibule import __version__
from vestibule.cli import CommandError
from vestibule.settings import SettingError

COMMANDS = {
    "up": ("vestibule.cli.up", "start everything for development: both servers, a store, an outbox"),
    "up servers": ("vestibule.cli.up_servers", "what `up` becomes to fork both servers; nothing to start by hand"),
    "up watch": ("vestibule.cli.up_watch", "what `up` becomes once both servers run; nothing to start by hand"),
    "serve": ("vestibule.cli.serve", "start the identity server"),
    "account": ("vestibule.cli.account", "start the account server"),
    "account init": ("vestibule.cli.account_init", "create the applications, scopes and role of the account server"),
    "migrate": ("vestibule.cli.migrate", "bring the store up to date; `--plan` only says what would run"),
    "users": ("vestibule.cli.users", "create, list, import and unlock users"),
    "doctor": ("vestibule.cli.doctor", "look at the running server from outside, and say what to change"),
    "breached": ("vestibule.cli.breached", "make and check the file of breached passwords"),
    "apps": ("vestibule.cli.apps", "create applications"),
    "keys": ("vestibule.cli.keys", "rotate the signing keys, and the master key that seals"),
    "keys init": ("vestibule.cli.keys_init", "make the master keys of stores that hold nothing yet"),
    "outbox": ("vestibule.cli.outbox", "read the messages of a development server"),
}
# A database's own driver and dialect, by the scheme of its address; SQLite's are always there.
ENGINES = dict.fromkeys(("postgresql", "postgres"), "vestibule.db.postgres")
STORES = ("VESTIBULE_DATABASE_URL", "VESTIBULE_ACCOUNT_DATABASE_URL")


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
    length = next((n for n in (2, 1) if " ".join(words[:n]) in COMMANDS), 0)
    if not length:
        asked = words[:1] in (["--help"], ["-h"], ["help"])
        print(usage(), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    name = " ".join(words[:length])
    return run(name, words[length:])


def load(path: str) -> ModuleType:
    """Import a command's module, and the engine of the store that the environment names.

    What is loaded stays to the end, so nobody looks for garbage in it: not now, which would be an eighth of the time,
    nor later.
    """
    gc.disable()
    for scheme in {os.environ.get(setting, "").strip().partition(":")[0] for setting in STORES} & ENGINES.keys():
        importlib.import_module(ENGINES[scheme])
    module = importlib.import_module(path)
    gc.freeze()
    gc.enable()
    return module


def run(name: str, arguments: Sequence[str]) -> int:
    """Run the command of the table's `name`; what the operator can mend is one line on standard error."""
    path, summary = COMMANDS[name]
    module = load(path)
    parser = argparse.ArgumentParser(prog=f"vestibule {name}", description=f"{summary[0].upper()}{summary[1:]}.")
    module.add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        code: int = module.run(options)
    except (CommandError, SettingError) as error:
        print(f"vestibule: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
