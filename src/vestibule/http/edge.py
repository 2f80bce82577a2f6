"""What every request needs to know about where this server stands."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Edge:
    """The public address of the server and the proxies in front of it that may name the client."""

    public_url: str
    trusted_proxies: tuple[Network, ...] = ()

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the server over https."""
        return self.public_url.startswith("https://")
