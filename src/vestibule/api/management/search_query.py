"""The query language of lists (contract section 1.10): groups, modes, joint; every fault is a 400."""

import re
from collections.abc import Sequence
from typing import Literal, get_args

from vestibule.api.management.patterns import PatternError, regular_expression, similar_to
from vestibule.errors import InvalidRequest
from vestibule.store.listing import Group, Mode, Search

FLAG = {"true", "1", "y", "yes"}
MODES: tuple[str, ...] = get_args(Mode)
MAX_VALUE = 256
_UPPER = re.compile(r"(?<!^)(?=[A-Z])")

Items = Sequence[tuple[str, str]]


def refuse(message: str) -> InvalidRequest:
    """Return the refusal of a faulty search."""
    return InvalidRequest(message, data={})


def parse_search(items: Items, fields: Sequence[str]) -> Search:
    """Read a search over `fields` from decoded query parameters; raises InvalidRequest."""
    sensitive = last(items, "isCaseSensitive").lower() in FLAG
    modes = _modes(items)
    groups: dict[str, list[str]] = {}
    for key, value in items:
        if key.startswith("search"):
            groups.setdefault(_field(key), []).append(value)
    made = tuple(_group(name, values, modes, sensitive, fields) for name, values in groups.items())
    return Search(made, _joint(items), sensitive)


def excluded(items: Items) -> str:
    """Return `excludeRoleId`, or an empty text; raises InvalidRequest when an organization is excluded as well."""
    role, organization = last(items, "excludeRoleId"), last(items, "excludeOrganizationId")
    if role and organization:
        raise InvalidRequest("Use either `excludeRoleId` or `excludeOrganizationId`.")
    return role


def last(items: Items, name: str) -> str:
    """Return the last value of a parameter, or an empty text."""
    return next((value for key, value in reversed(items) if key == name), "")


def _field(key: str) -> str:
    parts = key.split(".")
    if len(parts) > 2:
        raise refuse(f"`{key[:64]}` names no field. Use `search` or `search.<field>`.")
    return parts[1] if len(parts) == 2 else ""


def _modes(items: Items) -> dict[str, Mode]:
    modes: dict[str, Mode] = {}
    for key, value in items:
        if key.startswith("mode"):
            if value not in MODES:
                raise refuse(f"A mode is one of {', '.join(MODES)}.")
            modes[_field(key)] = value  # type: ignore[assignment]
    return modes


def _joint(items: Items) -> Literal["or", "and"]:
    given = [value for key, value in items if key == "joint"] or [value for key, value in items if key == "jointMode"]
    joint = (given[-1] if given else "") or "or"
    if joint not in {"or", "and"}:
        raise refuse("`joint` is `or` or `and`.")
    return "and" if joint == "and" else "or"


def _group(name: str, values: list[str], modes: dict[str, Mode], sensitive: bool, searchable: Sequence[str]) -> Group:
    mode = modes.get(name) or modes.get("") or "like"
    column = _UPPER.sub("_", name).lower()
    if name and column not in searchable:
        raise refuse(f"`{name[:64]}` is not a field that can be searched: {', '.join(searchable)}.")
    if any(not value or len(value) > MAX_VALUE for value in values):
        raise refuse(f"A value to search for has 1 to {MAX_VALUE} characters.")
    if mode != "exact" and len(values) > 1:
        raise refuse(f"The mode `{mode}` takes one value.")
    fields = (column,) if name else tuple(searchable)
    return Group(fields, mode, _value(mode, values, sensitive))


def _value(mode: Mode, values: list[str], sensitive: bool) -> str | tuple[str, ...]:
    folded = values if sensitive else [value.casefold() for value in values]
    if mode == "exact":
        return tuple(folded)
    if mode == "like":
        return checked_like(folded[0])
    if mode == "similar_to" and not sensitive:
        raise refuse("`similar_to` needs `isCaseSensitive=true`.")
    try:
        return similar_to(values[0]) if mode == "similar_to" else regular_expression(values[0], fold=not sensitive)
    except PatternError as error:
        raise refuse(str(error)) from error


def checked_like(pattern: str) -> str:
    """Refuse a pattern that ends in a lone backslash."""
    if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        raise refuse("A pattern cannot end in a backslash.")
    return pattern
