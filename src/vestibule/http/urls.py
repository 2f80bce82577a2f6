"""Whether a text is an absolute URL by the WHATWG URL standard (section 4.4, without a base)."""

import re
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import unquote_to_bytes

_SPECIAL = frozenset({"http", "https", "ws", "wss", "ftp", "file"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
_FORBIDDEN_HOST = re.compile(r"[\x00\t\n\r #/:<>?@\[\\\]^|]")
_FORBIDDEN_DOMAIN = re.compile(r"[\x00-\x20\"#%/:<>?@\[\\\]^`{|}\x7f]")
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_MAX_PORT = 65535


def is_absolute_url(text: str) -> bool:
    """Tell whether `new URL(text)` would succeed."""
    trimmed = text.strip(_C0_AND_SPACE).translate({0x09: None, 0x0A: None, 0x0D: None})
    match = _SCHEME.fullmatch(trimmed)
    if match is None:
        return False
    scheme, rest = match.group(1).lower(), match.group(2)
    if scheme not in _SPECIAL:
        return not rest.startswith("//") or _is_authority(re.split(r"[/?#]", rest[2:], maxsplit=1)[0], special=False)
    if scheme == "file":
        return True
    authority = re.split(r"[/\\?#]", rest.lstrip("/\\"), maxsplit=1)[0]
    return _is_authority(authority, special=True)


def _is_authority(authority: str, *, special: bool) -> bool:
    userinfo, at, host = authority.rpartition("@")
    if host.startswith("["):
        host, bracket, port = host.rpartition("]")
        if not bracket or not _is_ipv6(host[1:]):
            return False
        return _is_port(port[1:]) if port.startswith(":") else not port
    name, colon, port = host.partition(":")
    if not _is_port(port):
        return False
    if not name:
        return not (special or at or colon or userinfo)
    return _is_domain(name) if special else not _FORBIDDEN_HOST.search(name)


def _is_port(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit() and int(text[-6:]) <= _MAX_PORT and len(text.lstrip("0")) < 6)


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return "%" not in text


def _is_domain(name: str) -> bool:
    try:
        domain = unquote_to_bytes(name).decode()
    except UnicodeDecodeError:
        return False
    if not domain or _FORBIDDEN_DOMAIN.search(domain):
        return False
    last = domain.rstrip(".").rpartition(".")[2]
    return not last.isdigit() or _is_ipv4(domain.rstrip("."))


def _is_ipv4(host: str) -> bool:
    parts = host.split(".")
    if len(parts) > 4 or not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in parts):
        return False
    numbers = [int(part) for part in parts]
    return all(number < 256 for number in numbers[:-1]) and numbers[-1] < 256 ** (5 - len(numbers))
