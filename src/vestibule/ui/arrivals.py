"""People who arrive by another address than the configured one: noticed, and told to the operator by its setting.

Signing in cannot work for them: cookies stay with the address they came from, and forms are refused as foreign. Nothing
is decided by what a request says of itself; it only chooses words.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from vestibule.clock import Clock
from vestibule.http import Request

QUIET_MS = 60_000
"""Strangers can cause these lines: one of a kind in a minute."""
PORTS = {"http": 80, "https": 443}

Warn = Callable[..., None]
"""Writes a line to the log: an event and its fields."""


class Arrivals:
    """Compares how requests arrive with the public address; `setting` is the name of the variable that holds it."""

    def __init__(self, clock: Clock, warn: Warn, setting: str) -> None:
        self._clock = clock
        self._warn = warn
        self._setting = setting
        self._said: dict[str, int] = {}

    def look(self, request: Request) -> bool:
        """Tell whether a browser itself says that it came to another address; the operator is told which part of it.

        What only headers of the way say is told as well: it may be the address, or a proxy that rewrites them.
        """
        said = _said_by_browser(request)
        came_to = said or _said_on_the_way(request)
        part = _difference(request.public_url, came_to)
        if part is not None:
            hint = (
                {}
                if said
                else {"hint": "or let the proxy pass Host, X-Forwarded-Host and X-Forwarded-Proto as they are"}
            )
            known = {"configured": request.public_url, "arrived": came_to, **hint}
            self._say("public_address_differs", self._setting, part, **known)
        elif _keeps_no_cookies(request):
            reason = "the browser came over http, where it keeps no Secure cookie"
            self._say("public_address_differs", self._setting, "scheme", configured=request.public_url, arrived=reason)
        peer = (request.scope.get("client") or ("",))[0]
        if "x-forwarded-for" in request.headers and request.ip == peer:
            self._say("proxy_not_trusted", "VESTIBULE_TRUSTED_PROXIES", "proxy", proxy=peer)
        return part is not None and said is not None

    def _say(self, event: str, setting: str, part: str, **fields: object) -> None:
        now = self._clock.now()
        if now - self._said.get(part, -QUIET_MS) >= QUIET_MS:
            self._said[part] = now
            self._warn(event, setting=setting, part=part, **fields)


def _said_by_browser(request: Request) -> str | None:
    """Return the origin of a form that was sent from our own page, at whatever address it was opened."""
    headers = request.headers
    origin = headers.get("origin", "")
    is_own = headers.get("sec-fetch-site", "same-origin") == "same-origin"
    is_here = "sec-fetch-site" in headers or urlsplit(origin).netloc == headers.get("host")
    return origin if "://" in origin and is_own and is_here else None


def _said_on_the_way(request: Request) -> str:
    """Return the address as headers have it; without a scheme where they do not say it."""
    headers = request.headers
    host = headers.get("x-forwarded-host") or headers.get("host", "")
    scheme = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return f"{scheme}://{host}" if scheme in PORTS else f"//{host}"


def _difference(public_url: str, came_to: str) -> str | None:
    """Name the part in which an address differs from the public one: scheme, host or port."""
    public = urlsplit(public_url)
    try:
        other = urlsplit(came_to)
        ports = [parts.port or PORTS.get(parts.scheme or public.scheme) for parts in (public, other)]
    except ValueError:
        return "host"
    if other.scheme and other.scheme != public.scheme:
        return "scheme"
    if other.hostname and other.hostname != public.hostname:
        return "host"
    return "port" if other.hostname and ports[0] != ports[1] else None


def _keeps_no_cookies(request: Request) -> bool:
    """Browsers say where a request comes from over https alone, or on this machine (W3C Fetch Metadata)."""
    headers = request.headers
    is_browser = headers.get("user-agent", "").startswith("Mozilla/") and "sec-fetch-site" not in headers
    is_told = "x-forwarded-proto" in headers or bool(request.cookies)
    return request.public_url.startswith("https://") and is_browser and not is_told
