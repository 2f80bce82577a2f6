"""Whether a redirect URI is registered: exact comparison of the text (RFC 9700 section 4.1), with two exceptions.

Native apps may use any port on a loopback host (RFC 8252 section 7.3). A registered address may hold `*` in the
labels of its host, never in the last two, and in its path. No pattern is ever turned into a regular expression.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "[::1]", "localhost"})
FORBIDDEN_SCHEMES = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})
HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
MAX_LENGTH = 2048


class _Parts(NamedTuple):
    scheme: str
    host: str
    port: str
    path: str
    query: str


def is_registered(uri: str, registered: Iterable[str], *, native: bool) -> bool:
    """Tell whether `uri` is one of the registered addresses, or matches one by the two exceptions."""
    if not is_acceptable(uri):
        return False
    return any(uri == known or _matches(uri, known, native=native) for known in registered)


def is_acceptable(uri: str) -> bool:
    """Tell whether a text can be a redirect URI at all: absolute, no fragment, nothing that could run."""
    scheme, colon, rest = uri.partition(":")
    plain = uri.isascii() and not any(char <= " " or char in '\\"<>^`{|}\x7f' for char in uri)
    return bool(
        plain
        and colon
        and rest
        and len(uri) <= MAX_LENGTH
        and "#" not in uri
        and scheme[:1].isalpha()
        and all(char.isalnum() or char in "+-." for char in scheme)
        and scheme.lower() not in FORBIDDEN_SCHEMES
    )


def can_be_registered(uri: str) -> bool:
    """Tell whether an address, wildcards included, can ever match a redirect URI."""
    if not is_acceptable(uri):
        return False
    if "://" not in uri:
        return "*" not in uri
    parts = _split(uri)
    if parts is None or "*" in parts.scheme + parts.port + parts.query:
        return False
    labels = parts.host.split(".")
    return "*" not in parts.host or (len(labels) >= 3 and not any("*" in label for label in labels[-2:]))


def is_web_address(text: str) -> bool:
    """Tell whether a text is an address that this server could post to: http or https, a host, no fragment."""
    scheme, mark, rest = text.partition("://")
    return bool(mark) and scheme.lower() in {"http", "https"} and rest[:1] not in {"", "/", "?"} and is_acceptable(text)


def is_origin(text: str) -> bool:
    """Tell whether a text is an origin as browsers send it: scheme, host and port, lower case, nothing more."""
    parts = _split(text) if is_acceptable(text) else None
    return parts is not None and not parts.path and not parts.query and "*" not in text and text == text.lower()


def is_origin_of(origin: str, registered: Collection[str]) -> bool:
    """Tell whether `origin` is the origin of a registered address, wildcard hosts included."""
    asked = _split(origin)
    if asked is None or asked.path or asked.query or asked.scheme not in {"http", "https"}:
        return False
    return any(
        asked.scheme == parts.scheme and asked.port == parts.port and _host_matches(asked.host, parts.host)
        for parts in map(_split, registered)
        if parts is not None
    )


def _matches(uri: str, known: str, *, native: bool) -> bool:
    wild = "*" in known
    if not wild and not native:
        return False
    asked, parts = _split(uri), _split(known)
    if asked is None or parts is None or asked.scheme != parts.scheme or asked.query != parts.query:
        return False
    if native and parts.scheme == "http" and parts.host in LOOPBACK_HOSTS:
        return asked.host == parts.host and asked.path == parts.path
    if not wild or asked.port != parts.port or "*" in parts.scheme + parts.port + parts.query:
        return False
    return _host_matches(asked.host, parts.host) and _path_matches(asked.path, parts.path)


def _split(uri: str) -> _Parts | None:
    """Split `scheme://host[:port][/path][?query]`; None when there is user information or no authority."""
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return None
    before_query, mark, query = rest.partition("?")
    authority, slash, path = before_query.partition("/")
    if not authority or "@" in authority:
        return None
    host, port = authority, ""
    if authority.startswith("["):
        host, _, port = authority.partition("]")
        host += "]"
    elif ":" in authority:
        host, colon, port = authority.partition(":")
        port = colon + port
    if port and not (port.startswith(":") and port[1:].isascii() and port[1:].isdigit() and int(port[1:6]) < 65_536):
        return None
    return _Parts(scheme, host, port, slash + path, mark + query)


def _host_matches(host: str, pattern: str) -> bool:
    if "*" not in pattern:
        return host == pattern
    labels, wanted = host.split("."), pattern.split(".")
    if len(labels) != len(wanted) or len(wanted) < 3 or not set(host) <= HOST_CHARACTERS:
        return False
    if any("*" in label for label in wanted[-2:]) or labels[-2:] != wanted[-2:]:
        return False
    return all(_run_matches(label, want, least=1) for label, want in zip(labels, wanted, strict=True))


def _path_matches(path: str, pattern: str) -> bool:
    if "*" not in pattern:
        return path == pattern
    unfolded = path.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\")
    if "\\" in unfolded or "//" in unfolded or any(part in {".", ".."} for part in unfolded.split("/")):
        return False
    return _run_matches(path, pattern, least=0)


def _run_matches(text: str, pattern: str, *, least: int) -> bool:
    """Match `*` against any run of at least `least` characters, leftmost first; linear in the text."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        found = text.find(piece, at + least)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - len(last) >= at + least and text.endswith(last)
