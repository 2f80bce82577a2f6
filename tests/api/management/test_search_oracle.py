"""Searches against an oracle: a slow, plain reading of the contract's section 1.10 over the same people in memory."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import JSON, World

pytestmark = pytest.mark.anyio

FIELDS = ("id", "primaryEmail", "primaryPhone", "username", "name")
CHARS = "aAbß%_\\.1\n"
NAMES = ["", "a", "A", "ab", "aB", "Straße", "a%b", "a_b", "a\\b", "a.b", "1", "a\nb", "bbb", "É", "é", "abab1"]
EXAMPLES = int(os.environ.get("VESTIBULE_TEST_EXAMPLES", "150"))
"""More of them by hand: VESTIBULE_TEST_EXAMPLES=5000."""

Test = Callable[[str], bool]
Drawn = tuple[list[tuple[str, str]], Callable[[JSON], bool]]


def like(pattern: str, text: str) -> bool:
    """SQL's LIKE, one character after another."""
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if head == "%":
        return any(like(rest, text[at:]) for at in range(len(text) + 1))
    if head == "\\":
        head, rest = rest[0], rest[1:]
    elif head == "_":
        return bool(text) and like(rest, text[1:])
    return text[:1] == head and like(rest, text[1:])


@dataclass(frozen=True)
class Regex:
    """A pattern as it is written, and what it does: from a place in a text to the places where it can end."""

    written: str
    ends: Callable[[str, int], frozenset[int]]


def char(value: str, *, negated: bool = False) -> Regex:
    def ends(text: str, at: int) -> frozenset[int]:
        hit = at < len(text) and (text[at] in value) is not negated
        return frozenset({at + 1}) if hit else frozenset()

    shown = "".join(f"\\{c}" if c in ".\\%" else c for c in value)
    return Regex(f"[{'^' if negated else ''}{shown}]" if negated or len(value) > 1 else shown, ends)


ANY = Regex(".", lambda text, at: frozenset({at + 1}) if at < len(text) else frozenset())
START = Regex("^", lambda _, at: frozenset({at}) if at == 0 else frozenset())
END = Regex("$", lambda text, at: frozenset({at}) if at == len(text) else frozenset())


def sequence(parts: list[Regex]) -> Regex:
    def ends(text: str, at: int) -> frozenset[int]:
        places = frozenset({at})
        for part in parts:
            places = frozenset(end for place in places for end in part.ends(text, place))
        return places

    return Regex("".join(part.written for part in parts), ends)


def either(parts: list[Regex]) -> Regex:
    written = "|".join(part.written for part in parts)
    return Regex(f"({written})", lambda text, at: frozenset(e for part in parts for e in part.ends(text, at)))


def star(part: Regex) -> Regex:
    def ends(text: str, at: int) -> frozenset[int]:
        found = frozenset({at})
        while (more := found | {e for place in found for e in part.ends(text, place)}) != found:
            found = more
        return found

    return Regex(f"{part.written}*", ends)


def maybe(part: Regex) -> Regex:
    return Regex(f"{part.written}?", lambda text, at: part.ends(text, at) | {at})


DIGITS = "0123456789"
CLASSES = [Regex(r"\d", char(DIGITS).ends), Regex(r"\D", char(DIGITS, negated=True).ends)]

single = st.sampled_from([*CLASSES, *map(char, "aAb1.é"), ANY, char("ab"), char("a%"), char("aA", negated=True)])
atoms = (
    single | single.map(maybe) | st.lists(single, min_size=1, max_size=2).map(sequence).map(lambda p: either([p, ANY]))
)


@st.composite
def regexes(draw: st.DrawFn) -> Regex:
    """Patterns inside the bounds: at most one unbounded repeat, anchors at the ends."""
    parts = draw(st.lists(atoms, min_size=1, max_size=3))
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), star(draw(single)))
    return sequence([*([START] if draw(st.booleans()) else []), *parts, *([END] if draw(st.booleans()) else [])])


