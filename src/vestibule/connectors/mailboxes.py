"""E-mail addresses, strictly: what goes into a header must be one mailbox and nothing else."""

import re
from email.headerregistry import Address

_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f()<>\[\]:;@\\,\".]+(\.[^\s\x00-\x1f\x7f()<>\[\]:;@\\,\".]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>\s*")
MAX_ADDRESS = 254


def parse_address(text: str, name: str = "") -> Address | None:
    """Read `local@domain` (RFC 5321 dot-atoms, UTF-8 allowed by RFC 6531); None when it is anything else."""
    local, at, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if not at or len(text) > MAX_ADDRESS or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    return Address(display_name=name, username=local, domain=domain)


def parse_mailbox(text: str) -> Address | None:
    """Read `address`, or `Name <address>`; None when it is anything else."""
    named = _NAMED.fullmatch(text)
    if named is None:
        return parse_address(text)
    name = named["name"].strip().strip('"')
    return None if any(char < " " or char == "\x7f" for char in name) else parse_address(named["address"], name)
