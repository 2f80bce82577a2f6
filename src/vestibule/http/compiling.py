"""From msgspec types to shapes: reads the types once, with their rules and msgspec's own constraints."""

from collections.abc import Mapping
from enum import Enum

from msgspec import inspect

from vestibule.http.rules import Check, Length, Pattern, Range
from vestibule.http.shapes import (
    Anything,
    Choice,
    Fields,
    Items,
    Scalar,
    Shape,
)
from vestibule.http.unions import Either, Nullable, Tagged

RULES = "vestibule.rules"
OR_EMPTY = "vestibule.or_empty"

_SCALARS: tuple[tuple[type[inspect.Type], str], ...] = (
    (inspect.StrType, "string"),
    (inspect.IntType, "integer"),
    (inspect.FloatType, "number"),
    (inspect.BoolType, "boolean"),
    (inspect.NoneType, "null"),
)


def shape_of(kind: object) -> Shape:
    """Return the shape of a type that msgspec can decode."""
    return _Compiler().shape(inspect.type_info(kind))


class _Compiler:
    """Compiles one type; structs that contain themselves are compiled once."""

    def __init__(self) -> None:
        self._structs: dict[type, Fields] = {}

    def shape(self, info: inspect.Type, extra: Mapping[str, object] | None = None) -> Shape:
        if isinstance(info, inspect.Metadata):
            return self.shape(info.type, {**(extra or {}), **(info.extra or {})})
        checks = (*_declared(extra), *_native(info))
        for kind, expected in _SCALARS:
            if isinstance(info, kind):
                return Scalar(expected, checks, or_empty=bool(extra and extra.get(OR_EMPTY)))
        if isinstance(info, inspect.UnionType):
            return self._union(info)
        if isinstance(info, inspect.StructType):
            return self._struct(info)
        if isinstance(info, inspect.LiteralType):
            return Choice(info.values)
        if isinstance(info, inspect.EnumType):
            return Choice([item.value if isinstance(item, Enum) else item for item in info.cls])
        if isinstance(info, inspect.CollectionType):
            return Items("array", self.shape(info.item_type), checks)
        if isinstance(info, inspect.DictType):
            return Items("object", self.shape(info.value_type), checks)
        return Anything()

    def _union(self, info: inspect.UnionType) -> Shape:
        types = [item for item in info.types if not isinstance(item, inspect.NoneType)]
        structs = [item for item in types if isinstance(item, inspect.StructType) and item.tag_field]
        inner: Shape
        if len(types) == 1:
            inner = self.shape(types[0])
        elif len(structs) == len(types):
            inner = Tagged(str(structs[0].tag_field), [self._struct(item) for item in structs])
        else:
            inner = Either([self.shape(item) for item in types])
        return inner if len(types) == len(info.types) else Nullable(inner)

    def _struct(self, info: inspect.StructType) -> Fields:
        known = self._structs.get(info.cls)
        if known is not None:
            return known
        shape = self._structs[info.cls] = Fields(info.cls, tag=info.tag)
        shape.members = [(item.name, item.encode_name, item.required, self.shape(item.type)) for item in info.fields]
        shape.ruled = any(member[3].ruled for member in shape.members)
        return shape


def _declared(extra: Mapping[str, object] | None) -> tuple[Check, ...]:
    rules = (extra or {}).get(RULES, ())
    return rules if isinstance(rules, tuple) else ()


def _native(info: inspect.Type) -> tuple[Check, ...]:
    """Mirror the constraints that msgspec checks itself, so that the slow pass can name them."""
    found: list[Check] = []
    if isinstance(info, inspect.StrType | inspect.CollectionType | inspect.DictType):
        if info.min_length is not None or info.max_length is not None:
            found.append(Length(info.min_length, info.max_length))
        if isinstance(info, inspect.StrType) and info.pattern is not None:
            found.append(Pattern(info.pattern))
    if isinstance(info, inspect.IntType | inspect.FloatType):
        if info.ge is not None or info.le is not None:
            found.append(Range(info.ge, info.le))
        if info.gt is not None or info.lt is not None:
            found.append(Range(info.gt, info.lt, exclusive=True))
    return tuple(found)
