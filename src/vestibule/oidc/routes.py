"""The face of the authorization server: every route under `/oidc`."""

from vestibule.errors import OAuthError
from vestibule.http import PUBLIC, Face, Handler, Request, Response, Route
from vestibule.oidc import cors, errors
from vestibule.oidc.authorize import Authorization
from vestibule.oidc.cors import ForeignOrigin
from vestibule.oidc.discovery import Discovery
from vestibule.oidc.lookup import Lookup
from vestibule.oidc.provider import Provider
from vestibule.oidc.session_end import SessionEnd
from vestibule.oidc.token import Token
from vestibule.oidc.userinfo import UserInfo

PREFIX = "/oidc"
TAGS = ("OpenID Connect",)
CROSS_ORIGIN = frozenset({"/oidc/token", "/oidc/me", "/oidc/token/introspection", "/oidc/token/revocation"})
"""What scripts of a client's own origins may read."""
DOCUMENTS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks")
"""What anybody may read."""


def routes(provider: Provider) -> list[Route]:
    """Return the routes; who calls is decided by the protocol itself, so all are public at the edge."""
    discovery, authorization, lookup = Discovery(provider), Authorization(provider), Lookup(provider)
    ending, userinfo, token = SessionEnd(provider), UserInfo(provider), Token(provider)
    table: list[tuple[str, str, Handler, str]] = [
        ("GET", "/.well-known/openid-configuration", discovery.metadata, "Provider metadata"),
        ("GET", "/.well-known/oauth-authorization-server", discovery.metadata, "Provider metadata (RFC 8414)"),
        ("GET", "/jwks", discovery.jwks, "Public keys"),
        ("GET", "/auth", authorization.begin, "Authorization request"),
        ("POST", "/auth", authorization.begin, "Authorization request in a form"),
        ("GET", "/auth/{uid}", authorization.resume, "Go on after a page"),
        ("POST", "/token", token.exchange, "Token request"),
        ("GET", "/me", userinfo.show, "Claims about the user"),
        ("POST", "/me", userinfo.show, "Claims about the user"),
        ("POST", "/token/introspection", lookup.introspect, "Look a token up"),
        ("POST", "/token/revocation", lookup.revoke, "Revoke a token"),
        ("GET", "/session/end", ending.ask, "Sign out"),
        ("POST", "/session/end", ending.ask, "Sign out, asked by a form"),
        ("POST", "/session/end/confirm", ending.confirm, "Sign out, confirmed"),
        ("GET", "/session/end/success", ending.done, "Signed out"),
    ]
    made = [
        Route(method, f"{PREFIX}{path}", _shared(handler, path), access=PUBLIC, summary=summary, tags=TAGS)
        for method, path, handler, summary in table
    ]
    made += [
        Route("OPTIONS", path, cors.preflight, access=PUBLIC, summary="Preflight", tags=TAGS)
        for path in sorted({*CROSS_ORIGIN, *(f"{PREFIX}{path}" for path in DOCUMENTS)})
    ]
    return made


def _shared(handler: Handler, path: str) -> Handler:
    """Let the client's own origins read the answers of the endpoints that scripts call, refusals included."""
    if f"{PREFIX}{path}" not in CROSS_ORIGIN:
        return handler

    async def shared(request: Request) -> Response:
        try:
            response = await handler(request)
        except ForeignOrigin:
            raise
        except OAuthError as error:
            error.headers |= cors.granted(request)
            raise
        for name, value in cors.granted(request).items():
            response.raw_headers.append((name.encode(), value.encode("latin-1")))
        return response

    return shared


def face(provider: Provider) -> Face:
    """Make the face."""
    return Face(
        name="oidc",
        prefix=PREFIX,
        routes=routes(provider),
        render_error=errors.render_error,
        not_found=errors.not_found,
        method_not_allowed=errors.method_not_allowed,
        etag=True,
    )
