"""Holds what we serve against the contract's shapes: every operation, its statuses, what it takes and answers."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from vestibule.api import well_known
from vestibule.api.documents import describe, describe_experience, described
from vestibule.app import experience_routes, management_routes
from vestibule.domain.context import Context
from vestibule.domain.keys import Keyring
from vestibule.settings import ServerSettings, load

FOLDER = Path(__file__).parent.parent / "tests" / "contract"
METHODS = ("get", "post", "put", "patch", "delete")
EDGE = frozenset({"304", "400", "401", "403", "413", "415", "503"})
"""What the edge can answer everywhere; the contract's documents name them here and there."""
UNTOLD = frozenset({"400", "401", "403", "500"})
"""Statuses of the contract that we need not declare: those of the edge, and faults."""

Json = dict[str, Any]
Operation = tuple[str, str]


@cache
def contract() -> Mapping[str, Any]:
    """Return the contract's OpenAPI documents as one; that of the Experience API refers to no shared shapes."""
    management, experience = cast(
        "Iterator[Json]",
        (json.loads((FOLDER / f"{name}.openapi.json").read_text()) for name in ("management", "experience")),
    )
    return {**management, "paths": management["paths"] | experience["paths"]}


@cache
def served() -> Mapping[str, Any]:
    """Return our own as one, made from the routes without a server behind them."""
    ctx = _nowhere()
    public_url = ctx.settings.public_url
    management: Json = describe(described(ctx, management_routes(ctx, cast("Keyring", None))), public_url)
    experience: Json = describe_experience(experience_routes(ctx), public_url)
    shapes, more = (one["components"]["schemas"] for one in (management, experience))
    if any(shapes[name] != more[name] for name in shapes.keys() & more.keys()):
        raise ValueError("two shapes of the APIs have one name")
    return {
        **management,
        "paths": management["paths"] | experience["paths"],
        "components": {**management["components"], "schemas": shapes | more},
    }


def routes() -> set[Operation]:
    """Return every operation of the JSON API, the public ones included."""
    ctx = _nowhere()
    management = [*management_routes(ctx, cast("Keyring", None)), *well_known.routes(ctx)]
    every = described(ctx, management, experience_routes(ctx))
    return {(route.method, _plain(route.path)) for route in every}


def _nowhere() -> Context:
    settings = load(ServerSettings, {})
    return cast("Context", SimpleNamespace(settings=settings, trail=None, db=None, clock=None))


def _plain(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def operations(document: Mapping[str, Any]) -> dict[Operation, Json]:
    """Return every operation by method and path, whatever its parameters are called."""
    found = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                found[method.upper(), _plain(path)] = {**item[method], "path": path}
    return found


def differences() -> dict[Operation, list[str]]:
    """Return how each operation that both have differs, in words; an empty list is an exact one."""
    theirs, ours = operations(contract()), operations(served())
    return {key: compare(theirs[key], ours[key]) for key in sorted(theirs.keys() & ours.keys())}


def beyond() -> list[Operation]:
    """Return the operations that we have and the contract's document has not."""
    return sorted(operations(served()).keys() - operations(contract()).keys())


def compare(theirs: Json, ours: Json) -> list[str]:
    """Return how one of our operations differs from the contract's."""
    return sorted(_faults(theirs, ours))


def _faults(theirs: Json, ours: Json) -> Iterator[str]:
    expected, declared = set(theirs["responses"]), set(ours["responses"])
    yield from (f"does not answer {status}" for status in expected - declared - UNTOLD)
    yield from (f"also answers {status}" for status in declared - expected - EDGE)
    yield from _members("body", _body(contract(), theirs), _body(served(), ours))
    for status in sorted(expected & declared):
        if status.startswith("2"):
            yield from _members(status, _answer(contract(), theirs, status), _answer(served(), ours, status))


def _members(place: str, theirs: tuple[set[str], set[str]], ours: tuple[set[str], set[str]]) -> Iterator[str]:
    # A member that the contract may leave out of an answer is never missed in one; in a body it could be sent.
    yield from (f"{place}: lacks {name}" for name in theirs[0 if place == "body" else 1] - ours[0])
    if theirs[0]:  # where the contract describes nothing, there is nothing to be more than
        yield from (f"{place}: adds {name}" for name in ours[0] - theirs[0])
    both = theirs[0] & ours[0]
    yield from (f"{place}: {name} is not required" for name in (theirs[1] - ours[1]) & both)
    if place == "body":
        yield from (f"{place}: {name} is required" for name in (ours[1] - theirs[1]) & both)


def _body(document: Mapping[str, Any], operation: Json) -> tuple[set[str], set[str]]:
    return _shape(document, _schema(operation.get("requestBody", {})))


def _answer(document: Mapping[str, Any], operation: Json, status: str) -> tuple[set[str], set[str]]:
    return _shape(document, _schema(operation["responses"][status]))


def _schema(holder: Json) -> Json:
    for media in holder.get("content", {}).values():
        schema: Json = media.get("schema", {})
        return schema
    return {}


def _shape(document: Mapping[str, Any], schema: Json) -> tuple[set[str], set[str]]:
    """Return the members of an object, or of the items of a list, and those of them that are always there."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _shape(document, document["components"]["schemas"][name])
    if schema.get("type") == "array":
        return _shape(document, schema.get("items", {}))
    alternatives = schema.get("anyOf") or schema.get("oneOf") or []
    shapes = [_shape(document, item) for item in alternatives if item.get("type") != "null"]
    if shapes:
        return set().union(*(shape[0] for shape in shapes)), set.intersection(*(shape[1] for shape in shapes))
    return set(schema.get("properties", {})), set(schema.get("required", []))


def named() -> dict[tuple[str, str], str]:
    """Return why each known difference is there, by operation and difference."""
    rows = [line.split("\t") for line in (FOLDER / "differences.tsv").read_text().splitlines()[1:]]
    return {(operation, difference): why for operation, difference, why in rows}


def listed() -> dict[Operation, str]:
    """Return the operations of the contract that this API is to serve one day, with their tags."""
    found = {}
    for line in (FOLDER / "endpoints.tsv").read_text().splitlines()[1:]:
        tag, method, path, _, access, *_ = line.split("\t")
        served = access.startswith("Management API token") or access == "none" or path.startswith("/api/experience")
        if path.startswith("/api/") and served:
            found[method, _plain(path)] = tag
    return found


def counts() -> dict[str, list[int]]:
    """Return for each tag how many operations are served exactly, with a named difference, and not yet."""
    ours, differing = operations(served()), differences()
    found: dict[str, list[int]] = {}
    for key, tag in listed().items():
        row = found.setdefault(tag, [0, 0, 0])
        row[2 if key not in ours else 1 if differing.get(key) else 0] += 1
    return dict(sorted(found.items()))


def section() -> str:
    """Return the part of docs/compatibility.md that counts."""
    rows = counts()
    exact, differing, missing = (sum(row[at] for row in rows.values()) for at in range(3))
    lines = [
        f"Of {exact + differing + missing} operations of the Management and Experience APIs {exact} are served exactly",
        f"in path, statuses and members, {differing} with a difference that is named below, {missing} not yet.",
        "How an operation behaves beyond that is in the table above.",
        "",
        "| part | exactly | with a difference | not yet |",
        "| --- | --- | --- | --- |",
        *(f"| {tag} | {row[0]} | {row[1]} | {row[2]} |" for tag, row in rows.items()),
        "",
        "| operation | difference | why |",
        "| --- | --- | --- |",
        *(f"| `{operation}` | {difference} | {why} |" for (operation, difference), why in sorted(named().items())),
    ]
    return "\n".join(lines)
