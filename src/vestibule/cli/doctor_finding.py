"""What the doctor finds, and how it reaches addresses: from outside, as a browser would, without following anything."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

SECONDS = 5.0
MAX_BYTES = 1 << 20

State = Literal["ok", "warn", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One check: its name, how it went, in words, and the very line to change."""

    check: str
    state: State
    words: str
    change: str = ""


@dataclass(frozen=True)
class Fetched:
    """An answer, the address it was asked from (`host port`), and over TLS the server's certificate."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    here: str
    certificate: Mapping[str, Any] = field(default_factory=dict)


def fetch(url: str, headers: Mapping[str, str] | None = None) -> Fetched:
    """Get an address; raises ssl.SSLError, OSError and http.client.HTTPException as they come."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=SECONDS, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.connect()
        here = connection.sock.getsockname()
        certificate = connection.sock.getpeercert() if isinstance(connection.sock, ssl.SSLSocket) else None
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"Accept": "text/html", **(headers or {})})
        answer = connection.getresponse()
        body = answer.read(MAX_BYTES)
        return Fetched(answer.status, answer.headers, body, f"{here[0]} {here[1]}", certificate or {})
    finally:
        connection.close()


def speaks_tls(url: str) -> bool:
    """Tell whether TLS is spoken at the host and port of an address, whatever its certificate."""
    parts = urlsplit(url)
    try:
        ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=SECONDS)
    except (OSError, ValueError):
        return False
    return True


def origin_of(url: str) -> str:
    """Return scheme, host and port as they are written."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
