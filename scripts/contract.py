"""Holds what we serve against the contract's shapes: every operation, its statuses, what it takes and answers."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from scripts.shapes import Shape, answered, shape_of, taken
from vestibule.api import assertions, well_known
from vestibule.api.documents import describe, described
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
    """Return our own, made from the routes without a server behind them."""
    settings = load(ServerSettings, {})
    ctx = cast("Context", SimpleNamespace(settings=settings, trail=None, db=None, clock=None))
    routes = [
        *management_routes(ctx, cast("Keyring", None)),
        *well_known.routes(ctx),
        *assertions.routes(ctx),
        *experience_routes(ctx),
    ]
    return describe(described(ctx, routes), settings.public_url)


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
    """Return how each operation that both have differs, in words; an empty list is an exact one.

    Some operations of the contract are listed and in no document: they cannot be compared, which is a difference.
    """
    theirs, ours = operations(contract()), operations(served())
    untold = {key: ["is in no document of the contract"] for key in (listed().keys() & ours.keys()) - theirs.keys()}
    return {key: compare(theirs[key], ours[key]) for key in sorted(theirs.keys() & ours.keys())} | untold


def beyond() -> list[Operation]:
    """Return the operations that we have and the contract's document has not."""
    return sorted(operations(served()).keys() - operations(contract()).keys())


def compare(theirs: Json, ours: Json) -> list[str]:
    """Return how one of our operations differs from the contract's."""
    return sorted(set(_faults(theirs, ours)))


def _faults(theirs: Json, ours: Json) -> Iterator[str]:
    expected, declared = set(theirs["responses"]), set(ours["responses"])
    yield from (f"does not answer {status}" for status in expected - declared - UNTOLD)
    yield from (f"also answers {status}" for status in declared - expected - EDGE)
    yield from taken(_shape(contract(), theirs.get("requestBody", {})), _shape(served(), ours.get("requestBody", {})))
    for status in sorted(expected & declared):
        if status.startswith("2"):
            shapes = [_shape(contract(), theirs["responses"][status]), _shape(served(), ours["responses"][status])]
            yield from (f"{status}: {fault}" for fault in answered(*shapes))


def _shape(document: Mapping[str, Any], holder: Json) -> Shape:
    for media in holder.get("content", {}).values():
        return shape_of(document["components"].get("schemas", {}), media.get("schema", {}))
    return shape_of({}, {})


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
        f"in path, statuses, members and types, {differing} with a difference that is named below, {missing} not yet.",
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
