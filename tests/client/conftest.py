"""A loopback server that answers what the contract says, and both clients in front of it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.client import contract
from vestibule.client import AsyncManagementClient, ManagementClient, Operation, Page
from vestibule.http import serve

T = TypeVar("T")
Answer = Callable[[Request], Awaitable[Response] | Response | None]


@dataclass
class Server:
    """What was asked; `answers` replaces the documented answer of a path."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    grants: list[dict[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    lifetime: int = 3600
    answers: dict[str, Answer] = field(default_factory=dict)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Be an ASGI application."""
        if scope["type"] == "http":
            request = Request(scope, receive)
            await (await self.handle(request))(scope, receive, send)

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        path = request.scope["raw_path"].decode().partition("?")[0]
        self.asked.append(f"{request.method} {path}")
        self.queries.append(request.url.query)
        body = await request.body()
        if path in self.answers:
            made = self.answers[path](request)
            made = await made if isinstance(made, Awaitable) else made
            if made is not None:
                return made
        if path == "/oidc/token":
            return self.grant(body)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return JSONResponse({"code": "auth.unauthorized", "message": "no"}, 401)
        sent = json.loads(body) if body else None
        self.bodies.append(sent)
        assert contract.faults(request.method, path, sent) == []
        status, value = contract.answer(request.method, path)
        return Response(status_code=status) if value is None else JSONResponse(value, status)

    def grant(self, body: bytes) -> Response:
        """Give a token to the right secret."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.grants.append(form)
        if form.get("client_secret") != "right":
            return JSONResponse({"error": "invalid_client", "error_description": "wrong secret"}, 401)
        token = f"token{len(self.grants)}"
        self.tokens.add(token)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime})


@dataclass
class Both:
    """One of the two clients, called the same way."""

    kind: str
    server: Server
    secret: str = "right"
    timeout: float = 5.0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Caller"]:
        """Open the client."""
        if self.kind == "async":
            async with AsyncManagementClient(self.server.url, "id", self.secret, timeout=self.timeout) as client:
                yield Caller(client)
        else:
            with ManagementClient(self.server.url, "id", self.secret, timeout=self.timeout) as client:
                yield Caller(client)


@dataclass
class Caller:
    """Sends operations with whichever client it has."""

    client: AsyncManagementClient | ManagementClient

    async def send(self, operation: Operation[T]) -> T:
        """Send one operation."""
        if isinstance(self.client, AsyncManagementClient):
            return await self.client.send(operation)
        return await asyncio.to_thread(self.client.send, operation)

    async def all(self, page: Page[T]) -> list[T]:
        """Walk a list."""
        if isinstance(self.client, AsyncManagementClient):
            return [item async for item in self.client.pages(page)]
        return await asyncio.to_thread(lambda client: list(client.pages(page)), self.client)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Serve on a free port."""
    made, port, stop = Server(), asyncio.get_running_loop().create_future(), asyncio.Event()
    running = asyncio.create_task(serve(made, "127.0.0.1", 0, ready=port.set_result, stop=stop))
    made.url = f"http://localhost:{await port}"
    yield made
    stop.set()
    await running


@pytest.fixture(params=["sync", "async"])
def both(request: pytest.FixtureRequest, server: Server) -> Both:
    """Each client in turn."""
    return Both(request.param, server)
