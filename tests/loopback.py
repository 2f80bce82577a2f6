"""Tests reach this machine alone: a connection or a look-up to anywhere else is a failure, whoever makes it."""

import contextlib
import socket
import sys
from ipaddress import ip_address


class OutsideError(Exception):
    """A test tried to leave the machine."""


def is_local(host: object) -> bool:
    """Tell whether a host is this machine, or an address whose look-up asks nobody."""
    if isinstance(host, bytes):
        host = host.decode()
    name = str(host or "").rstrip(".").casefold()
    if name in {"", "localhost"} or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_address(host: object) -> bool:
    """Tell whether a host is an address in any spelling, which resolves without a question to anybody."""
    text = host.decode() if isinstance(host, bytes) else str(host)
    with contextlib.suppress(OSError):
        socket.inet_aton(text)  # `127.1`, `0x7f.1` and `2130706433` included
        return True
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook (PEP 578): refuse connections and look-ups that leave this machine."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not is_local(address[0]):
            raise OutsideError(f"a test tried to connect to {address[0]}")
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        if not is_local(host) and not is_address(host):
            raise OutsideError(f"a test tried to look up {host!r}")


def confine() -> None:
    """Hold this process to the machine from now on."""
    sys.addaudithook(watch)
