"""What the pages and the account server ask of a password, by default and as administrators set it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.password_policy import (
    LONGEST_UNIT,
    SEQUENCES,
    SHORTEST_HINT,
    SHORTEST_RUN,
    Bounds,
    CharacterTypes,
    Policy,
    Rejects,
    _common,
    check,
    issues,
)

REASONS = {
    "too_short",
    "too_long",
    "character_types",
    "pwned",
    "restricted.repetition",
    "restricted.sequence",
    "restricted.user_info",
    "restricted.words",
}


def test_length_is_bounded_on_both_sides_and_nothing_is_composed() -> None:
    """B44, B45: 7 is too short, 64 is fine, no digits or capitals are asked for."""
    assert check("seven77") == ["too_short"]
    assert check("lazydoor") == []
    assert check("correct horse battery staple") == []
    assert check("é" * 5 + "à" + " spaces count ") == []
    assert check("horse battery stable" + "x" * 236) == []
    assert check("horse battery stable" + "x" * 237) == ["too_long"]


@pytest.mark.parametrize("password", ["password", "Password123", "QWERTYUIOP", "11111111", "p@ssw0rd", "Summer2025"])
def test_a_common_password_is_refused_in_any_case(password: str) -> None:
    """B46: an offline list of at least 3,000."""
    assert "pwned" in check(password)
    assert len(_common()) >= 3000


def test_a_password_made_of_the_own_name_or_address_is_refused() -> None:
    """B46: context words."""
    assert check("ada.lovelace1", ["ada.lovelace@example.com"]) == ["restricted.user_info"]
    assert check("Adalovelace!", ["adalovelace", None]) == ["restricted.user_info"]
    assert check("ada likes engines", ["ada"]) == []


@pytest.mark.parametrize("password", ["zzzzzzzzzz", "xyxyxyxyxy", "abcabcabc", "Mnb!Mnb!Mnb!"])
def test_one_piece_again_and_again_is_refused(password: str) -> None:
    assert "restricted.repetition" in check(password)


@pytest.mark.parametrize("password", ["hijklmno", "98765432", "asdfghjk", "mnopQRST", "lkjhgfdsa", "9876zyxw"])
def test_nothing_but_sequences_is_refused(password: str) -> None:
    assert "restricted.sequence" in check(password)


@pytest.mark.parametrize(
    "password", ["lazydoor", "abc likes 123 cats", "tautology", "qwer to dvorak", "1984 was a year"]
)
def test_a_sequence_inside_a_password_does_no_harm(password: str) -> None:
    assert check(password) == []


def test_each_rule_can_be_set_or_left_out() -> None:
    """B44: 15 characters by one setting."""
    longer = Policy(length=Bounds(15, 20))
    assert check("lazydoor", policy=longer) == ["too_short"]
    assert check("x" * 10 + " is no letter", policy=longer) == ["too_long"]
    mixed = Policy(character_types=CharacterTypes(3))
    assert check("lazydoor", policy=mixed) == ["character_types"]
    assert check("lazyDoor7", policy=mixed) == check("lazyDoor é", policy=mixed) == []
    assert check("ACME forever", policy=Policy(rejects=Rejects(words=("acme",)))) == ["restricted.words"]
    nothing = Policy(length=Bounds(1, 256), rejects=Rejects(False, False, False))
    for password in ("password", "12345678", "aaaa", "adalovelace"):
        assert check(password, ["adalovelace"], nothing) == []


def test_reasons_are_told_with_the_numbers_that_they_name() -> None:
    policy = Policy(length=Bounds(12, 64), character_types=CharacterTypes(2))
    assert issues("12345678", [], policy) == [
        {"code": "password_rejected.too_short", "interpolation": {"min": 12}},
        {"code": "password_rejected.character_types", "interpolation": {"min": 2}},
        {"code": "password_rejected.pwned"},
        {"code": "password_rejected.restricted.sequence"},
    ]
    assert issues("x" * 65, [], policy) == [{"code": "password_rejected.too_long", "interpolation": {"max": 64}}]


@given(st.text(max_size=40), st.integers(1, 40), st.integers(1, 40))
def test_exactly_the_lengths_between_the_bounds_are_let_through(password: str, least: int, most: int) -> None:
    found = check(password, policy=Policy(length=Bounds(least, most)))
    assert ("too_short" in found) == (len(password) < least and len(password) <= most)
    assert ("too_long" in found) == (len(password) > most)


@given(st.sampled_from(sorted(_common())), st.data())
def test_a_common_password_is_one_in_whatever_case(password: str, data: st.DataObject) -> None:
    """B46."""
    flips = data.draw(st.lists(st.booleans(), min_size=len(password), max_size=len(password)))
    written = "".join(char.upper() if flip else char for char, flip in zip(password, flips, strict=True))
    assert "pwned" in check(written)
    assert "pwned" not in check(written, policy=Policy(rejects=Rejects(pwned=False)))


@given(st.text(min_size=1, max_size=4), st.integers(2, 60))
def test_any_short_piece_again_and_again_is_repetition(unit: str, times: int) -> None:
    assert len(unit.casefold()) > LONGEST_UNIT or "restricted.repetition" in check(unit * times)


@given(st.sampled_from(SEQUENCES), st.integers(0, 20), st.integers(3, 20))
def test_any_stretch_of_a_row_is_a_sequence(row: str, start: int, length: int) -> None:
    stretch = row[start : start + length]
    assert len(stretch) < SHORTEST_RUN or "restricted.sequence" in check(stretch)


@given(st.text(max_size=20), st.text(min_size=1, max_size=8), st.text(max_size=20))
def test_a_refused_word_is_found_wherever_it_stands(before: str, word: str, after: str) -> None:
    refused = Policy(rejects=Rejects(words=(word.upper(),)))
    folded = word.upper().casefold()
    assert "restricted.words" in check(before + folded + after, policy=refused)


@given(st.text(st.characters(codec="ascii"), min_size=SHORTEST_HINT, max_size=30), st.text(max_size=SHORTEST_HINT))
def test_an_own_name_with_little_around_it_is_found(name: str, rest: str) -> None:
    """B46."""
    assert len(rest.casefold()) > SHORTEST_HINT or "restricted.user_info" in check(name + rest, [name])


@given(st.text(max_size=60), st.integers(1, 4))
def test_a_stricter_policy_never_lets_more_through(password: str, kinds: int) -> None:
    loose = set(check(password, policy=Policy(character_types=CharacterTypes(kinds))))
    strict = set(check(password, policy=Policy(character_types=CharacterTypes(4), length=Bounds(15))))
    assert loose <= strict


@given(st.text(max_size=300), st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=3))
def test_any_text_gets_an_answer(password: str, about: list[str | None]) -> None:
    assert set(check(password, about)) <= REASONS
