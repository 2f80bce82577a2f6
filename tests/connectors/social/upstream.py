"""A provider on a loopback port: answers what a test puts there, and keeps what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import ECKey

from vestibule.connectors.oauth.provider import Provider

Json = dict[str, Any]
NOW_SECONDS = 1_750_000_000
NOW = NOW_SECONDS * 1000


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Said:
    """An answer; a body that is no bytes becomes JSON."""

    body: Any = b""
    status: int = 200
    headers: tuple[str, ...] = ()

    def written(self) -> bytes:
        content = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        lines = [f"HTTP/1.1 {self.status} Said", f"Content-Length: {len(content)}", "Connection: close", *self.headers]
        return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass
class Upstream:
    """The provider: an answer a path. A path without one is silent, as a server that hangs."""

    port: int = 0
    answers: dict[str, Said] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def requests(self, name: str) -> list[Asked]:
        return [one for one in self.asked if one.path == f"/{name}"]

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:  # the other side has thought better of it
            writer.close()
            return
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = first.split(" ")
        parts = urlsplit(target)
        self.asked.append(Asked(method, parts.path, dict(parse_qsl(parts.query)), headers, body))
        said = self.answers.get(parts.path.removeprefix("/"))
        if said is None:
            await reader.read()  # until the other side gives up
        else:
            writer.write(said.written())
        writer.close()


@asynccontextmanager
async def upstreams() -> AsyncIterator[Upstream]:
    """Run a provider until the block ends."""
    upstream = Upstream()
    server = await asyncio.start_server(upstream.accept, "127.0.0.1", 0, limit=2**20)
    upstream.port = server.sockets[0].getsockname()[1]
    try:
        yield upstream
    finally:
        server.close()
        await server.wait_closed()


def places(provider: Provider, upstream: Upstream) -> Json:
    """The configuration that leads every call of a provider to the loopback one."""
    web = {field.key for field in provider.all_fields() if field.is_address}
    return {key: upstream.url(key) for key in web if key != "authorizationEndpoint"}


@cache
def signing_key() -> ECKey:
    """The key of the loopback provider."""
    return ECKey.generate_key("P-256", {"kid": "k1", "alg": "ES256", "use": "sig"})


@cache
def rsa_pem() -> str:
    """The private key of an application that signs its calls."""
    key = rsa.generate_private_key(65537, 2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def jwks() -> Json:
    """The published keys."""
    return {"keys": [signing_key().as_dict(private=False)]}


def id_token(key: ECKey | None = None, algorithm: str = "ES256", **claims: Any) -> str:
    """An ID token for `client`, made now; a claim given as None is left out."""
    usual: Json = {"aud": "client", "sub": "person-1", "iat": NOW_SECONDS, "exp": NOW_SECONDS + 600}
    said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    signer = key or signing_key()
    return jws.serialize_compact({"alg": algorithm, "kid": "k1"}, msgspec.json.encode(said), signer)
