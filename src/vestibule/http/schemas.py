"""JSON Schemas of what routes take and of what they answer, made from the same types.

They differ in one thing: a member with a default may be left out of a body, and is always there in an answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, inspect

Json = dict[str, object]
REFERENCES = "#/components/schemas/{name}"
SHOWN = "Shown"
"""Ends the name of an answer's schema where a body's has the name already and says something else."""


@dataclass(frozen=True)
class Schemas:
    """Schemas by the `repr` of their type, and the components that they refer to."""

    taken: Mapping[str, Json]
    answered: Mapping[str, Json]
    components: Mapping[str, Json]


def schemas(taken: Sequence[object], answered: Sequence[object]) -> Schemas:
    """Describe the types of bodies and queries (`taken`), and those of answers."""
    bodies, body_parts = msgspec.json.schema_components(taken, schema_hook=_any, ref_template=REFERENCES)
    structs = list(_structs(inspect.multi_type_info(answered)))
    kinds = [*answered, *structs]
    answers, answer_parts = msgspec.json.schema_components(kinds, schema_hook=_any, ref_template=REFERENCES)
    for struct, reference in zip(structs, answers[len(answered) :], strict=True):
        answer_parts[_target(reference)]["required"] = _always_there(struct)
    new = {name: f"{name}{SHOWN}" for name in _other(body_parts, answer_parts)}
    renamed = {new.get(name, name): _renamed(part, new) for name, part in answer_parts.items()}
    return Schemas(
        taken=dict(zip(map(repr, taken), bodies, strict=True)),
        answered={repr(kind): _renamed(item, new) for kind, item in zip(answered, answers, strict=False)},
        components={**body_parts, **renamed},
    )


def _any(kind: type) -> Json:
    return {"description": "Any JSON value"}


def _structs(infos: Iterable[inspect.Type]) -> Iterator[type[msgspec.Struct]]:
    """Yield every struct inside types, each once."""
    waiting, seen = list(infos), set[type[msgspec.Struct]]()
    while waiting:
        match waiting.pop():
            case inspect.StructType(cls=cls, fields=fields):
                if cls not in seen:
                    seen.add(cls)
                    waiting += [item.type for item in fields]
                    yield cls
            case inspect.UnionType(types=types):
                waiting += types
            case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
                waiting.append(item)
            case inspect.DictType(value_type=value):
                waiting.append(value)
            case inspect.Metadata(type=inner):
                waiting.append(inner)


def _always_there(struct: type[msgspec.Struct]) -> list[str]:
    config = struct.__struct_config__
    omits = config.omit_defaults
    tag = [] if config.tag is None or config.tag_field is None else [config.tag_field]
    return tag + [
        item.encode_name
        for item in msgspec.structs.fields(struct)
        if item.required or not (omits or item.default is UNSET)
    ]


def _other(taken: Mapping[str, Json], answered: Mapping[str, Json]) -> set[str]:
    """Return the names under which bodies and answers have something different, if only further inside."""
    found = {name for name in taken.keys() & answered.keys() if taken[name] != answered[name]}
    while more := {
        name for name in (taken.keys() & answered.keys()) - found if set(_references(answered[name])) & found
    }:
        found |= more
    return found


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield _target(schema)
        for item in schema.values():
            yield from _references(item)
    elif isinstance(schema, list | tuple):
        for item in schema:
            yield from _references(item)


def _renamed(schema: object, new: Mapping[str, str]) -> Json:
    made = _walk(schema, new)
    return made if isinstance(made, dict) else {}


def _walk(schema: object, new: Mapping[str, str]) -> object:
    if isinstance(schema, dict):
        if "$ref" in schema:
            name = _target(schema)
            return {**schema, "$ref": REFERENCES.format(name=new.get(name, name))}
        return {name: _walk(item, new) for name, item in schema.items()}
    return [_walk(item, new) for item in schema] if isinstance(schema, list | tuple) else schema


def _target(schema: Mapping[str, object]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
