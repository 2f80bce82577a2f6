"""Rules a value must meet beside its type, in ECMAScript's semantics: what `guard.rule` accepts."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from vestibule.http.issues import Issue, Path, out_of_bounds
from vestibule.http.urls import is_absolute_url


class Check(Protocol):
    """One rule on a value of the right type."""

    def issue(self, value: object, path: Path) -> Issue | None:
        """Describe the fault, or return None when the value meets the rule."""

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema keywords of the rule."""


@dataclass(frozen=True)
class Pattern:
    """The text matches an ECMAScript regular expression without flags."""

    source: str
    message: str = "The text does not have the expected form."
    _compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_compiled", re.compile(ecmascript(self.source), re.ASCII))

    def issue(self, value: object, path: Path) -> Issue | None:
        """Search, as `RegExp.prototype.test` does."""
        if self._compiled.search(str(value)):
            return None
        return {
            "validation": "regex",
            "code": "invalid_string",
            "message": self.message,
            "path": path,
        }

    def schema(self) -> dict[str, object]:
        """Return the pattern as it was written."""
        return {"pattern": self.source}


@dataclass(frozen=True)
class Url:
    """The text parses as an absolute URL by the WHATWG URL standard, whatever its scheme."""

    def issue(self, value: object, path: Path) -> Issue | None:
        """Parse and forget."""
        if is_absolute_url(str(value)):
            return None
        message = "Expected an absolute URL such as https://example.com/picture.png."
        return {
            "validation": "url",
            "code": "invalid_string",
            "message": message,
            "path": path,
        }

    def schema(self) -> dict[str, object]:
        """Return the format; `uri` would be stricter than what is accepted."""
        return {"description": "An absolute URL"}


@dataclass(frozen=True)
class Length:
    """The text has so many UTF-16 units, or the list or object so many members."""

    minimum: int | None = None
    maximum: int | None = None

    def issue(self, value: object, path: Path) -> Issue | None:
        """Compare with both bounds."""
        size, kind = measure(value)
        if self.minimum is not None and size < self.minimum:
            return out_of_bounds("too_small", kind, self.minimum, path)
        if self.maximum is not None and size > self.maximum:
            return out_of_bounds("too_big", kind, self.maximum, path)
        return None

    def schema(self) -> dict[str, object]:
        """Return the bounds of a string."""
        bounds = {"minLength": self.minimum, "maxLength": self.maximum}
        return {key: value for key, value in bounds.items() if value is not None}


@dataclass(frozen=True)
class Range:
    """The number lies between two bounds, both included unless `exclusive`."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False

    def issue(self, value: object, path: Path) -> Issue | None:
        """Compare with both bounds."""
        if not isinstance(value, int | float):
            return None
        low, high = self.minimum, self.maximum
        if low is not None and (value <= low if self.exclusive else value < low):
            return out_of_bounds("too_small", "number", low, path, inclusive=not self.exclusive)
        if high is not None and (value >= high if self.exclusive else value > high):
            return out_of_bounds("too_big", "number", high, path, inclusive=not self.exclusive)
        return None

    def schema(self) -> dict[str, object]:
        """Return the bounds."""
        prefix = "exclusiveM" if self.exclusive else "m"
        bounds = {f"{prefix}inimum": self.minimum, f"{prefix}aximum": self.maximum}
        return {key: value for key, value in bounds.items() if value is not None}


def measure(value: object) -> tuple[int, str]:
    """Return the length of a text in UTF-16 units or the number of members, and what was counted."""
    if isinstance(value, str):
        return len(value) + (0 if value.isascii() else sum(char > "\uffff" for char in value)), "string"
    if isinstance(value, list | tuple | set):
        return len(value), "array"
    return (len(value) if isinstance(value, dict) else 0), "object"


_SPACE = r"\t\n\x0b\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_TRANSLATED = {r"\s": f"[{_SPACE}]", r"\S": f"[^{_SPACE}]", "$": r"\Z", r"\/": "/"}
_TOKEN = re.compile(r"\[(?:\\.|[^\]\\])*\]|\\.|.", re.DOTALL)


def ecmascript(source: str) -> str:
    r"""Translate a pattern to Python's dialect (with re.ASCII): `$` is the strict end, `\s` knows U+FEFF."""

    def translated(match: re.Match[str]) -> str:
        token = match.group()
        if token.startswith("["):
            if r"\S" in token:
                raise ValueError(f"not supported inside a class: {token}")
            return token.replace(r"\s", _SPACE)
        return _TRANSLATED.get(token, token)

    return _TOKEN.sub(translated, source)
