"""`vestibule up`: everything a development machine needs, in the foreground; Ctrl-C or SIGTERM ends it all.

The work is done by the other commands: `account init` once, `serve` and `account` as child processes. This one makes
the master keys, looks after the children and says where everything is.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from vestibule.account import migrations as account_migrations
from vestibule.cli.children import ChildEnded, Children, Server, until_asked
from vestibule.cli.keyfile import ensure_key
from vestibule.cli.ports import require_free
from vestibule.cli.words import in_words
from vestibule.db.migrate import migrate
from vestibule.settings import AccountSettings, ServerSettings, load
from vestibule.store import migrations

WORDS = """
Vestibule is up.

{addresses}

Next: open the account page and create an account, then connect an application of yours:

  {program} apps create --type traditional --name "My app" --redirect-uri http://localhost:8000/callback

Ctrl-C stops everything. The data stays in the store.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""
    parser.epilog = "Ctrl-C or SIGTERM stops both servers. docs/configuration.md lists the settings."


def run(_: argparse.Namespace) -> int:
    """Start both servers and look after them; returns 0 when asked to stop."""
    identity, account = load(ServerSettings), load(AccountSettings)
    require_free(identity.host, identity.port, "VESTIBULE_PORT")
    require_free(account.host, account.port, "VESTIBULE_ACCOUNT_PORT")
    in_words(lambda: prepare(identity, account))
    try:
        asyncio.run(keep_up(identity, account))
    except ChildEnded as error:
        print(f"vestibule: {error}", file=sys.stderr)
        return error.code
    return 0


def prepare(identity: ServerSettings, account: AccountSettings) -> None:
    """Make the master keys of empty stores and migrate both."""
    for settings, tree in ((identity, migrations), (account, account_migrations)):
        ensure_key(settings.secret_key, settings.secret_key_file, settings.database_url)
        migrate(settings.database_url, tree)


async def keep_up(identity: ServerSettings, account: AccountSettings) -> None:
    """Run the children until a signal asks for the end or one of them ends by itself; none is left behind."""
    children = Children()
    try:
        await until_asked(bring_up(children, identity, account))
    finally:
        await children.stop()


async def bring_up(children: Children, identity: ServerSettings, account: AccountSettings) -> None:
    """Start the servers, say where they are once both answer, and watch them; never returns by itself."""
    servers = (
        Server("identity server", "serve", identity.host, identity.port, "/oidc/jwks"),
        Server("account server", "account", account.host, account.port, "/api/openapi.json"),
    )
    await children.start(servers[0])
    await children.finish("set-up of the account server", "account", "init", "--quiet", "--outbox")
    await children.start(servers[1])
    await asyncio.gather(*[children.ready(server) for server in servers])
    print(words(identity, account), flush=True)
    await children.watch()


def words(identity: ServerSettings, account: AccountSettings) -> str:
    """Say where everything is and what to do next."""
    program = sys.argv[0] if Path(sys.argv[0]).name == "vestibule" else "vestibule"
    lines = [
        ("account page", account.public_url, "register here first"),
        ("settings API", account.resource, f"described at {account.resource}/openapi.json"),
        ("sign-in", identity.public_url, f"issuer {identity.issuer}, Management API {identity.public_url}/api"),
    ]
    if identity.is_loopback:
        lines.append(("outbox", f"{identity.public_url}/outbox", f"or: {program} outbox last RECIPIENT"))
    width = max(len(address) for _, address, _ in lines)
    addresses = "\n".join(f"  {name:<14}{address:<{width}}   {text}" for name, address, text in lines)
    return WORDS.format(addresses=addresses, program=program)
