"""Requests: Starlette's connection with our bounded body, our guards and our idea of the client's address."""

from functools import cached_property
from typing import TypeVar
from urllib.parse import unquote

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope

from vestibule.errors import InvalidInput
from vestibule.http import body, forms, guard
from vestibule.http.address import client_address
from vestibule.http.edge import Edge
from vestibule.http.headers import find
from vestibule.http.issues import refusal, wrong_type
from vestibule.http.pagination import Page, parse_page
from vestibule.http.routing import Route

T = TypeVar("T")

FLAG_VALUES = frozenset({"true", "1", "y", "yes"})


class Request(HTTPConnection):
    """One request on its way through the table: `id`, `ip`, `route`, `principal`, and the guarded parts."""

    def __init__(self, scope: Scope, receive: Receive, edge: Edge, request_id: str) -> None:
        self.scope = scope
        self.receive = receive
        self.edge = edge
        self.id = request_id
        self.principal: object | None = None
        self.route: Route | None = None
        self.raw_values: list[str] = []
        self._cached_body: bytes | None = None
        self._path_params: dict[str, str] | None = None

    @property
    def method(self) -> str:
        """The method in capitals."""
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded."""
        return raw_path(self.scope)

    @property
    def public_url(self) -> str:
        """The configured public address of this server; the Host header is never believed."""
        return self.edge.public_url

    @property
    def path_params(self) -> dict[str, str]:
        """The parameters of the path, percent-decoded; a malformed escape is taken literally."""
        if self._path_params is None:
            names = self.route.names if self.route else ()
            self._path_params = {name: decode(value) for name, value in zip(names, self.raw_values, strict=True)}
        return self._path_params

    @property
    def authorization(self) -> str | None:
        """The header `Authorization`, as sent."""
        sent = find(self.scope["headers"], b"authorization")
        return None if sent is None else sent.decode("latin-1")

    @property
    def origin(self) -> str | None:
        """The header `Origin`, as sent."""
        sent = find(self.scope["headers"], b"origin")
        return None if sent is None else sent.decode("latin-1")

    @property
    def raw_query(self) -> str:
        """The query as sent."""
        return bytes(self.scope.get("query_string", b"")).decode("latin-1")

    @cached_property
    def query_items(self) -> list[tuple[str, str]]:
        """The decoded query parameters in the order they came, repeats included."""
        return forms.pairs(self.raw_query)

    @cached_property
    def ip(self) -> str:
        """The client's address: the peer, or what a trusted proxy says."""
        return client_address(self.scope, self.edge.trusted_proxies)

    @property
    def user_agent(self) -> str:
        """What the client calls itself, as sent; empty when it does not say."""
        return (find(self.scope["headers"], b"user-agent") or b"").decode("latin-1")

    def query(self, kind: type[T]) -> T:
        """Return the query as a struct of strings; raises InvalidInput (a repeated parameter is an array)."""
        return guard.convert(guard.grouped(self.query_items), kind)

    def flag(self, name: str) -> bool:
        """Tell whether a query flag is set: `true`, `1`, `y` or `yes` in any case; raises InvalidInput on a repeat."""
        values = [value for key, value in self.query_items if key == name]
        if len(values) > 1:
            raise refusal([wrong_type("string", values, [name])])
        return bool(values) and values[0].lower() in FLAG_VALUES

    def pagination(self) -> Page:
        """Return the page asked for; raises InvalidPagination."""
        return parse_page(self.query_items)

    def optional_pagination(self) -> Page | None:
        """Return the page asked for, or None when no page is asked for; raises InvalidPagination."""
        asked = any(key in {"page", "page_size"} for key, _ in self.query_items)
        return self.pagination() if asked else None

    async def body(self, limit: int = body.JSON_LIMIT) -> bytes:
        """Return the body as sent, at most `limit` bytes; raises BodyTooLarge."""
        if self._cached_body is None:
            self._cached_body = await body.read(self.scope, self.receive, limit)
        return self._cached_body

    async def json(self, kind: type[T]) -> T:
        """Return the body as `kind`; raises InvalidInput with every fault, MalformedBody or BodyTooLarge."""
        media = body.media_type(self.scope)
        if media in body.JSON_TYPES:
            content = await self.body()
            return guard.decode(body.inflate(self.scope, content, body.JSON_LIMIT), kind)
        return guard.convert(await self._odd_body(media), kind)

    async def json_of(self, *kinds: type[T]) -> T:
        """Return the body as the first of several kinds that it fits; raises as `json`, with the faults of all."""
        refused: list[InvalidInput] = []
        for kind in kinds:
            try:
                return await self.json(kind)
            except InvalidInput as error:
                refused.append(error)
        raise guard.none_fits(refused)

    async def _odd_body(self, media: str) -> object:
        if media == body.FORM:
            content = body.inflate(self.scope, await self.body(body.FORM_LIMIT), body.FORM_LIMIT)
            return guard.grouped(forms.pairs(content.decode(errors="replace")))
        if media.startswith("text/"):
            return (await self.body(body.FORM_LIMIT)).decode(errors="replace")
        return {}

    async def form_fields(self) -> dict[str, list[str]]:
        """Return the fields of an OAuth request, repeats kept apart; raises OAuthError invalid_request."""
        return await forms.fields(self)


def raw_path(scope: Scope) -> str:
    """Return the path of a scope as sent, still percent-encoded."""
    sent = scope.get("raw_path")
    return bytes(sent).decode("latin-1") if sent else str(scope["path"])


def decode(value: str) -> str:
    """Percent-decode one segment; a malformed escape leaves the segment as it is."""
    if "%" not in value:
        return value
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value
