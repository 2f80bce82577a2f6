"""`vestibule migrate [--plan]`: bring both stores up to date, or say what would run."""

import argparse

from vestibule.account import migrations as account_migrations
from vestibule.cli import CommandError
from vestibule.db.migrate import MigrationError, migrate, plan
from vestibule.settings import AccountSettings, ServerSettings, load
from vestibule.store import migrations


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--plan` and `--store`."""
    parser.add_argument("--plan", action="store_true", help="only say what would run")
    parser.add_argument(
        "--store", choices=("identity", "account"), help="only this server's store (default: both)", default=None
    )


def run(args: argparse.Namespace) -> int:
    """Migrate each store and say what was done."""
    stores = {
        "identity": (load(ServerSettings).database_url, migrations),
        "account": (load(AccountSettings).database_url, account_migrations),
    }
    for name, (url, tree) in stores.items():
        if args.store not in (None, name):
            continue
        try:
            steps = plan(url, tree)
            if not args.plan:
                migrate(url, tree)
        except MigrationError as error:
            raise CommandError(f"the {name} store was not migrated: {error}") from error
        verb = "would run" if args.plan else "ran"
        print(*[f"{name} store: {verb} {step.revision} {step.summary}" for step in steps], sep="\n", end="")
        print(f"{name} store: up to date" if not steps else "")
    return 0
