"""The OpenAPI 3.1 document of a route table: every path, status, schema and security scheme, from the routes alone."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from vestibule.errors import (
    AppError,
    BodyTooLarge,
    Forbidden,
    InvalidInput,
    InvalidPagination,
    Unauthorized,
)
from vestibule.http import schemas
from vestibule.http.access import PUBLIC
from vestibule.http.body import UnsupportedEncoding
from vestibule.http.routing import Route
from vestibule.http.schemas import Json

_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")
_WORD = re.compile(r"[A-Za-z0-9]+")
_BODYLESS = frozenset({204, 303, 304})


def envelope(errors: Sequence[type[AppError]]) -> Json:
    """Return the schema of one status in the envelope `{code, message, data?, details?}`."""
    codes = sorted({error.code for error in errors if error.code})
    code: Json = {"code": {"type": "string", "enum": codes}} if codes else {}
    properties: Json = {**code, "message": {"type": "string"}, "data": {}, "details": {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["message"]}


@dataclass(frozen=True)
class ErrorForm:
    """How a family of routes renders refusals.

    `schema` makes the schema of one status from its errors; `headers` are those of a status: name and meaning.
    """

    media_type: str = "application/json"
    schema: Callable[[Sequence[type[AppError]]], Json] = envelope
    headers: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


def document(
    routes: Sequence[Route],
    *,
    title: str,
    version: str,
    server: str,
    schemes: Mapping[str, Json],
    description: str = "",
    error_form: ErrorForm | None = None,
    always: Sequence[type[AppError]] = (),
    conditional: bool = False,
) -> Json:
    """Describe `routes`; `schemes` holds the security schemes that the accesses of the routes name.

    `always` are the refusals that every route can answer beside those of the edge; `conditional` says that reads
    answer 304 to an entity tag that still holds.
    Raises ValueError when a route that is not public names no declared scheme, or an operation id repeats.
    """
    taken = _different(kind for route in routes for kind in (*route.bodies, route.query))
    answered = _different(kind for route in routes for kind in route.responses.values())
    known = schemas.schemas(taken, answered)
    builder = _Builder(known, schemes, error_form or ErrorForm(), always, conditional)
    paths: dict[str, Json] = {}
    for route in routes:
        operations = paths.setdefault(_PARAMETER.sub(r"{\1}", route.path), {})
        operations[route.method.lower()] = builder.operation(route)
    info: Json = {"title": title, "version": version}
    if description:
        info["description"] = description
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": dict(known.components), "securitySchemes": dict(schemes)},
    }


def _different(kinds: Iterable[object]) -> list[object]:
    return list({repr(kind): kind for kind in kinds if kind is not None}.values())


class _Builder:
    def __init__(
        self,
        known: schemas.Schemas,
        schemes: Mapping[str, Json],
        form: ErrorForm,
        always: Sequence[type[AppError]],
        conditional: bool,
    ) -> None:
        self._known = known
        self._schemes = schemes
        self._form = form
        self._always = always
        self._conditional = conditional
        self._ids: set[str] = set()

    def operation(self, route: Route) -> Json:
        operation: Json = {
            "operationId": self._operation_id(route),
            "tags": list(route.tags),
        }
        if route.summary:
            operation["summary"] = route.summary
        if route.description:
            operation["description"] = route.description
        operation["security"] = self._security(route)
        operation["parameters"] = [
            *_path_parameters(route),
            *self._query_parameters(route),
            *_header_parameters(route),
        ]
        if route.bodies:
            shapes = [self._known.taken[repr(kind)] for kind in route.bodies]
            schema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
            operation["requestBody"] = {"content": {"application/json": {"schema": schema}}, "required": True}
        operation["responses"] = self._responses(route)
        return operation

    def _operation_id(self, route: Route) -> str:
        words = _WORD.findall(route.path)
        name = route.operation_id or route.method.lower() + "".join(word[:1].upper() + word[1:] for word in words)
        if name in self._ids:
            raise ValueError(f"the operation id {name} of {route} is taken")
        self._ids.add(name)
        return name

    def _security(self, route: Route) -> list[Json]:
        if route.access is PUBLIC:
            return []
        scheme = str(getattr(route.access, "security", ""))
        if scheme not in self._schemes:
            raise ValueError(f"the access of {route} names no declared security scheme")
        return [{scheme: list(getattr(route.access, "scopes", ()))}]

    def _query_parameters(self, route: Route) -> list[Json]:
        found: list[Json] = []
        if route.paged:
            found.append(_parameter("page", "query", {"type": "integer", "minimum": 1, "default": 1}))
            size: Json = {
                "type": "integer",
                "minimum": 1,
                "maximum": 100,
                "default": 20,
            }
            found.append(_parameter("page_size", "query", size))
        if route.query is None:
            return found
        reference = str(self._known.taken[repr(route.query)]["$ref"]).rpartition("/")[2]
        schema = self._known.components[reference]
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        if isinstance(properties, dict) and isinstance(required, list):
            found += [_parameter(name, "query", item, required=name in required) for name, item in properties.items()]
        return found

    def _responses(self, route: Route) -> Json:
        responses: Json = {}
        for status, kind in sorted(route.responses.items()):
            answer: Json = {"description": HTTPStatus(status).phrase}
            if kind is not None and status not in _BODYLESS:
                answer["content"] = {"application/json": {"schema": self._known.answered[repr(kind)]}}
            responses[str(status)] = answer
        if self._conditional and route.method == "GET" and 200 in route.responses:
            responses["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
        by_status: dict[int, list[type[AppError]]] = {}
        for error in (*_errors(route), *self._always):
            by_status.setdefault(error.status, []).append(error)
        for status, errors in sorted(by_status.items()):
            content = {self._form.media_type: {"schema": self._form.schema(errors)}}
            refusal: Json = {"description": HTTPStatus(status).phrase, "content": content}
            if status in self._form.headers:
                refusal["headers"] = {
                    name: {"description": words, "schema": {"type": "string"}}
                    for name, words in self._form.headers[status].items()
                }
            responses.setdefault(str(status), refusal)
        return responses


def _errors(route: Route) -> Iterable[type[AppError]]:
    """Yield the declared errors and those that every route of its kind can answer."""
    if route.access is not PUBLIC:
        yield from getattr(route.access, "errors", (Unauthorized, Forbidden))
    yield InvalidInput  # a NUL in the path or the query, if nothing else
    if route.bodies:
        yield from (BodyTooLarge, UnsupportedEncoding)
    if route.paged:
        yield InvalidPagination
    yield from route.errors


def _path_parameters(route: Route) -> list[Json]:
    return [_parameter(name, "path", {"type": "string", "minLength": 1}, required=True) for name in route.names]


def _header_parameters(route: Route) -> list[Json]:
    return [
        {**_parameter(name, "header", {"type": "string"}), "description": words}
        for name, words in route.headers.items()
    ]


def _parameter(name: str, place: str, schema: object, *, required: bool = False) -> Json:
    return {"name": name, "in": place, "required": required, "schema": schema}
