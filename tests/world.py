"""The identity server as composed for real, in process, on a clock that tests move."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from argon2 import PasswordHasher

from vestibule import app as composition
from vestibule.app import IdentityServer
from vestibule.clock import ManualClock
from vestibule.domain.applications import create_application
from vestibule.domain.outbox import last, seed_outbox
from vestibule.http import Log
from vestibule.model import MANAGEMENT_RESOURCE, ApplicationType
from vestibule.password_pool import PasswordPool
from vestibule.settings import ServerSettings, load

URL = "http://id.localhost:3001"
JSON = dict[str, Any]
PASSWORD = "correct horse battery"
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The least that argon2id takes: a test about anything but the cost of hashing need not pay it at each password."""


@dataclass
class World:
    """The server, its clock, and a client without cookies."""

    server: IdentityServer
    clock: ManualClock
    client: httpx2.AsyncClient
    lines: list[str]
    outbox: Path
    token: str = ""

    async def app(self, kind: ApplicationType, **more: Any) -> tuple[str, str]:
        """Create an application; returns its id and secret."""
        made, secret = await create_application(self.server.ctx, kind, "Test", **more)
        return made.id, secret or ""

    async def client_token(self, client_id: str, secret: str, **more: str) -> JSON:
        """Ask for a client-credentials token; returns the answer."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **more}
        return dict((await self.client.post("/oidc/token", data=form)).json())

    async def management_token(self) -> str:
        """Return a token that opens the Management API."""
        if not self.token:
            client_id, secret = await self.app("MachineToMachine", management=True)
            answer = await self.client_token(client_id, secret, resource=MANAGEMENT_RESOURCE, scope="all")
            self.token = answer["access_token"]
        return self.token

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        """Call the Management API with a good token."""
        headers = {"authorization": f"Bearer {await self.management_token()}", **more.pop("headers", {})}
        return await self.client.request(method, f"/api{path}", json=body, headers=headers, **more)

    async def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Return the status and the code that a call is refused with."""
        answer = await self.call(method, path, body)
        return answer.status_code, answer.json()["code"]

    async def made(self, path: str, **body: Any) -> JSON:
        """Create something by POST; returns it as it is shown."""
        answer = await self.call("POST", path, body)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    async def user(self, **body: Any) -> JSON:
        """Create a user through the API."""
        answer = await self.call("POST", "/users", body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def code_for(self, recipient: str) -> str:
        """Return the last code that was sent to a recipient."""
        message = last(self.outbox, recipient)
        assert message is not None
        return str(message.code)


@asynccontextmanager
async def worlds(database_url: str, folder: Path, *, outbox: bool = True, **env: str) -> AsyncIterator[World]:
    """Run a server on a migrated store until the block ends."""
    clock, lines = ManualClock(), list[str]()
    settings = load(
        ServerSettings,
        {
            "VESTIBULE_PUBLIC_URL": URL,
            "VESTIBULE_DATABASE_URL": database_url,
            "VESTIBULE_SECRET_KEY": "A" * 43,
            "VESTIBULE_OUTBOX": str(folder / "outbox"),
            "VESTIBULE_SIGNING_ALGORITHM": "ES256",
            **env,
        },
    )
    log = Log(clock, level="DEBUG", write=lines.append)
    passwords = PasswordPool(threads=2, queue=500, hasher=QUICK_HASHER)
    server = await composition.build(settings, clock=clock, log=log, passwords=passwords)
    if outbox:
        await seed_outbox(server.ctx)
    transport = httpx2.ASGITransport(app=server.app, raise_app_exceptions=False)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url=URL) as client:
            yield World(server, clock, client, lines, folder / "outbox")
    finally:
        await server.close()
