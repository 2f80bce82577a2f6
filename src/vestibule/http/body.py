"""Reading bodies: bounded in size before and after inflating, whatever the headers promise."""

import zlib

from starlette.types import Receive, Scope

from vestibule.errors import AppError, BodyTooLarge
from vestibule.http.headers import find

JSON_LIMIT = 1024 * 1024
FORM_LIMIT = 56 * 1024

FORM = "application/x-www-form-urlencoded"
JSON_TYPES = frozenset(
    {
        "application/json",
        "application/json-patch+json",
        "application/vnd.api+json",
        "application/csp-report",
        "application/reports+json",
    }
)


class MalformedBody(AppError):
    """The body is not what its media type says; on the wire this refusal has no code."""

    code, status = "", 400
    message = "The body is not valid JSON."


class UnsupportedEncoding(AppError):
    """The body comes in a content coding this server does not know (RFC 9110 section 8.4)."""

    code, status = "request.unsupported_content_encoding", 415
    message = "Send the body as it is, or with the content coding gzip or deflate."


class ClientGone(Exception):
    """The client went away before its request was complete; nobody is left to answer."""


def media_type(scope: Scope) -> str:
    """Return the media type in lower case, without parameters; empty when there is none."""
    value = find(scope["headers"], b"content-type")
    return "" if value is None else value.decode("latin-1").partition(";")[0].strip().lower()


async def read(scope: Scope, receive: Receive, limit: int) -> bytes:
    """Return the whole body; raises BodyTooLarge without reading on, ClientGone when the client left."""
    length = find(scope["headers"], b"content-length")
    if length is not None and (not length.isdigit() or len(length) > 18 or int(length) > limit):
        raise BodyTooLarge
    content = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        chunk = message.get("body", b"")
        content = content + chunk if content else chunk
        if len(content) > limit:
            raise BodyTooLarge
        more = message.get("more_body", False)
    return content


def inflate(scope: Scope, content: bytes, limit: int) -> bytes:
    """Undo a gzip or deflate content coding, at most to `limit` bytes; raises BodyTooLarge, MalformedBody."""
    coding = (find(scope["headers"], b"content-encoding") or b"identity").strip().lower()
    if coding == b"identity" or not content:
        return content
    if coding not in (b"gzip", b"deflate"):
        raise UnsupportedEncoding
    inflater = zlib.decompressobj(47)
    try:
        plain = inflater.decompress(content, limit + 1)
    except zlib.error as error:
        raise MalformedBody("The body cannot be inflated.") from error
    if len(plain) > limit:
        raise BodyTooLarge
    if not inflater.eof:
        raise MalformedBody("The body cannot be inflated.")
    return plain
