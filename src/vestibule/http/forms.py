"""Fields of OAuth requests: a form, or a flat JSON object (documented in the contract, not in RFC 6749)."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import msgspec

from vestibule.errors import BodyTooLarge, OAuthError
from vestibule.http import body

if TYPE_CHECKING:
    from vestibule.http.request import Request

Fields = dict[str, list[str]]


async def fields(request: "Request") -> Fields:
    """Return every field with all its values; raises OAuthError invalid_request."""
    media = body.media_type(request.scope)
    try:
        content = await request.body(body.FORM_LIMIT)
    except BodyTooLarge as error:
        raise OAuthError("invalid_request", "the request body is too large", status=413) from error
    if not content:
        return {}
    if media == body.FORM:
        return _grouped(_strictly(content))
    if media == "application/json":
        return _flat(content)
    raise OAuthError(
        "invalid_request",
        f"only {body.FORM} content-type bodies are supported on {request.method} {_mounted(request)}",
    )


def pairs(text: str, errors: str = "replace") -> list[tuple[str, str]]:
    """Read a form or a query as `urllib.parse.parse_qsl` does with blank values, at a quarter of its cost.

    `errors` says what happens to bytes that are not UTF-8, as for `bytes.decode`.
    """
    found = []
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.append((_unescaped(name, errors), _unescaped(value, errors)))
    return found


def _unescaped(text: str, errors: str) -> str:
    return unquote_plus(text, errors=errors) if "%" in text or "+" in text else text


def _mounted(request: "Request") -> str:
    return request.path.removeprefix("/oidc")


def _strictly(content: bytes) -> list[tuple[str, str]]:
    try:
        return pairs(content.decode(), errors="strict")
    except UnicodeDecodeError as error:  # a character in place of every such byte would make two passwords one
        raise OAuthError("invalid_request", "the request body must be UTF-8") from error


def _grouped(pairs: Iterable[tuple[str, str]]) -> Fields:
    grouped: Fields = {}
    for name, value in pairs:
        grouped.setdefault(_clean(name), []).append(_clean(value))
    return grouped


def _flat(content: bytes) -> Fields:
    """Read a flat object; malformed JSON counts as an empty body, as the contract says."""
    try:
        parsed: object = msgspec.json.decode(content)
        pairs = json.loads(content, object_pairs_hook=tuple)  # keeps a name twice that comes twice
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    if not isinstance(parsed, dict):
        return {}
    return _grouped(
        (name, _scalar(item))
        for name, value in pairs
        if value is not None
        for item in (value if isinstance(value, list) else [value])
    )


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise OAuthError("invalid_request", "parameters must be strings")


def _clean(text: str) -> str:
    if "\0" in text:
        raise OAuthError("invalid_request", "null bytes are not allowed in the request body")
    return text
