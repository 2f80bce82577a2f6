"""The face of the JSON API: `{code, message, data?, details?}` for refusals, plain text for unknown routes."""

from collections.abc import Sequence

import msgspec

from vestibule.errors import AppError
from vestibule.http.face import CorsPolicy, Face
from vestibule.http.request import Request
from vestibule.http.response import Response, json_response, text
from vestibule.http.routing import Route

IMPLEMENTED = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNEXPECTED = "Something went wrong on this server. Its log names the cause under the request id."


def api_face(
    prefix: str,
    routes: Sequence[Route],
    *,
    name: str = "api",
    cors: CorsPolicy | None = None,
) -> Face:
    """Make the face of a JSON API in the documented manner."""
    return Face(
        name=name,
        prefix=prefix,
        routes=routes,
        render_error=render_error,
        not_found=not_found,
        method_not_allowed=method_not_allowed,
        lenient=True,
        etag=True,
        compress=True,
        cors=cors,
    )


def render_error(request: Request, error: Exception) -> Response:
    """Render a refusal; an unknown exception is a 500 without any text of its own."""
    if not isinstance(error, AppError):
        return json_response({"message": UNEXPECTED}, 500)
    content: dict[str, object] = {"code": error.code} if error.code else {}
    content["message"] = error.text
    if error.data is not None:
        content["data"] = error.data
    if error.details is not None:
        content["details"] = error.details
    return json_response(msgspec.json.encode(content), error.status, headers=error.headers)


def not_found(request: Request) -> Response:
    """Answer an unknown path."""
    return _unimplemented(request) or text("Not Found", 404)


def method_not_allowed(request: Request, allowed: frozenset[str]) -> Response:
    """Answer a known path under another method."""
    allow = ", ".join(sorted(allowed))
    return _unimplemented(request) or text("Method Not Allowed", 405, headers={"Allow": allow})


def _unimplemented(request: Request) -> Response | None:
    return None if request.method in IMPLEMENTED else text("Not Implemented", 501)
