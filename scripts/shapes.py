"""What a schema lets be sent, members inside members included, and how one of ours differs from the contract's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

Json = dict[str, Any]
NUMBER = "number"
"""Integers, too: the contract's document calls every number so."""
ANYTHING = frozenset({"null", "boolean", "string", NUMBER, "array", "object"})
NAMES = {type(None): "null", bool: "boolean", str: "string", int: NUMBER, float: NUMBER}


@dataclass(frozen=True)
class Shape:
    """Types, the members of an object, the items of a list, and the texts where only those are let through."""

    types: frozenset[str] = ANYTHING
    members: Mapping[str, "Shape"] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: "Shape | None" = None
    literals: frozenset[str] | None = None

    def __or__(self, other: "Shape") -> "Shape":
        """Return the shape of what is one or the other; a member must be there when it must be in both."""
        both = {name: self.members[name] | other.members[name] for name in self.members.keys() & other.members.keys()}
        objects = [shape.required for shape in (self, other) if shape.members]
        texts = [shape.literals for shape in (self, other) if "string" in shape.types]
        lists = [shape.items for shape in (self, other) if shape.items is not None]
        return Shape(
            self.types | other.types,
            {**self.members, **other.members, **both},
            frozenset.intersection(*objects) if objects else frozenset(),
            reduce(Shape.__or__, lists) if lists else None,
            frozenset[str]().union(*(text for text in texts if text)) if all(texts) else None,
        )


def shape_of(components: Mapping[str, Json], schema: Json, inside: tuple[str, ...] = ()) -> Shape:
    """Read a schema of OpenAPI 3.0 or 3.1; a schema inside itself is not followed again."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Shape() if name in inside else shape_of(components, components[name], (*inside, name))
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return reduce(Shape.__or__, [shape_of(components, item, inside) for item in alternatives])
    values = _literals(schema)
    return Shape(
        _types(schema, values) | ({"null"} if schema.get("nullable") else set()),
        {name: shape_of(components, item, inside) for name, item in schema.get("properties", {}).items()},
        frozenset(schema.get("required", [])),
        shape_of(components, schema["items"], inside) if "items" in schema else None,
        None if values is None else frozenset(value for value in values if isinstance(value, str)),
    )


def _literals(schema: Json) -> list[object] | None:
    if "const" in schema:
        return [schema["const"]]
    word = str(schema.get("format", ""))  # the contract's document names a literal by a format in quotes
    values: list[object] | None = schema.get("enum", [word.strip('"')] if word.startswith('"') else None)
    return values


def _types(schema: Json, values: list[object] | None) -> frozenset[str]:
    declared = schema.get("type") or ("object" if "properties" in schema else None)
    if declared is None:
        return ANYTHING if values is None else frozenset(NAMES[type(value)] for value in values)
    return frozenset(
        NUMBER if name == "integer" else name for name in ([declared] if isinstance(declared, str) else declared)
    )


def taken(theirs: Shape, ours: Shape) -> list[str]:
    """Return how a body that we take differs: what can be sent there must be taken here."""
    return [f"body: {fault}" for fault in _faults(theirs, ours, "", body=True)]


def answered(theirs: Shape, ours: Shape) -> list[str]:
    """Return how an answer of ours differs: what is always there must be here, and what is here must be known there."""
    return list(_faults(theirs, ours, "", body=False))


def _faults(theirs: Shape, ours: Shape, at: str, *, body: bool) -> Iterator[str]:
    yield from _values(theirs, ours, at, body=body)
    if theirs.items is not None and ours.items is not None:
        yield from _faults(theirs.items, ours.items, f"{at}[]" if at else at, body=body)
    if at and not ours.members:
        return  # a record that is passed on as it is, or none at all
    here = f"{at}." if at else ""
    # A member that the contract may leave out of an answer is never missed in one; in a body it could be sent.
    due = theirs.members.keys() if body else theirs.required & theirs.members.keys()
    yield from (f"lacks {here}{name}" for name in due - ours.members.keys())
    if theirs.members:  # where the contract describes nothing, there is nothing to be more than
        yield from (f"adds {here}{name}" for name in ours.members.keys() - theirs.members.keys())
    both = theirs.members.keys() & ours.members.keys()
    yield from (f"{here}{name} is not required" for name in (theirs.required - ours.required) & both)
    if body:
        yield from (f"{here}{name} is required" for name in (ours.required - theirs.required) & both)
    for name in sorted(both):
        yield from _faults(theirs.members[name], ours.members[name], f"{here}{name}", body=body)


def _values(theirs: Shape, ours: Shape, at: str, *, body: bool) -> Iterator[str]:
    """Compare types and literals: of a body ours must take all of theirs, of an answer theirs must know all of ours."""
    if theirs.types == ANYTHING:
        return
    sent, known = (theirs, ours) if body else (ours, theirs)
    where, verb = at or "it", "does not take" if body else "can be"
    yield from (f"{where} {verb} {name}" for name in sent.types - known.types)
    if known.literals is not None and "string" in sent.types:
        if sent.literals is None:
            yield f"{where} {verb} any text"
        else:
            yield from (f"{where} {verb} {value}" for value in sent.literals - known.literals)
