"""`vestibule up`: everything a development machine needs, in the foreground; Ctrl-C or SIGTERM ends it all.

The work is done by the other commands: `keys init` and `account init` to set up, `serve` and `account` to stay. They
are forks of `vestibule up servers`, which has loaded the code of all. This one looks after them and says where
everything is; it opens no store, and so starts at once.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from vestibule.cli.children import ChildEnded, Server, children, until_asked
from vestibule.cli.ports import require_free
from vestibule.settings import AccountSettings, ServerSettings, load

WORDS = """
Vestibule is up.

{addresses}

Next: open the account page and create an account, then connect an application of yours:

  {program} apps create --type traditional --name "My app" --redirect-uri http://localhost:8000/callback

Ctrl-C stops everything. The data stays in the store.
"""
SET_UP = ("set-up of the account server", "account init")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""
    parser.epilog = "Ctrl-C or SIGTERM stops both servers. docs/configuration.md lists the settings."


def run(_: argparse.Namespace) -> int:
    """Start both servers and look after them; returns 0 when asked to stop."""
    identity, account = load(ServerSettings), load(AccountSettings)
    require_free(identity.host, identity.port, "VESTIBULE_PORT")
    require_free(account.host, account.port, "VESTIBULE_ACCOUNT_PORT")
    try:
        asyncio.run(until_asked(bring_up(identity, account)))
    except ChildEnded as error:
        print(f"vestibule: {error}", file=sys.stderr)
        return error.code
    return 0


async def bring_up(identity: ServerSettings, account: AccountSettings) -> None:
    """Start the servers, say where they are once both answer, and watch them; never returns by itself.

    None of them is left behind, whatever ends this.
    """
    servers = (
        Server("identity server", "serve", identity.host, identity.port, "/oidc/jwks"),
        Server("account server", "account", account.host, account.port, "/api/openapi.json"),
    )
    async with children() as running:
        if not (has_key(identity) and has_key(account)):
            await running.finish("making of the master keys", "keys init")
        running.start(servers[0].name, servers[0].command)
        held = credentials(account)
        if not held:
            await running.finish(*SET_UP)
        running.start(servers[1].name, servers[1].command)
        await asyncio.gather(*[running.ready(server) for server in servers])
        print(words(identity, account), flush=True)
        if held:
            # What the last start left is nearly always right: nobody waits for the check.
            await running.finish(*SET_UP)
            if credentials(account) != held:
                await running.restart(servers[1])
        await running.watch()


def has_key(settings: ServerSettings | AccountSettings) -> bool:
    """Tell whether a server has a master key."""
    return bool(settings.secret_key) or Path(settings.secret_key_file).is_file()


def credentials(account: AccountSettings) -> str:
    """Return what the account server would read as its applications: nothing before the first set-up."""
    if account.client_id and account.page_client_id:
        return account.client_id
    path = Path(account.credentials_file)
    return path.read_text() if path.is_file() else ""


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
