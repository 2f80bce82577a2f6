"""The account server on a fresh store, in front of a live stub."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.account.described import faults
from tests.account.stub import Stub
from vestibule.account import app as composition
from vestibule.account.app import AccountServer
from vestibule.clock import ManualClock
from vestibule.http import Log, serve
from vestibule.settings import AccountSettings, load

URL = "http://localhost:3002"
ALL = "account:read account:profile account:identifiers account:security"
JSON = dict[str, Any]


@dataclass
class World:
    """Both servers and a client of the settings API."""

    stub: Stub
    server: AccountServer
    clock: ManualClock
    client: httpx2.AsyncClient
    lines: list[str]
    settings: AccountSettings
    tls: ssl.SSLContext

    @asynccontextmanager
    async def another(self) -> AsyncIterator[httpx2.AsyncClient]:
        """Run a second node on the same store; yields a browser of it."""
        log = Log(self.clock, write=self.lines.append)
        server = await composition.build(self.settings, clock=self.clock, log=log, tls=self.tls)
        async with browser(server) as client:
            yield client
        await server.close()

    def claims(self, user_id: str = "ada", **changes: Any) -> JSON:
        """Return the claims of a good token, changed."""
        now = self.clock.now() // 1000
        made = {
            "iss": self.stub.issuer, "sub": user_id, "aud": f"{URL}/api", "client_id": "page", "scope": ALL,
            "iat": now, "exp": now + 3600, "jti": "j",
        }  # fmt: skip
        return {name: value for name, value in {**made, **changes}.items() if value is not None}

    async def call(
        self,
        method: str,
        path: str = "",
        body: Any = None,
        *,
        proofs: list[str] | None = None,
        user: str = "ada",
        scope: str = ALL,
    ) -> httpx2.Response:
        """Call `/api/me…` with a good token of a user."""
        headers = {"authorization": f"Bearer {self.stub.sign(self.claims(user, scope=scope))}"}
        if proofs:
            headers["vestibule-proof"] = ", ".join(proofs)
        return await self.client.request(method, f"/api/me{path}", json=body, headers=headers)

    async def start(self, method: str, action: str, target: str | None = None, user: str = "ada") -> httpx2.Response:
        """Start a proof."""
        self.clock.advance(seconds=61)
        body = {"method": method, "action": action} | ({"target": target} if target else {})
        return await self.call("POST", "/proofs", body, user=user)

    async def proof(self, method: str, action: str, secret: str, target: str | None = None, user: str = "ada") -> str:
        """Start and verify a proof; returns its id."""
        started = await self.start(method, action, target, user)
        assert started.status_code == 201, started.text
        proof_id = str(started.json()["id"])
        verified = await self.call("POST", f"/proofs/{proof_id}/verify", {"secret": secret}, user=user)
        assert verified.status_code == 200, verified.text
        return proof_id


def refused(answer: httpx2.Response, status: int, kind: str) -> bool:
    """Tell whether an answer is this problem, in the right form."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["title"]
    return bool((answer.status_code, problem["type"]) == (status, f"urn:vestibule:problem:{kind}"))


def browser(server: AccountServer) -> httpx2.AsyncClient:
    """Return a browser, or any other client, of a server."""
    transport = httpx2.ASGITransport(app=server.app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url=URL)


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    """The certificates that this machine trusts: reading them takes longer than most tests."""
    return httpx2.create_ssl_context()


@pytest.fixture(scope="session")
def description() -> JSON:
    """What the settings API says of itself, put here by the first server: it is the same of each."""
    return {}


@pytest.fixture
async def world(account_database_url: str, tls: ssl.SSLContext, description: JSON) -> AsyncIterator[World]:
    """Start the stub on a free port, and the account server in this process; its API is held to its description."""
    stub, ports, stop = Stub(), asyncio.get_running_loop().create_future(), asyncio.Event()
    running = asyncio.create_task(serve(stub.app(), "127.0.0.1", 0, ready=ports.set_result, stop=stop))
    stub.url = f"http://localhost:{await ports}"
    clock, lines = ManualClock(), list[str]()
    settings = load(
        AccountSettings,
        {
            "VESTIBULE_PUBLIC_URL": stub.url,
            "VESTIBULE_ACCOUNT_PUBLIC_URL": URL,
            "VESTIBULE_ACCOUNT_DATABASE_URL": account_database_url,
            "VESTIBULE_ACCOUNT_SECRET_KEY": "A" * 43,
            "VESTIBULE_ACCOUNT_CLIENT_ID": "m2m",
            "VESTIBULE_ACCOUNT_CLIENT_SECRET": "m2m secret",
            "VESTIBULE_ACCOUNT_PAGE_CLIENT_ID": "page",
            "VESTIBULE_ACCOUNT_PAGE_CLIENT_SECRET": "page secret",
            "VESTIBULE_ACCOUNT_CUSTOM_DATA_KEYS": "theme,plan",
            "VESTIBULE_ACCOUNT_CORS_ORIGINS": "https://front.example",
            "VESTIBULE_ACCOUNT_TIMEOUT": "5",
        },
    )
    log = Log(clock, level="DEBUG", write=lines.append)
    server = await composition.build(settings, clock=clock, log=log, tls=tls)
    async with browser(server) as client:
        if not description:
            description.update((await client.get("/api/openapi.json")).json())

        async def conforms(answer: httpx2.Response) -> None:
            if answer.request.url.path.startswith("/api") and answer.request.method != "OPTIONS":
                await answer.aread()
                assert faults(description, answer) == [], f"{answer.request.method} {answer.request.url.path}"

        client.event_hooks["response"].append(conforms)
        stub.add("ada", "correct horse", username="ada", primaryEmail="ada@example.com", name="Ada")
        yield World(stub, server, clock, client, lines, settings, tls)
    await server.close()
    stop.set()
    await running
