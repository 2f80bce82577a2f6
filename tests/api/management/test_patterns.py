"""Patterns to search with: one meaning on both stores, and none that takes long."""

import re
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.api.management.patterns import PatternError, regular_expression, similar_to


def finds(pattern: str, text: str, *, fold: bool = False) -> bool:
    """Match as the SQLite store does."""
    return re.search(regular_expression(pattern, fold=fold), text, re.DOTALL) is not None


@pytest.mark.parametrize(
    ("pattern", "found", "missed"),
    [
        ("a.c", ["abc", "a\nc", "xabcx"], ["ac"]),
        ("^ab$", ["ab"], ["ab\n", "cab"]),
        ("a*?b", ["b", "aab"], ["aa"]),
        ("a{2}", ["aa"], ["a"]),
        ("^a{1,2}$", ["a", "aa"], ["aaa"]),
        ("^a{2,}$", ["aaaa"], ["a"]),
        ("a{,3}", ["a{,3}"], ["aaa"]),
        ("a{", ["a{"], ["a"]),
        ("(ab|cd)e", ["abe", "cde"], ["ade"]),
        ("(?:ab)+", ["ab"], ["a"]),
        ("[[:alpha:]_]", ["b", "_"], ["1", "é"]),
        ("[^[:digit:]]", ["a"], ["1"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[^]a]", ["b"], ["]", "a"]),
        ("[a-]", ["-", "a"], ["b"]),
        (r"[\d.]", ["7", "."], ["x"]),
        ("[&&~~||-]", ["&", "~", "|", "-"], ["a"]),
        (r"\D", ["a"], ["1"]),
        (r"^\w+\s\W$", ["ab !"], ["ab a"]),
        (r"\.\\\t", [".\\\t"], [".x"]),
        ("()", [""], []),
        ("|x", [""], []),
    ],
)
def test_a_pattern_means_what_postgresql_says(pattern: str, found: list[str], missed: list[str]) -> None:
    assert [text for text in found if not finds(pattern, text)] == []
    assert [text for text in missed if finds(pattern, text)] == []


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^\D+$", "ada", True),
        (r"^\D+$", "123", False),
        (r"\W", "ada", False),
        ("^[A-C]+$", "abc", True),
        ("[^A-Z]", "abc", False),
        ("^[[:upper:]]$", "a", True),
        ("STRASSE", "strasse", True),
        ("^Straße+$", "strassee", True),
        ("[È-É]", "é", True),
    ],
)
def test_folding_a_pattern_leaves_its_escapes_alone(pattern: str, text: str, expected: bool) -> None:
    assert finds(pattern, text, fold=True) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "[", "[a", "[z-a]", "*a", "a|*b", "a**", "a+{2}", "a++", "^*", "\\", r"\1", r"\y", r"\A", r"\x41",
        r"\cA", "(?i)a", "(?=a)", "(?<=a)", "(?#a)", "(?P<x>a)", "***=a", "a{256}", "a{2,1}", "a{1x}", "a{2", "a{²}",
        "[[.a.]]", "[[=a=]]", "[[:nope:]]", "[[:alpha:]", r"[\D]", "((((((((((((((((((a))))))))))))))))))",
    ],
)  # fmt: skip
def test_what_is_outside_the_common_dialect_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError) as refused:
        regular_expression(pattern, fold=False)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b", "((a|a))*b", "((a*))*b", "(a|a)(a|a)" * 20 + "b", "a?" * 30 + "a" * 30, "a*a*a*b", "(a{1,30}){1,30}b",
        "((a{255}){255}){255}", ".*.*.*b", "(a|b)*c", "a{0,255}a{0,255}a{0,255}b",
    ],
)  # fmt: skip
def test_a_pattern_that_could_take_long_is_refused(pattern: str) -> None:
    """B91: by the number of ways to match, however the repeats are wrapped."""
    with pytest.raises(PatternError, match="too long"):
        regular_expression(pattern, fold=False)


@given(st.text(alphabet="a(|)*+?{},[]^$.\\1d:-", max_size=40))
def test_any_pattern_is_refused_or_quick(pattern: str) -> None:
    """B91: a second for the longest text is far more than any pattern that is let in needs."""
    for fold in (False, True):
        try:
            made = re.compile(regular_expression(pattern, fold=fold), re.DOTALL)
        except PatternError:
            continue
        began = perf_counter()
        made.search("a" * 128)
        assert perf_counter() - began < 1


@pytest.mark.parametrize(
    ("pattern", "found", "missed"),
    [
        ("a%", ["a", "abc"], ["ba"]),
        ("_b", ["ab"], ["b", "abc"]),
        ("(ab|cd)", ["ab"], ["abcd"]),
        ("a.c", ["a.c"], ["abc"]),
        ("[%_]", ["%", "_"], ["a"]),
        ("[^%]", ["a"], ["%"]),
        ("[]%]x", ["]x", "%x"], ["ax"]),
        ("[[:digit:]%]+", ["1%"], ["a"]),
        (r"\%\d", ["%d"], ["%1"]),
        ("^a$", ["^a$"], ["a"]),
        ("a{2}b?", ["aa", "aab"], ["a"]),
    ],
)
def test_similar_to_matches_the_whole_text(pattern: str, found: list[str], missed: list[str]) -> None:
    made = re.compile(similar_to(pattern), re.DOTALL)
    assert [text for text in found if not made.search(text)] == []
    assert [text for text in missed if made.search(text)] == []


@pytest.mark.parametrize("pattern", ["%%%", "ab[", "ab(", "*", "[[:digit:", "(%)*"])
def test_a_faulty_similar_to_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        similar_to(pattern)
