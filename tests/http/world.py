"""Small factories for tests of the edge: an application around some routes, a client, a running server."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import httpx2
from msgspec import UNSET, Struct

from vestibule.clock import ManualClock
from vestibule.http import (
    PUBLIC,
    Application,
    Bounds,
    Face,
    Log,
    Request,
    Response,
    Route,
    api_face,
    json_response,
    serve,
)
from vestibule.http.guard import Length, Maybe, Nullable, Pattern, Url, rule

PUBLIC_URL = "https://id.example.com"
JSON = {"content-type": "application/json"}

Username = Annotated[str, rule(Pattern(r"^[A-Z_a-z]\w*$"))]
Email = Annotated[str, rule(Pattern(r"^\S+@\S+\.\S+$"))]
Phone = Annotated[str, rule(Pattern(r"^\d+$"))]
Avatar = Annotated[str, rule(Url(), or_empty=True)]


class Address(Struct, rename="camel"):
    postal_code: Maybe[str] = UNSET


class Note(Struct, rename="camel"):
    phone: Maybe[Nullable[Phone]] = UNSET
    email: Maybe[Nullable[Email]] = UNSET
    user_name: Maybe[Nullable[Username]] = UNSET
    avatar: Maybe[Nullable[Avatar]] = UNSET
    title: Maybe[Annotated[str, rule(Length(1, 4))]] = UNSET
    kind: Maybe[Literal["plain", "rich"]] = UNSET
    count: Maybe[int] = UNSET
    tags: Maybe[list[Annotated[str, rule(Length(maximum=3))]]] = UNSET
    custom_data: Maybe[dict[str, object]] = UNSET
    address: Maybe[Address] = UNSET
    either: Maybe[Annotated[str, rule(Length(minimum=2))] | int] = UNSET


class Pair(Struct):
    left: str
    right: int


class Lines:
    """Collects log lines."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, text: str) -> None:
        self.texts.append(text)

    def parsed(self) -> list[dict[str, object]]:
        return [json.loads(text) for text in self.texts]


def logger(lines: Lines | None = None) -> Log:
    return Log(ManualClock(), write=(lines or Lines()).write)


def app_of(
    *routes: Route, faces: Sequence[Face] = (), public_url: str = PUBLIC_URL, lines: Lines | None = None
) -> Application:
    shown = [*faces, api_face("/api", routes)] if routes else list(faces)
    return Application(shown, public_url=public_url, log=logger(lines))


def client_of(app: Application) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://forged.example", headers={"accept-encoding": ""})


async def echo_note(request: Request) -> Response:
    return json_response(await request.json(Note))


async def echo_pair(request: Request) -> Response:
    return json_response(await request.json(Pair))


NOTES = Route("POST", "/api/notes", echo_note, access=PUBLIC, body=Note, responses={200: Note})
PAIRS = Route("POST", "/api/pairs", echo_pair, access=PUBLIC, body=Pair, responses={200: Pair})


@asynccontextmanager
async def running(app: Application, bounds: Bounds | None = None) -> AsyncIterator[int]:
    """Serve on a free loopback port for the length of a block."""
    stop = asyncio.Event()
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(app, "127.0.0.1", 0, ready=port.set_result, bounds=bounds, stop=stop))
    try:
        yield await asyncio.wait_for(port, 5)
    finally:
        stop.set()
        await task
