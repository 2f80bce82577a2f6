"""The way out: one HTTP client, and the guard that every outgoing connection passes (OWASP ASVS 5.0 V13.2.4).

A name is resolved here, its addresses are checked, and the connection goes to a checked address itself: a name that
answers differently a moment later (DNS rebinding) gains nothing. TLS still verifies the name. Redirects are never
followed, proxies of the environment are not used, and an answer is read up to a megabyte within a fixed time.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpcore2
import httpx2
import msgspec

from vestibule.connectors.addresses import Network, is_listed, may_reach
from vestibule.connectors.transport import GuardedTransport

TIMEOUT_SECONDS = 5.0
MAX_ANSWER_BYTES = 1024 * 1024

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

# It would write every address, and those of some services hold the key and the message (B93).
logging.getLogger("httpx2").setLevel(logging.WARNING)


class OutgoingError(Exception):
    """An outgoing connection came to nothing; the sentence is for the operator and holds nothing of the request."""


class AddressRefused(OutgoingError):
    """The guard refused every address of a host."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is not on the public internet. To reach it, list its network in VESTIBULE_ALLOW_PRIVATE."
        )


class PlainRefused(OutgoingError):
    """What goes to a host could be read and changed on the way."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} must be reached by https://. Plain http:// is for networks that are listed in "
            "VESTIBULE_ALLOW_PRIVATE."
        )


@dataclass(frozen=True)
class Answer:
    """What the other side answered: status, headers in lower case, at most a megabyte of body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def system_resolver(host: str, port: int) -> list[str]:
    """Resolve a host as the system does, spellings such as `0x7f.1` and `2130706433` included."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def system_trust() -> ssl.SSLContext:
    """Return a context that trusts what this machine does. Reading that takes 50 ms, and is done once in a process."""
    return _trust(*(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")))


@cache
def _trust(*named: str | None) -> ssl.SSLContext:
    """Read what is trusted; `named` is where the environment, which OpenSSL reads by itself, says that it lies."""
    return ssl.create_default_context()


class Outgoing:
    """Requests to the outside, behind the guard. The client is made at the first request.

    `allow_private` lists networks that may be reached although they are not public. `resolver` and `tls` are for
    tests: who answers for names, and which certificates are trusted.
    """

    def __init__(
        self,
        allow_private: Iterable[Network] = (),
        *,
        resolver: Resolver = system_resolver,
        tls: Callable[[], ssl.SSLContext] = system_trust,
    ) -> None:
        self._allowed = tuple(allow_private)
        self._resolver = resolver
        self._tls = tls
        self._client: httpx2.AsyncClient | None = None

    async def resolve(self, host: str, port: int, *, timeout: float = TIMEOUT_SECONDS) -> list[str]:  # noqa: ASYNC109
        """Return the addresses of `host` that may be reached; raises AddressRefused when there is none."""
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolver(host, port)
        except TimeoutError as error:
            raise OutgoingError(f"{host} was not resolved in time.") from error
        except (OSError, UnicodeError) as error:
            raise OutgoingError(f"{host} has no address.") from error
        checked = [address for address in found if may_reach(address, self._allowed)]
        if not checked:
            raise AddressRefused(host)
        return checked

    async def refuse_plain(self, url: str) -> None:
        """See that an address is one of https, or leads into the networks that the operator lists and nowhere else.

        Raises PlainRefused, and OutgoingError for what is no web address or has none on the network.
        """
        host = _host(url)
        if urlsplit(url).scheme.lower() == "https":
            return
        found = await self.resolve(host, 80)
        if not all(is_listed(address, self._allowed) for address in found):
            raise PlainRefused(host)

    async def post_json(self, url: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """Post a JSON body; raises as `request` does."""
        sent = {"content-type": "application/json", **(headers or {})}
        return await self.request("POST", url, content=msgspec.json.encode(body), headers=sent)

    async def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - the bound of the whole exchange is this class's task
    ) -> Answer:
        """Exchange one request within `timeout` seconds; a redirect is an answer like any other.

        Raises AddressRefused, and OutgoingError for everything else that keeps an answer from coming.
        """
        host = _host(url)
        try:
            async with asyncio.timeout(timeout):
                return await self._exchange(method, url, content, dict(headers or {}))
        except TimeoutError as error:
            raise OutgoingError(f"{host} did not answer within {timeout:g} seconds.") from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException, OSError, ssl.SSLError) as error:
            raise OutgoingError(f"{host} cannot be reached ({type(error).__name__}).") from error
        except (httpcore2.ProtocolError, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise OutgoingError(f"The exchange with {host} failed ({type(error).__name__}).") from error

    async def _exchange(self, method: str, url: str, content: bytes, headers: dict[str, str]) -> Answer:
        if self._client is None:
            self._client = self._connect()
        # Nothing compressed: a bomb would inflate past the cap before it is counted.
        headers.setdefault("accept-encoding", "identity")
        async with self._client.stream(method, url, content=content, headers=headers) as response:
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise OutgoingError(f"{response.url.host} answered with more than {MAX_ANSWER_BYTES} bytes.")
            return Answer(response.status_code, dict(response.headers), body)

    def _connect(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=GuardedTransport(self.resolve, self._tls()),
            follow_redirects=False,
            trust_env=False,
            timeout=None,  # the whole exchange is bounded in `request`
            headers={"user-agent": "Vestibule"},
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _host(url: str) -> str:
    """Return the host of an http or https address; raises OutgoingError for any other address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise OutgoingError("The address is not a URL.") from error
    if parts.scheme.lower() not in {"http", "https"} or not host:
        raise OutgoingError("The address must start with https:// or http:// and name a host.")
    return host
