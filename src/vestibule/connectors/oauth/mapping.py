"""Where a person's name, address and picture stand in what a provider tells: small expressions, read once a use.

profile.nickname                      a path; a number in it counts into a list
picture|avatar_url                    the first that is there
email if verified                     only when the other is true
https://cdn.example/{id}/{avatar} if avatar    a text with paths in it
"""

import re

_PATH = re.compile(r"\{([\w.]+)\}")


def at(raw: object, path: str) -> object:
    """Return what stands at a dotted path, or None."""
    for part in path.split("."):
        if isinstance(raw, dict):
            raw = raw.get(part)
        elif isinstance(raw, list) and part.isdecimal() and int(part) < len(raw):
            raw = raw[int(part)]
        else:
            return None
    return raw


def value_of(raw: object, expression: str) -> object:
    """Return the value of an expression over what a provider told, or None."""
    wanted, _, condition = expression.partition(" if ")
    if condition and not at(raw, condition):
        return None
    if "{" in wanted:
        return _PATH.sub(lambda match: str(at(raw, match[1]) or ""), wanted)
    for path in wanted.split("|"):
        found = at(raw, path)
        if found not in (None, ""):
            return found
    return None


def text_of(raw: object, expression: str) -> str | None:
    """Return the value as a text: a whole number becomes one, everything else that is no text is None."""
    found = value_of(raw, expression)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) and found else None


def truth_of(raw: object, paths: str) -> bool | None:
    """Tell whether all of several claims are true, `"true"` included; None when one of them is not made."""
    said = [_truth(at(raw, path)) for path in paths.split()]
    if False in said:
        return False
    return None if None in said or not said else True


def _truth(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), False)
    return None if value is None else value is True or value == 1