def found_by(regex: Regex, text: str) -> bool:
    return any(regex.ends(text, at) for at in range(len(text) + 1))


@dataclass(frozen=True)
class Group:
    """A field, or all of them, its parameters, and the test it stands for."""

    field: str
    mode: str
    values: tuple[str, ...]
    test: Test


values = st.text(alphabet=CHARS, min_size=1, max_size=4) | st.sampled_from([name for name in NAMES if name])
patterns = st.text(alphabet=CHARS.replace("\\", "") + "%%", min_size=1, max_size=4) | values.map(
    lambda text: text.replace("\\", "\\\\")
)


@st.composite
def groups(draw: st.DrawFn, field: str, sensitive: bool) -> Group:
    def fold(text: str) -> str:
        return text if sensitive else text.casefold()

    mode = draw(st.sampled_from(["exact", "like", "posix", *(["similar_to"] if sensitive else [])]))
    if mode == "exact":
        given_values = draw(st.lists(values, min_size=1, max_size=3))
        wanted = {fold(text) for text in given_values}
        return Group(field, mode, tuple(given_values), lambda text: fold(text) in wanted)
    if mode == "posix":
        regex = draw(regexes().filter(lambda r: sensitive or "A" not in r.written))
        return Group(field, mode, (regex.written,), lambda text: found_by(regex, fold(text)))
    pattern = draw(patterns.filter(lambda p: p.count("%") < 3 and not (mode == "similar_to" and set(p) & set("_\\"))))
    return Group(field, mode, (pattern,), lambda text: like(fold(pattern), fold(text)))


@st.composite
def searches(draw: st.DrawFn) -> Drawn:
    """A query, and the test that people must pass."""
    sensitive = draw(st.booleans())
    fields = draw(st.lists(st.sampled_from(["", *FIELDS]), min_size=1, max_size=3, unique=True))
    made = [draw(groups(field, sensitive)) for field in fields]
    joint = draw(st.sampled_from(["or", "and"]))
    items = [("isCaseSensitive", "true")] * sensitive + [("joint", joint)] * (joint == "and" or draw(st.booleans()))
    for group in made:
        suffix = f".{group.field}" if group.field else ""
        items += [(f"mode{suffix}", group.mode), *((f"search{suffix}", value) for value in group.values)]
    combine: Callable[[Iterable[bool]], bool] = all if joint == "and" else any

    def passes(person: JSON) -> bool:
        def hit(group: Group) -> bool:
            texts: Iterator[str | None] = (person[name] for name in ([group.field] if group.field else FIELDS))
            return any(text is not None and group.test(text) for text in texts)

        return combine(hit(group) for group in made)

    return draw(st.permutations(items)), passes


@pytest.fixture
async def people(world: World) -> tuple[World, list[JSON]]:
    """People whose names differ in what matters: case, wildcards, line ends, letters that fold to two."""
    made = []
    for number, (name, has_phone) in enumerate(product(NAMES, (False, True))):
        body = (
            {"name": name, "primaryPhone": f"614123456{number:02}"}
            if has_phone
            else {"name": name, "username": f"u_{number}a"}
        )
        if number % 3 == 0:
            body["primaryEmail"] = f"A{number}b@X.io"
        made.append(await world.user(**body))
    return world, made


@given(search=searches())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_a_search_finds_whom_the_oracle_finds(people: tuple[World, list[JSON]], search: Drawn) -> None:
    """Every mode, field, joint and case, up to three conditions at once, on both stores."""
    world, everybody = people
    items, passes = search
    answer = await world.call("GET", f"/users?page_size=100&{urlencode(items)}")
    assert answer.status_code == 200, answer.text
    expected = {person["id"] for person in everybody if passes(person)}
    assert {person["id"] for person in answer.json()} == expected
    assert answer.headers["total-number"] == str(len(expected))
