"""The guard: turns bytes into structs, or lists every fault.

The fast path is one msgspec decode. Only when that fails, or when a rule is broken, a slower pass over the plain
JSON builds the documented issue list. Field rules are declared beside the type:

    Username = Annotated[str, rule(Pattern(r"^[A-Z_a-z]\\w*$"))]
    Avatar = Annotated[str, rule(Url(), or_empty=True)]

    class UserPatch(Struct, rename="camel"):
        username: Maybe[Nullable[Username]] = UNSET
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar, Union

import msgspec
from msgspec import Meta, UnsetType

from vestibule.errors import InvalidInput
from vestibule.http.body import MalformedBody
from vestibule.http.compiling import OR_EMPTY, RULES, shape_of
from vestibule.http.issues import Issue, Path, custom, either, refusal
from vestibule.http.rules import Check, Length, Pattern, Range, Url

__all__ = [
    "Length",
    "Maybe",
    "Nullable",
    "Pattern",
    "Range",
    "Url",
    "convert",
    "decode",
    "grouped",
    "rule",
]

T = TypeVar("T")

Nullable = Union[T, None]  # noqa: UP007 - a generic alias
Maybe = Union[T, UnsetType]  # noqa: UP007 - a generic alias; give the field the default UNSET

MAX_DEPTH = 64
MAX_NUMBER = 1.7976931348623157e308

_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_LONG_NUMBER = re.compile(rb"[0-9]{18}")
_OPENING = (b"{", b"[")


def rule(*checks: Check, or_empty: bool = False) -> Meta:
    """Attach rules to a type with Annotated; `or_empty` lets the empty text through."""
    schema: dict[str, object] = {}
    for check in checks:
        schema |= check.schema()
    if or_empty:
        schema = {"anyOf": [schema, {"const": ""}]}
    return Meta(extra={RULES: checks, OR_EMPTY: or_empty}, extra_json_schema=schema)


class _Plan(Generic[T]):
    """What is prepared once for each type."""

    def __init__(self, kind: type[T]) -> None:
        self.kind = kind
        self.shape = shape_of(kind)
        self.ruled = self.shape.ruled
        self.read = msgspec.json.Decoder(kind).decode


_PLANS: dict[object, _Plan[Any]] = {}
"""One for each type that a route takes."""


def _plan(kind: type[T]) -> _Plan[T]:
    plan: _Plan[T] | None = _PLANS.get(kind)
    if plan is None:
        plan = _PLANS[kind] = _Plan(kind)
    return plan


def decode(content: bytes, kind: type[T]) -> T:
    """Decode a JSON body; raises InvalidInput with every fault, MalformedBody when it is not a JSON object or array."""
    if not content:
        return convert({}, kind)
    content = _checked(content)
    plan = _plan(kind)
    try:
        value = plan.read(content)
    except (msgspec.MsgspecError, RecursionError) as error:
        plain = parse(content)
        _check_names(content)
        return _slow(plan, plain, error)
    _check_names(content)
    if plan.ruled and plan.shape.broken(value):
        return _slow(plan, parse(content), None)
    if b"\\u" in content or b"__proto__" in content or _LONG_NUMBER.search(content):
        plain = parse(content)
        found = [*forbidden(plain), *plan.shape.issues(plain, [])]
        if found:
            raise refusal(found)
    return value


def convert(plain: object, kind: type[T]) -> T:
    """Turn plain JSON values into `kind`; raises InvalidInput with every fault."""
    plan = _plan(kind)
    try:
        value = msgspec.convert(plain, kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        return _slow(plan, plain, error)
    if plan.ruled and plan.shape.broken(value):
        return _slow(plan, plain, None)
    found = list(forbidden(plain))
    if found:
        raise refusal(found)
    return value


def none_fits(refused: Sequence[InvalidInput]) -> InvalidInput:
    """Make one refusal of those of all alternatives; one that lists no issues speaks alone."""
    alternatives: list[list[Issue]] = []
    for error in refused:
        issues = error.data.get("issues") if isinstance(error.data, dict) else None
        if not isinstance(issues, list):
            return error
        alternatives.append(issues)
    return refusal(either(alternatives, []))


def _slow(plan: _Plan[T], plain: object, error: Exception | None) -> T:
    found = [*plan.shape.issues(plain, []), *forbidden(plain)]
    if found:
        raise refusal(found)
    try:
        return msgspec.convert(plain, plan.kind, strict=False)  # 1.0 where an integer is due
    except (msgspec.MsgspecError, RecursionError) as second:
        raise refusal([custom("The value is not accepted here.", _path(str(error or second)))]) from second


def _path(message: str) -> Path:
    """Read the place out of msgspec's sentence, which ends in something like: at `$.a[0].b`."""
    dotted = message.rpartition("`$")[2].rstrip("`") if "`$" in message else ""
    return [part for part in re.split(r"[.\[\]]+", dotted) if part]


def _checked(content: bytes) -> bytes:
    """Return the content without byte order mark; raises MalformedBody or, when nested too deeply, InvalidInput."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.lstrip(b" \t\r\n").startswith(_OPENING):
        raise MalformedBody("The body must be a JSON object or array.")
    if not content.isascii():
        try:
            content.decode()
        except UnicodeDecodeError as error:
            raise MalformedBody("The body is not valid UTF-8.") from error
    if content.count(b"{") + content.count(b"[") > MAX_DEPTH and _depth(content) > MAX_DEPTH:
        raise InvalidInput(f"The body is nested more than {MAX_DEPTH} levels deep.", data={})
    return content


def _depth(content: bytes) -> int:
    brackets = _STRING.sub(b"", content).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _check_names(content: bytes) -> None:
    """Refuse JSON with a name that comes twice in one object; raises InvalidInput."""
    if content.count(b":") > 1:
        _read_names(content.decode())


def _different(members: list[tuple[str, object]]) -> None:
    """Refuse a name that comes twice: one reader would take the first value, another the last (RFC 8259 section 4)."""
    if len(members) > 1 and len({name for name, _ in members}) < len(members):
        twice = next(name for name, count in Counter(name for name, _ in members).items() if count > 1)
        raise refusal([custom(f"The name {twice!r} comes twice in one object.", [])])


_read_names = json.JSONDecoder(object_pairs_hook=_different, parse_int=str, parse_float=str, parse_constant=str).decode
"""Reads for the names alone; 5 µs for the body of a usual change. What it reads was read by msgspec before."""


def parse(content: bytes) -> object:
    """Decode JSON of any shape; raises MalformedBody."""
    try:
        parsed: object = msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise MalformedBody from error
    return parsed


def forbidden(plain: object, path: Path | None = None) -> Iterable[Issue]:
    """List what is refused anywhere, declared or not: NUL, `__proto__`, and numbers past a double's range."""
    at = path or []
    if isinstance(plain, str):
        if "\0" in plain:
            yield custom("A NUL character is not allowed.", at)
    elif isinstance(plain, dict):
        for key, value in plain.items():
            if key == "__proto__" or "\0" in key:
                yield custom("This name is not allowed.", [*at, key])
            yield from forbidden(value, [*at, key])
    elif isinstance(plain, list):
        for index, value in enumerate(plain):
            yield from forbidden(value, [*at, index])
    elif isinstance(plain, int) and abs(plain) > MAX_NUMBER:
        yield custom("The number is too large.", at)


def grouped(items: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Gather the fields of a query or a form; repeats become arrays."""
    fields: dict[str, object] = {}
    for key, value in items:
        known = fields.get(key)
        if known is None:
            fields[key] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            fields[key] = [known, value]
    return fields
