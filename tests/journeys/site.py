"""The servers a journey goes through: both of ours, a mail server, and an application that uses them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from tests.journeys.client_site import ClientSite, client_site
from tests.journeys.mail import FACTORY, Mailbox, smtp_config, smtp_server
from tests.live import Live, live_servers
from tests.oidc.world import App, authorization
from vestibule.client import ManagementClient, connectors

_numbers = count(1)
SETTINGS = {
    "VESTIBULE_ALLOW_PRIVATE": "127.0.0.0/8",  # the mail server
    "VESTIBULE_TRUSTED_PROXIES": "127.0.0.0/8",  # everybody comes from an address of their own
    "VESTIBULE_ACCOUNT_TIMEOUT": "2",
}

ASKED = ("profile", "email", "phone", "address")
"""What the third party may ask for."""


@dataclass(frozen=True)
class Site:
    """What is running."""

    live: Live
    mailbox: Mailbox
    client: ClientSite
    manager: ManagementClient
    first_party: str
    third_party: str

    def somebody(self, name: str = "ada") -> str:
        """Return a user name that nobody has yet."""
        return f"{name}_{next(_numbers)}"

    def authorize(self, app: str, redirect_uri: str = "", **more: str) -> str:
        """Return the address at which an application's sign-in begins."""
        query = authorization(App(app, None, "Traditional", redirect_uri or self.client.callback), **more)
        return f"{self.live.identity}/oidc/auth?{urlencode(query)}"


@contextmanager
def running(folder: Path, identity_store: str, account_store: str) -> Iterator[Site]:
    """Run everything until the block ends; e-mail goes out by SMTP, text messages to the outbox."""
    servers = live_servers(folder, identity_store, account_store, **SETTINGS)
    with smtp_server() as (mailbox, port), client_site() as client, servers as live:
        apps = {
            kind: live.application("traditional", "--redirect-uri", client.callback, *more)["id"]
            for kind, more in {
                "first": ("--redirect-uri", client.detour),
                "third": ("--third-party", *(word for scope in ASKED for word in ("--user-scope", scope))),
            }.items()
        }
        with ManagementClient(live.identity, *_credentials(live)) as manager:
            _send_by_smtp(manager, port)
            yield Site(live, mailbox, client, manager, apps["first"], apps["third"])


def _credentials(live: Live) -> tuple[str, str]:
    """Return the account server's own way into the Management API."""
    held = json.loads((live.folder / "var" / "account.json").read_text())
    return str(held["client_id"]), str(held["client_secret"])


def _send_by_smtp(manager: ManagementClient, port: int) -> None:
    for connector in manager.send(connectors.find()):
        if connector.type == "Email":
            manager.send(connectors.delete(connector.id))
    manager.send(connectors.create(FACTORY, smtp_config(port)))
