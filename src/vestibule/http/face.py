"""A face: a family of routes under one prefix that renders its own refusals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vestibule.http.request import Request
from vestibule.http.response import Response
from vestibule.http.routing import Route

RenderError = Callable[[Request, Exception], Response]
NotFound = Callable[[Request], Response]
MethodNotAllowed = Callable[[Request, frozenset[str]], Response]
CorsPolicy = Callable[[str, Route], Mapping[str, str]]
"""Given the Origin and the route: the CORS headers of the answer, or nothing to refuse (`vestibule.http.cors`)."""


@dataclass(frozen=True, kw_only=True)
class Face:
    """Routes under `prefix` ("" for the root) and how they answer when something is wrong.

    `render_error` gets every AppError and OAuthError, and any unknown exception (which was logged already).
    `headers` add to or replace the standard ones (`vestibule.http.headers.standard`).
    `lenient` folds the case of segments and allows a trailing slash; `etag` and `compress` apply to answers with
    a body, the latter not to those that are never stored (`vestibule.http.finishing`).
    """

    name: str
    prefix: str
    routes: Sequence[Route]
    render_error: RenderError
    not_found: NotFound
    method_not_allowed: MethodNotAllowed
    headers: Mapping[str, str] = field(default_factory=dict)
    lenient: bool = False
    etag: bool = False
    compress: bool = False
    cors: CorsPolicy | None = None
