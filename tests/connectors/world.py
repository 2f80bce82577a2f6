"""Small factories for tests of connectors: a context, the routes behind a door, servers that take messages."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from typing import Any

import httpx2
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vestibule.api.management import connectors
from vestibule.clock import ManualClock
from vestibule.connectors.factory import Message
from vestibule.connectors.outgoing import Outgoing, Resolver, system_resolver
from vestibule.crypto import Sealer
from vestibule.db import connect
from vestibule.domain.context import Context
from vestibule.errors import Unauthorized
from vestibule.http import Application, Log, Request, api_face
from vestibule.password_pool import PasswordPool
from vestibule.settings import ServerSettings, load
from vestibule.store.tables import metadata

LOOPBACK = ip_network("127.0.0.0/8")
BEARER = {"authorization": "Bearer management"}
CODE = "482913"
PAYLOAD: dict[str, object] = {"code": CODE}

Json = Any


DEVELOPMENT = "http://localhost:3001"


def settings(folder: Path, public_url: str = DEVELOPMENT) -> ServerSettings:
    """Settings with an outbox of their own."""
    return replace(load(ServerSettings, {}), outbox=str(folder / "outbox"), public_url=public_url)


@asynccontextmanager
async def opened(
    database_url: str,
    folder: Path,
    *,
    allow_private: bool = True,
    resolver: Resolver = system_resolver,
    public_url: str = DEVELOPMENT,
) -> AsyncIterator[Context]:
    """A context over a fresh store; loopback may be reached unless the test is about that."""
    outgoing = Outgoing([LOOPBACK] if allow_private else [], resolver=resolver)
    db = await connect(database_url, metadata)
    passwords = PasswordPool(threads=1)
    try:
        yield Context(db, ManualClock(), Sealer([b"k" * 32]), passwords, settings(folder, public_url), outgoing)
    finally:
        passwords.close()
        await outgoing.close()
        await db.close()


async def management_only(request: Request) -> object:
    """The door of the routes under test: one token."""
    if request.headers.get("authorization") != BEARER["authorization"]:
        raise Unauthorized
    return "management"


def client_of(ctx: Context) -> httpx2.AsyncClient:
    """A caller with a Management token."""
    log = Log(ctx.clock, write=lambda text: None)
    face = api_face("/api", connectors.routes(ctx, management_only))
    app = Application([face], public_url="http://localhost:3001", log=log)
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://test", headers={**BEARER, "accept-encoding": ""}
    )


def message(to: str = "ana@example.com", kind: str = "SignIn", **payload: object) -> Message:
    """A message with a code."""
    return Message(to, kind, {**PAYLOAD, **payload}, at=1_750_000_000_000)


def template(usage: str = "Generic", **changes: object) -> dict[str, object]:
    """A template of the SMTP connector."""
    text = {"contentType": "text/plain", "subject": f"{usage} {{{{code}}}}", "content": "Code: {{ code }}"}
    return {"usageType": usage, **text, **changes}


def smtp_config(port: int = 25, **changes: object) -> dict[str, object]:
    """A complete configuration of the SMTP connector."""
    templates = [template(usage) for usage in ("Register", "SignIn", "ForgotPassword", "Generic")]
    base = {"host": "127.0.0.1", "port": port, "fromEmail": "Vestibule <id@example.org>", "templates": templates}
    return {**base, **changes}


@dataclass
class Mailbox:
    """An SMTP server's handler: keeps what it is given, with how it came."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    refusal: str | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        mail = message_from_bytes(content if isinstance(content, bytes) else b"", policy=default)
        if self.refusal is not None:
            return f"554 {self.refusal}"
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(
            server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
        )
        return "250 kept"

    def authenticate(
        self, server: object, session: object, envelope: object, mechanism: str, data: object
    ) -> AuthResult:
        login = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        self.logins.append((login.login.decode(), login.password.decode()))
        return AuthResult(success=login.password == b"right", handled=False)


@asynccontextmanager
async def smtp_server(
    mailbox: Mailbox, *, tls: ssl.SSLContext | None = None, implicit: bool = False, auth: bool = False
) -> AsyncIterator[int]:
    """A real SMTP server on a free loopback port; `tls` makes it offer STARTTLS, or TLS at once if `implicit`."""
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # that signing in without TLS is unwise
            return SMTP(
                mailbox,
                loop=loop,
                hostname="mail.test",
                tls_context=None if implicit else tls,
                authenticator=mailbox.authenticate if auth else None,
                auth_required=auth,
                auth_require_tls=False,
                timeout=10,
            )

    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if implicit else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """A server that accepts and never says a word."""
    held: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in held:
            writer.close()
        server.close()
        await server.wait_closed()


Reply = Callable[[bytes], bytes]


@asynccontextmanager
async def http_server(
    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """An HTTP server that gives every request the same answer; yields its port and the requests it got."""
    requests: list[bytes] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        requests.append(head + await reader.readexactly(length))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(accept, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], requests
    finally:
        server.close()
        await server.wait_closed()


@dataclass(frozen=True)
class Certificate:
    """A self-made certificate for `mail.test` and 127.0.0.1."""

    pem: str
    server: ssl.SSLContext

    def client(self) -> ssl.SSLContext:
        """A client's context that trusts it."""
        return ssl.create_default_context(cadata=self.pem)


def make_certificate(folder: Path, names: Sequence[str] = ("mail.test",)) -> Certificate:
    """Make a key and a certificate valid today."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    alternatives: list[x509.GeneralName] = [x509.DNSName(item) for item in names]
    alternatives.append(x509.IPAddress(IPv4Address("127.0.0.1")))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return Certificate(pem.decode(), context)
