"""Cross-origin calls from browsers (contract 1.12): any origin may ask, only a client's own origins may read."""

from vestibule.domain.clients import Client
from vestibule.errors import OAuthError
from vestibule.http import Request, Response, cors, empty
from vestibule.oidc.provider import Provider


async def preflight(request: Request) -> Response:
    """Answer a preflight (Fetch standard, CORS-preflight fetch)."""
    origin = granted(request)
    asked = request.headers.get("access-control-request-headers", "")
    return empty(204, headers=cors.preflight(origin, asked) if origin else {})


def granted(request: Request) -> dict[str, str]:
    """Return the headers that let the asking origin read the answer."""
    if request.origin is None:
        return {}
    return {"access-control-allow-origin": request.origin, "access-control-expose-headers": "*"}


def check_origin(request: Request, client: Client, provider: Provider) -> None:
    """Refuse an origin that is not the client's, before anything happens; raises invalid_request."""
    origin = request.origin
    if origin is None or origin == provider.ctx.settings.public_url or client.allows_origin(origin):
        return
    raise ForeignOrigin(origin, client.id)


class ForeignOrigin(OAuthError):
    """A script of another origin asks; it may not read this answer either."""

    def __init__(self, origin: str, client_id: str) -> None:
        super().__init__("invalid_request", f"origin {origin[:256]} not allowed for client: {client_id}")
