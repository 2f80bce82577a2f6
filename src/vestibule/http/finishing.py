"""The last steps of an answer: entity tag, compression, cross-origin headers, and the ASGI messages."""

import zlib
from binascii import b2a_base64
from collections.abc import Mapping
from hashlib import sha1

from starlette.types import Message

from vestibule.http.face import Face
from vestibule.http.headers import RawHeaders, find, raw
from vestibule.http.request import Request
from vestibule.http.response import Response

REQUEST_ID = b"logto-core-request-id"
COMPRESS_FROM = 1024
_PLAIN_ENTRIES = 2
"""Answers of our own making have a content type at most; longer lists may replace standard headers."""


def finish(face: Face, request: Request, response: Response) -> Response:
    """Apply what the face asks for: entity tag, compression, cross-origin headers."""
    if response.body and face.etag and response.status_code == 200 and request.scope["method"] in ("GET", "HEAD"):
        _tag(request, response)
    if len(response.body) > COMPRESS_FROM and face.compress and not _is_private(response):
        _compress(request, response)
    if face.cors is not None:
        response.raw_headers += raw(cross_origin(face, request))
    return response


def entity_tag(content: bytes) -> bytes:
    """Return the documented tag: length in hex, then 27 characters of the SHA-1 in base64."""
    digest = b2a_base64(sha1(content, usedforsecurity=False).digest())[:27]
    return b'"%x-%s"' % (len(content), digest)


def _tag(request: Request, response: Response) -> None:
    tag = find(response.raw_headers, b"etag")
    if tag is None:
        tag = entity_tag(response.content)
        response.raw_headers.append((b"etag", tag))
    known = find(request.scope["headers"], b"if-none-match")
    if known is not None and _matches(known, tag):
        response.status_code = 304
        response.body = b""
        response.raw_headers = [item for item in response.raw_headers if item[0] != b"content-type"]


def _matches(known: bytes, tag: bytes) -> bool:
    """Compare weakly, as RFC 9110 section 13.1.2 asks for."""
    return any(item.strip().removeprefix(b"W/") in (tag, b"*") for item in known.split(b","))


def _compress(request: Request, response: Response) -> None:
    accepted = find(request.scope["headers"], b"accept-encoding")
    if accepted is None or not _accepts_gzip(accepted) or find(response.raw_headers, b"content-encoding"):
        return
    packer = zlib.compressobj(level=1, wbits=31)
    response.body = packer.compress(response.content) + packer.flush()
    response.raw_headers.append((b"content-encoding", b"gzip"))


def _is_private(response: Response) -> bool:
    """Tell whether an answer may hold a secret beside what was sent: compressed, its size would tell (BREACH)."""
    return find(response.raw_headers, b"cache-control") == b"no-store"


def _accepts_gzip(accepted: bytes) -> bool:
    for item in accepted.lower().split(b","):
        coding, _, weight = item.partition(b";")
        if coding.strip() in (b"gzip", b"*"):
            return weight.replace(b" ", b"") not in (
                b"q=0",
                b"q=0.0",
                b"q=0.00",
                b"q=0.000",
            )
    return False


def cross_origin(face: Face, request: Request) -> Mapping[str, str]:
    """Return the CORS headers that the face grants to the request's origin for its route."""
    origin = find(request.scope["headers"], b"origin")
    if origin is None or face.cors is None or request.route is None:
        return {}
    return face.cors(origin.decode("latin-1"), request.route)


def messages(request: Request, response: Response, common: RawHeaders) -> tuple[Message, Message]:
    """Return the two ASGI messages; what the response says itself replaces a standard header of that name."""
    own = response.raw_headers
    if len(own) > _PLAIN_ENTRIES:
        names = {name for name, _ in own}
        common = [item for item in common if item[0] not in names]
    headers = [*common, (REQUEST_ID, request.id.encode()), *own]
    status = response.status_code
    if status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(response.body)))
    body = b"" if request.scope["method"] == "HEAD" else response.body
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
