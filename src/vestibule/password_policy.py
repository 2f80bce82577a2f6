"""The password policy: by default 8 to 256 characters, not a common one, not the person's own name, no mere pattern.

What is asked for is set at the sign-in experience. The Management API applies no policy, as the contract says. No
composition rules and no forced change by default (NIST SP 800-63B).
"""

import string
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Annotated

from msgspec import Meta, Struct

SHORTEST_HINT = 4
LONGEST_UNIT, SHORTEST_RUN = 4, 3
_KEYS = "qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm wxcvbn 01234567890"
SEQUENCES = tuple(text for row in (*_KEYS.split(), string.ascii_lowercase) for text in (row, row[::-1]))

TOO_SHORT, TOO_LONG, CHARACTER_TYPES, PWNED = "too_short", "too_long", "character_types", "pwned"
REPETITION, SEQUENCE = "restricted.repetition", "restricted.sequence"
USER_INFO, WORDS = "restricted.user_info", "restricted.words"
_ORDER = (TOO_SHORT, CHARACTER_TYPES, PWNED, REPETITION, SEQUENCE, USER_INFO, WORDS)


class Bounds(Struct, frozen=True):
    """The least and the most characters, both included."""

    min: Annotated[int, Meta(ge=1, le=256)] = 8
    max: Annotated[int, Meta(ge=1, le=256)] = 256


class CharacterTypes(Struct, frozen=True):
    """How many of four kinds of character are asked for: small and capital letters, digits, everything else."""

    min: Annotated[int, Meta(ge=1, le=4)] = 1


class Rejects(Struct, frozen=True, rename="camel"):
    """What is refused: common passwords, patterns, the person's own names, and words of the operator's choice."""

    pwned: bool = True
    repetition_and_sequence: bool = True
    user_info: bool = True
    words: tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...] = ()


class Policy(Struct, frozen=True, rename="camel"):
    """What is asked of a password."""

    length: Bounds = Bounds()
    character_types: CharacterTypes = CharacterTypes()
    rejects: Rejects = Rejects()


DEFAULT = Policy()


@cache
def _common() -> frozenset[str]:
    return frozenset(resources.files("vestibule").joinpath("common_passwords.txt").read_text("utf-8").split())


def check(
    password: str, about: Iterable[str | None] = (), policy: Policy = DEFAULT, *, breached: bool = False
) -> list[str]:
    """Return every reason against a password, best first; `about` are the person's identifiers and names.

    `breached` says that a longer list than ours knows it. One that is too long is looked at no further.
    """
    if len(password) > policy.length.max:
        return [TOO_LONG]
    folded, rejects = password.casefold(), policy.rejects
    found = {
        TOO_SHORT: len(password) < policy.length.min,
        CHARACTER_TYPES: _kinds(password) < policy.character_types.min,
        PWNED: rejects.pwned and (breached or folded in _common()),
        REPETITION: rejects.repetition_and_sequence and _is_repetition(folded),
        SEQUENCE: rejects.repetition_and_sequence and _is_sequence(folded),
        USER_INFO: rejects.user_info and any(_is_about(folded, hint) for hint in about if hint),
        WORDS: any(word.casefold() in folded for word in rejects.words),
    }
    return [reason for reason in _ORDER if found[reason]]


def issues(
    password: str, about: Iterable[str | None], policy: Policy, *, breached: bool = False
) -> list[dict[str, object]]:
    """Return the reasons as the API tells them: a code each, and the number that a sentence about it names."""
    numbers = {
        TOO_SHORT: {"min": policy.length.min},
        TOO_LONG: {"max": policy.length.max},
        CHARACTER_TYPES: {"min": policy.character_types.min},
    }
    return [
        {"code": f"password_rejected.{reason}"} | ({"interpolation": numbers[reason]} if reason in numbers else {})
        for reason in check(password, about, policy, breached=breached)
    ]


def _kinds(password: str) -> int:
    sets = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    known = sum(not set(password).isdisjoint(kind) for kind in sets)
    return known + (not set(password) <= set("".join(sets)))


def _is_repetition(folded: str) -> bool:
    """A piece of up to four characters, again and again."""
    unit = (folded + folded).find(folded, 1)
    return 0 < unit <= LONGEST_UNIT and unit < len(folded)


def _is_sequence(folded: str) -> bool:
    """Nothing but runs, three long on average: of the alphabet, of digits, of a row of keys, forwards or backwards."""
    runs = at = 0
    while at < len(folded):
        end = at + 1
        while end < len(folded) and any(folded[at : end + 1] in known for known in SEQUENCES):
            end += 1
        at, runs = end, runs + 1
    return 0 < SHORTEST_RUN * runs <= len(folded)


def _is_about(folded: str, hint: str) -> bool:
    """A password that is an identifier, or one with a few characters around it."""
    names = {hint.casefold(), hint.casefold().split("@")[0]}
    return any(len(n) >= SHORTEST_HINT and n in folded and len(folded) - len(n) <= SHORTEST_HINT for n in names)
