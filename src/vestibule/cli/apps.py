"""`vestibule apps create`: an application that signs users in, or a server that uses the Management API."""

import argparse
import json

from vestibule.cli import CommandError
from vestibule.cli.trail import note
from vestibule.cli.world import on_store
from vestibule.domain.applications import create_application
from vestibule.domain.consent_scopes import USER_SCOPES
from vestibule.domain.context import Context
from vestibule.domain.redirect_uris import can_be_registered
from vestibule.model import ApplicationType

TYPES: dict[str, ApplicationType] = {
    "machine-to-machine": "MachineToMachine",
    "spa": "SPA",
    "native": "Native",
    "traditional": "Traditional",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `create`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    create = commands.add_parser("create", help="create an application and print its id and secret")
    create.add_argument("--type", required=True, choices=list(TYPES))
    create.add_argument("--name", required=True, help="what people read on the consent page")
    create.add_argument("--redirect-uri", action="append", default=[], metavar="U", help="may be given several times")
    create.add_argument(
        "--post-logout-redirect-uri", action="append", default=[], metavar="U", help="where signing out returns to"
    )
    create.add_argument("--management", action="store_true", help="may use the Management API")
    create.add_argument("--third-party", action="store_true", help="asks users for consent")
    create.add_argument(
        "--user-scope",
        action="append",
        default=[],
        choices=USER_SCOPES,
        metavar="S",
        help=f"what a third party may ask for, may be given several times: {', '.join(USER_SCOPES)}",
    )
    create.add_argument("--json", action="store_true", help='print {"id": …, "secret": …} and nothing else')


def run(args: argparse.Namespace) -> int:
    """Create the application; the secret is shown this once."""
    kind = TYPES[args.type]
    if args.management and kind != "MachineToMachine":
        raise CommandError("--management is for applications of the type machine-to-machine")
    if kind != "MachineToMachine" and not args.redirect_uri:
        raise CommandError(f"an application of the type {args.type} needs at least one --redirect-uri")
    if args.user_scope and not args.third_party:
        raise CommandError("--user-scope is for third parties: others may ask for anything")
    for uri in (*args.redirect_uri, *args.post_logout_redirect_uri):
        if not can_be_registered(uri):
            raise CommandError(f"{uri} cannot be registered: give an absolute address without fragment")

    async def work(ctx: Context) -> None:
        application, secret = await create_application(
            ctx,
            kind,
            args.name,
            args.redirect_uri,
            args.post_logout_redirect_uri,
            management=args.management,
            third_party=args.third_party,
            user_scopes=args.user_scope,
        )
        await note(ctx, "apps create", made=application.id)
        shown = {"id": application.id} | ({"secret": secret} if secret else {})
        print(json.dumps(shown) if args.json else "\n".join(f"{name:<7} {value}" for name, value in shown.items()))

    return on_store(work)
