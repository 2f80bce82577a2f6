"""Header lists: encoded once, safe by default."""

import re
from collections.abc import Iterable, Mapping

HeaderItems = Mapping[str, str] | Iterable[tuple[str, str]]
RawHeaders = list[tuple[bytes, bytes]]

HSTS_SECONDS = 31_536_000
"""One year: longer than the 180 days of the documented API, on purpose."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def raw(items: HeaderItems) -> RawHeaders:
    """Encode headers for ASGI; raises ValueError on a control character (response splitting)."""
    pairs = items.items() if isinstance(items, Mapping) else items
    return [(name.lower().encode("latin-1"), _value(name, value)) for name, value in pairs]


def _value(name: str, value: str) -> bytes:
    if _CONTROL.search(value):
        raise ValueError(f"control character in the header {name}")
    return value.encode("latin-1")


def standard(*, secure: bool) -> dict[str, str]:
    """Return the headers that every reply carries; `secure` says that the public address is https."""
    headers = {
        "Vary": "Accept-Encoding, Origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Origin-Agent-Cluster": "?1",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "X-Download-Options": "noopen",
        "X-Frame-Options": "SAMEORIGIN",
        "X-Permitted-Cross-Domain-Policies": "none",
        "X-XSS-Protection": "0",
    }
    if secure:
        headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}; includeSubDomains"
    return headers


def find(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """Return the first value of a lower-case header name."""
    for key, value in headers:
        if key == name:
            return value
    return None
