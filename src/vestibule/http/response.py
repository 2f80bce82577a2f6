"""Responses: Starlette's, built without its per-request header work."""

from urllib.parse import quote

import msgspec
from starlette.responses import Response as StarletteResponse

from vestibule.http import csp
from vestibule.http.headers import HeaderItems, raw

JSON = (b"content-type", b"application/json; charset=utf-8")
HTML = (b"content-type", b"text/html; charset=utf-8")
TEXT = (b"content-type", b"text/plain; charset=utf-8")
UNFRAMED = (b"x-frame-options", b"DENY")
UNSTORED = (b"cache-control", b"no-store")
URL_SAFE = ":/%#?=@[]!$&'()*+,;~"

_encode = msgspec.json.Encoder().encode


class Response(StarletteResponse):
    """A whole answer in memory; `headers`, `set_cookie` and `delete_cookie` are Starlette's."""

    def __init__(
        self,
        body: bytes = b"",
        status: int = 200,
        *,
        content_type: tuple[bytes, bytes] | None = None,
        headers: HeaderItems = (),
    ) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = raw(headers) if headers else []
        if content_type is not None:
            self.raw_headers.append(content_type)

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        return bytes(self.body)


def json_response(value: object, status: int = 200, *, headers: HeaderItems = ()) -> Response:
    """Answer with JSON: a struct (or anything msgspec encodes), or bytes that are JSON text already."""
    body = value if isinstance(value, bytes) else _encode(value)
    return Response(body, status, content_type=JSON, headers=headers)


def empty(status: int = 204, *, headers: HeaderItems = ()) -> Response:
    """Answer without body and content type."""
    return Response(b"", status, headers=headers)


def text(value: str, status: int = 200, *, headers: HeaderItems = ()) -> Response:
    """Answer with plain text."""
    return Response(value.encode(), status, content_type=TEXT, headers=headers)


def html(
    value: str,
    status: int = 200,
    *,
    content_security_policy: str | None = None,
    headers: HeaderItems = (),
) -> Response:
    """Answer with a page that is never stored; the strict policy of `csp.policy()` unless another is given."""
    response = Response(value.encode(), status, content_type=HTML, headers=headers)
    response.raw_headers += [
        *raw({"Content-Security-Policy": content_security_policy or csp.policy()}), UNFRAMED, UNSTORED,
    ]  # fmt: skip
    return response


def redirect(url: str, status: int = 303, *, headers: HeaderItems = ()) -> Response:
    """Send the browser elsewhere; 303 by default, never 307 after credentials (RFC 9700 section 4.12)."""
    response = Response(b"", status, headers=headers)
    response.raw_headers += [*raw({"Location": quote(url, safe=URL_SAFE)}), UNSTORED]
    return response
