"""Cross-origin answers. A policy returns the headers for one origin and route; no headers means no."""

import re
from collections.abc import Collection, Mapping

from vestibule.http.routing import Route

METHODS = "GET,HEAD,PUT,POST,DELETE,PATCH"
MAX_AGE_SECONDS = 3600
_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, \-]{1,1024}")


def any_origin(origin: str, route: Route) -> Mapping[str, str]:
    """Let every origin read the answer, without credentials: for public documents and bearer-token calls."""
    return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}


class AllowedOrigins:
    """Lets a fixed set of origins read the answers, without credentials; others get no headers at all."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origins)

    def __call__(self, origin: str, route: Route) -> Mapping[str, str]:
        """Return the headers for `origin`; never reflects one that was not configured."""
        if origin not in self._origins:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": "*",
        }


def preflight(granted: Mapping[str, str], asked_headers: str) -> dict[str, str]:
    """Return the headers of a successful preflight (Fetch standard, CORS-preflight fetch)."""
    headers = {
        **granted,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
    }
    if _NAMES.fullmatch(asked_headers):
        headers["Access-Control-Allow-Headers"] = asked_headers
    return headers
