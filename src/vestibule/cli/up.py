"""`vestibule up`: everything a development machine needs, in the foreground; Ctrl-C or SIGTERM ends it all.

The work is done by the other commands as child processes: `keys init` and `account init` to set up, `serve` and
`account` to stay. This one looks after them and says where everything is; it opens no store, and so starts at once.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from vestibule.cli.children import ChildEnded, Children, Server, until_asked
from vestibule.cli.ports import require_free
from vestibule.settings import AccountSettings, ServerSettings, load

WORDS = """
Vestibule is up.

{addresses}

Next: open the account page and create an account, then connect an application of yours:

  {program} apps create --type traditional --name "My app" --redirect-uri http://localhost:8000/callback

Ctrl-C stops everything. The data stays in the store.
"""
SET_UP = ("set-up of the account server", "account", "init", "--quiet", "--outbox")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""
    parser.epilog = "Ctrl-C or SIGTERM stops both servers. docs/configuration.md lists the settings."


def run(_: argparse.Namespace) -> int:
    """Start both servers and look after them; returns 0 when asked to stop."""
    identity, account = load(ServerSettings), load(AccountSettings)
    require_free(identity.host, identity.port, "VESTIBULE_PORT")
    require_free(account.host, account.port, "VESTIBULE_ACCOUNT_PORT")
    try:
        asyncio.run(keep_up(identity, account))
    except ChildEnded as error:
        print(f"vestibule: {error}", file=sys.stderr)
        return error.code
    return 0


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
    if not (has_key(identity) and has_key(account)):
        await children.finish("making of the master keys", "keys", "init")
    await children.start(servers[0])
    held = credentials(account)
    if not held:
        await children.finish(*SET_UP)
    await children.start(servers[1])
    await asyncio.gather(*[children.ready(server) for server in servers])
    print(words(identity, account), flush=True)
    if held:
        # What the last start left is nearly always right: nobody waits for the check.
        await children.finish(*SET_UP)
        if credentials(account) != held:
            await children.restart(servers[1])
    await children.watch()


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
