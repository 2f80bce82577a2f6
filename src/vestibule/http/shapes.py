"""The slow pass of the guard: a tree of shapes, made from a msgspec type, that lists every fault in declared order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import UNSET

from vestibule.http.issues import (
    Issue,
    Path,
    either,
    out_of_bounds,
    received,
    wrong_type,
)
from vestibule.http.rules import Check

MAX_INTEGER = 2**63 - 1
"""What both stores can hold."""


class Shape(Protocol):
    """What a value looks like: lists the faults of plain JSON, and finds broken rules in a decoded value."""

    @property
    def ruled(self) -> bool:
        """Whether there are rules inside that msgspec itself does not check."""

    def issues(self, value: object, path: Path) -> list[Issue]:
        """List the faults of a plain JSON value; UNSET stands for a missing one."""

    def broken(self, value: object) -> bool:
        """Tell whether a decoded value breaks a rule."""


@dataclass(frozen=True)
class Anything:
    """Any JSON value."""

    ruled = False

    def issues(self, value: object, path: Path) -> list[Issue]:
        """Only a missing value is a fault."""
        return [wrong_type("unknown", value, path)] if value is UNSET else []

    def broken(self, value: object) -> bool:
        """Nothing to break."""
        return False


@dataclass(frozen=True)
class Scalar:
    """A string, number, integer, boolean or null, with its rules; an empty text may be let through."""

    expected: str
    checks: Sequence[Check] = ()
    or_empty: bool = False

    @property
    def ruled(self) -> bool:
        """Whether it has rules."""
        return bool(self.checks)

    def issues(self, value: object, path: Path) -> list[Issue]:
        """List the wrong type or every broken rule."""
        if not self._has_type(value):
            return self._wrong_type(value, path)
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            return [out_of_bounds("too_big" if value > 0 else "too_small", "number", MAX_INTEGER, path)]
        if self.or_empty and value == "":
            return []
        return [issue for check in self.checks if (issue := check.issue(value, path)) is not None]

    def _has_type(self, value: object) -> bool:
        kind = received(value)
        if self.expected == "integer":
            return kind == "number" and isinstance(value, int | float) and value == int(value)
        return kind == self.expected

    def _wrong_type(self, value: object, path: Path) -> list[Issue]:
        if self.expected == "integer":
            if received(value) != "number":
                return [wrong_type("number", value, path)]
            return [{**wrong_type("integer", value, path), "received": "float"}]
        issue = wrong_type(self.expected, value, path)
        if not self.or_empty:
            return [issue]
        return either([[issue], Choice(("",)).issues(value, path)], path)

    def broken(self, value: object) -> bool:
        """Tell whether a rule is broken."""
        if self.or_empty and value == "":
            return False
        return any(check.issue(value, []) is not None for check in self.checks)


@dataclass(frozen=True)
class Choice:
    """One of some literal values."""

    options: Sequence[object]
    ruled = False

    def issues(self, value: object, path: Path) -> list[Issue]:
        """A single literal, a wrong type and an unknown value are three different faults."""
        if any(value == option and type(value) is type(option) for option in self.options):
            return []
        shown = " | ".join(f"'{option}'" for option in self.options)
        if len(self.options) == 1:
            got = {} if value is UNSET else {"received": value}
            message = f"Expected {shown}."
            return [
                {
                    **got,
                    "code": "invalid_literal",
                    "expected": self.options[0],
                    "path": path,
                    "message": message,
                }
            ]
        if not isinstance(value, str) and received(value) not in {received(option) for option in self.options}:
            return [wrong_type(shown, value, path)]
        message = f"Expected one of {shown}."
        options = list(self.options)
        return [
            {
                "received": value,
                "code": "invalid_enum_value",
                "options": options,
                "path": path,
                "message": message,
            }
        ]

    def broken(self, value: object) -> bool:
        """Nothing that msgspec would not check."""
        return False


@dataclass(frozen=True)
class Items:
    """A list (`array`) or an object with free keys (`object`), whose members have one shape."""

    expected: str
    item: Shape
    checks: Sequence[Check] = ()

    @property
    def ruled(self) -> bool:
        """Whether the whole or its members have rules."""
        return bool(self.checks) or self.item.ruled

    def issues(self, value: object, path: Path) -> list[Issue]:
        """List the faults of the whole, then of its members."""
        if received(value) != self.expected:
            return [wrong_type(self.expected, value, path)]
        found = [issue for check in self.checks if (issue := check.issue(value, path)) is not None]
        for key, item in _members(value):
            found += self.item.issues(item, [*path, key])
        return found

    def broken(self, value: object) -> bool:
        """Tell whether the whole or a member breaks a rule."""
        if any(check.issue(value, []) is not None for check in self.checks):
            return True
        return self.item.ruled and any(self.item.broken(item) for _, item in _members(value))


def _members(value: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list | tuple | set | frozenset) else ()


@dataclass
class Fields:
    """A struct: declared members; unknown ones are dropped, missing ones are a fault only when required."""

    cls: type
    members: list[tuple[str, str, bool, Shape]] = field(default_factory=list)
    tag: object = None
    ruled: bool = True

    def issues(self, value: object, path: Path) -> list[Issue]:
        """List the faults in declared order."""
        if not isinstance(value, dict):
            return [wrong_type("object", value, path)]
        found: list[Issue] = []
        for _, name, required, shape in self.members:
            member = value.get(name, UNSET)
            if member is not UNSET or required:
                found += shape.issues(member, [*path, name])
        return found

    def broken(self, value: object) -> bool:
        """Tell whether a member that is present breaks a rule."""
        for attribute, _, _, shape in self.members:
            if shape.ruled:
                member = getattr(value, attribute)
                if member is not UNSET and shape.broken(member):
                    return True
        return False
