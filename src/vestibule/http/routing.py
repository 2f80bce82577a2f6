"""The route table: what a route declares, and a trie over path segments that finds it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from vestibule.errors import AppError
from vestibule.http.access import Access
from vestibule.http.response import Response

if TYPE_CHECKING:
    from vestibule.http.request import Request

Handler = Callable[["Request"], Awaitable[Response]]


class Route:
    """One method on one path: who may call it, what it takes, what it answers.

    `body` is one shape, or a tuple of shapes of which the first that fits is taken (`Request.json_of`).
    `responses` are the answers by status; an empty mapping is of a route that has nothing but refusals to give.
    `headers` are the request headers it reads beyond the usual: name and meaning.
    A path has literal segments, `{name}` segments (one non-empty segment) and may end in `{name:path}` (the rest).
    """

    __slots__ = (
        "access",
        "bodies",
        "description",
        "errors",
        "handler",
        "headers",
        "method",
        "names",
        "operation_id",
        "paged",
        "path",
        "query",
        "responses",
        "summary",
        "tags",
    )

    def __init__(
        self,
        method: str,
        path: str,
        handler: Handler,
        *,
        access: Access,
        summary: str = "",
        description: str = "",
        body: object = None,
        query: object = None,
        headers: Mapping[str, str] | None = None,
        paged: bool = False,
        responses: Mapping[int, object] | None = None,
        errors: Sequence[type[AppError]] = (),
        tags: Sequence[str] = (),
        operation_id: str = "",
    ) -> None:
        self.method = method.upper()
        self.path = path
        self.handler = handler
        self.access = access
        self.summary = summary
        self.description = description
        self.bodies = body if isinstance(body, tuple) else () if body is None else (body,)
        self.query = query
        self.headers = dict(headers or {})
        self.paged = paged
        self.responses = dict({200: None} if responses is None else responses)
        self.errors = tuple(errors)
        self.tags = tuple(tags)
        self.operation_id = operation_id
        self.names = tuple(_name(part) for part in path.split("/") if part.startswith("{"))

    def __repr__(self) -> str:
        return f"Route({self.method} {self.path})"


def _name(segment: str) -> str:
    return segment.strip("{}").partition(":")[0]


class _Node:
    __slots__ = ("literals", "parameter", "routes", "tail")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.tail: dict[str, Route] = {}
        self.routes: dict[str, Route] = {}


class Trie:
    """Finds the route of a raw (still percent-encoded) path; a literal segment wins over a parameter.

    `lenient` folds the case of literal segments after the prefix and allows one trailing slash.
    """

    def __init__(self, prefix: str, routes: Sequence[Route], *, lenient: bool = False) -> None:
        self._skip = len(prefix)
        self._lenient = lenient
        self._root = _Node()
        for route in routes:
            if not route.path.startswith(prefix):
                raise ValueError(f"{route} is outside the prefix {prefix!r}")
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for part in route.path[self._skip :].split("/")[1:]:
            if part.endswith(":path}"):
                _put(node.tail, route)
                return
            if part.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(part.lower() if self._lenient else part, _Node())
        _put(node.routes, route)

    def find(self, method: str, path: str) -> tuple[Route, list[str]] | frozenset[str]:
        """Return the route and the raw values of its parameters, or the methods that the path does answer."""
        rest = path[self._skip :]
        if self._lenient:
            if len(rest) > 1 and rest[-1] == "/":
                rest = rest[:-1]
            keys = rest.lower().split("/")
        else:
            keys = rest.split("/")
        found: list[int] = []
        route = _search(self._root, keys, 1, found, method)
        if route is None:
            return frozenset(_allowed(self._root, keys, 1))
        if not found:
            return route, []
        parts = rest.split("/")
        return route, [parts[at] if at > 0 else "/".join(parts[-at:]) for at in found]


def _put(routes: dict[str, Route], route: Route) -> None:
    existing = routes.get(route.method)
    if existing is not None and existing.method == route.method:
        raise ValueError(f"{route} is declared twice")
    routes[route.method] = route
    if route.method == "GET":
        routes.setdefault("HEAD", route)


def _search(node: _Node, keys: list[str], at: int, found: list[int], method: str) -> Route | None:
    """Walk down; `found` collects the indexes of parameter segments, the start of a tail as a negative one."""
    if at >= len(keys):
        return node.routes.get(method)
    child = node.literals.get(keys[at])
    if child is not None:
        route = _search(child, keys, at + 1, found, method)
        if route is not None:
            return route
    if node.parameter is not None and keys[at]:
        found.append(at)
        route = _search(node.parameter, keys, at + 1, found, method)
        if route is not None:
            return route
        found.pop()
    route = node.tail.get(method)
    if route is not None:
        found.append(-at)
    return route


def _allowed(node: _Node, keys: list[str], at: int) -> set[str]:
    if at >= len(keys):
        return set(node.routes)
    methods = set(node.tail)
    child = node.literals.get(keys[at])
    if child is not None:
        methods |= _allowed(child, keys, at + 1)
    if node.parameter is not None and keys[at]:
        methods |= _allowed(node.parameter, keys, at + 1)
    return methods
