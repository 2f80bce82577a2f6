"""Which network addresses an outgoing connection may reach: the public internet, and what the operator lists.

The tables are those of IANA's special-purpose registries (RFC 6890), not Python's: `is_global` differs between
versions, and misses addresses that only clouds treat as their own.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # "this" network; 0.0.0.0 reaches the machine itself
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598), Alibaba's metadata among it
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's metadata and agent service, an address that looks public
        "169.254.0.0/16",  # link-local, most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, Oracle's metadata among it
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn (RFC 7526)
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
    )
)
# Of IPv6 only global unicast is public at all; within it these carry other networks inside them or lead nowhere.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which embeds an IPv4 address
        "3fff::/20",  # documentation
    )
)
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOW_32_BITS = 0xFFFF_FFFF


def unwrap(address: Address) -> Address:
    """Return the IPv4 address that an IPv4-mapped or NAT64 address (RFC 6052) stands for; drop an IPv6 zone."""
    if isinstance(address, IPv4Address):
        return address
    plain = IPv6Address(int(address))
    if plain in _MAPPED or plain in _NAT64:
        return IPv4Address(int(plain) & _LOW_32_BITS)
    return plain


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet, and to nothing else."""
    plain = unwrap(address)
    if isinstance(plain, IPv4Address):
        return not any(plain in network for network in _REFUSED_V4)
    return plain in _GLOBAL_V6 and not any(plain in network for network in _REFUSED_V6)


def may_reach(text: str, allowed: Sequence[Network]) -> bool:
    """Tell whether a connection to the address `text` is allowed: public, or inside one of the `allowed` networks."""
    try:
        return is_public(ip_address(text)) or is_listed(text, allowed)
    except ValueError:
        return False


def is_listed(text: str, allowed: Sequence[Network]) -> bool:
    """Tell whether the address `text` is inside one of the `allowed` networks; raises ValueError for no address."""
    plain = unwrap(ip_address(text))
    return any(plain in network for network in allowed)
