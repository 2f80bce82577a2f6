"""Shapes with alternatives: null, one of several, and structs told apart by a tag."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from vestibule.http.issues import Issue, Path, either, wrong_type
from vestibule.http.shapes import Fields, Shape


@dataclass(frozen=True)
class Nullable:
    """Null, or something of one shape."""

    inner: Shape

    @property
    def ruled(self) -> bool:
        """Whether the shape beside null has rules."""
        return self.inner.ruled

    def issues(self, value: object, path: Path) -> list[Issue]:
        """List the faults of the shape beside null."""
        return [] if value is None else self.inner.issues(value, path)

    def broken(self, value: object) -> bool:
        """Tell whether a value that is not null breaks a rule."""
        return value is not None and self.inner.broken(value)


@dataclass(frozen=True)
class Either:
    """Something of one of several shapes."""

    alternatives: Sequence[Shape]

    @property
    def ruled(self) -> bool:
        """Whether any alternative has rules."""
        return any(shape.ruled for shape in self.alternatives)

    def issues(self, value: object, path: Path) -> list[Issue]:
        """List why no alternative fits."""
        found = [shape.issues(value, path) for shape in self.alternatives]
        return either(found, path) if all(found) else []

    def broken(self, value: object) -> bool:
        """Tell whether the value, made plain again, fits no alternative."""
        return bool(self.issues(msgspec.to_builtins(value), []))


@dataclass(frozen=True)
class Tagged:
    """One of several structs, told apart by the value of a tag field."""

    field: str
    structs: Sequence[Fields]

    @property
    def ruled(self) -> bool:
        """Whether any of the structs has rules."""
        return any(struct.ruled for struct in self.structs)

    def issues(self, value: object, path: Path) -> list[Issue]:
        """List an unknown tag, or the faults of the struct that the tag names."""
        if not isinstance(value, dict):
            return [wrong_type("object", value, path)]
        for struct in self.structs:
            if value.get(self.field) == struct.tag:
                return struct.issues(value, path)
        options = [struct.tag for struct in self.structs]
        message = f"Expected one of {' | '.join(repr(option) for option in options)}."
        at = [*path, self.field]
        return [
            {
                "code": "invalid_union_discriminator",
                "options": options,
                "path": at,
                "message": message,
            }
        ]

    def broken(self, value: object) -> bool:
        """Tell whether the struct breaks one of its rules."""
        return any(isinstance(value, struct.cls) and struct.broken(value) for struct in self.structs)
