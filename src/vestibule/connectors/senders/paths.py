"""Paths into plain values, and trees that are filled from them: the small language in which records are written."""

import re
from collections.abc import Mapping

from msgspec import UNSET

_NAME = re.compile(r"\$([A-Za-z_][\w.]*)")
GUARD = "?"


def found(value: object, path: str) -> list[object]:
    """Return what a dotted path leads to; `*` goes through every item of a list."""
    held = [value]
    for part in path.split("."):
        held = [inner for item in held for inner in _step(item, part)]
    return held


def _step(value: object, part: str) -> list[object]:
    if isinstance(value, Mapping):
        return [value[part]] if part in value else []
    if isinstance(value, list):
        if part == "*":
            return list(value)
        return [value[int(part)]] if part.isdecimal() and int(part) < len(value) else []
    return []


def at(values: Mapping[str, object], path: str) -> object:
    """Return the value at a path, or UNSET where there is none, or nothing in it."""
    held = found(values, path)
    return UNSET if not held or held[0] is None or held[0] is UNSET or held[0] == "" else held[0]


def filled(tree: object, values: Mapping[str, object]) -> object:
    """Return a tree with values in place of its paths; UNSET where nothing is left of it."""
    if isinstance(tree, str):
        return _text(tree, values)
    if isinstance(tree, Mapping):
        if GUARD in tree and filled(tree[GUARD], values) is UNSET:
            return UNSET
        members = {key: filled(item, values) for key, item in tree.items() if key != GUARD}
        left = {key: item for key, item in members.items() if item is not UNSET}
        return left if left or not tree else UNSET
    if isinstance(tree, tuple | list):
        return [item for part in tree if (item := filled(part, values)) is not UNSET]
    return tree


def _text(text: str, values: Mapping[str, object]) -> object:
    """Return the value that a text names, or the text with every value in its place."""
    if (whole := _NAME.fullmatch(text)) is not None:
        return at(values, whole[1])
    missing = [name for name in _NAME.findall(text) if at(values, name) is UNSET]
    return UNSET if missing else _NAME.sub(lambda match: str(at(values, match[1])), text)
