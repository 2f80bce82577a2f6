"""The client's address. Forwarding headers count only when the peer is a proxy we were told to trust."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.types import Scope

from vestibule.http.edge import Network

UNKNOWN = str(IPv4Address(0))
"""An address nobody has, for transports without peers."""


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """Return the peer's address or, behind trusted proxies, the last address of X-Forwarded-For they vouch for."""
    client = scope.get("client")
    peer = str(client[0]) if client else UNKNOWN
    if not trusted or not _is_trusted(_parse(peer), trusted):
        return peer
    for entry in reversed(list(_forwarded(scope["headers"]))):
        address = _parse(entry)
        if address is None:
            return peer
        peer = str(address)
        if not _is_trusted(address, trusted):
            return peer
    return peer


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[str]:
    for name, value in headers:
        if name == b"x-forwarded-for":
            yield from (part.strip() for part in value.decode("latin-1").split(","))


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    host = text.strip("[]")
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_trusted(address: IPv4Address | IPv6Address | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)
