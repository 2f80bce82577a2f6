"""What the pages and the account server ask of a password."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.password_policy import _common, check


def test_length_is_bounded_on_both_sides_and_nothing_is_composed() -> None:
    """B44, B45: 7 is too short, 64 is fine, no digits or capitals are asked for."""
    assert check("seven77") == ["too_short"]
    assert check("lazydoor") == []
    assert check("correct horse battery staple") == []
    assert check("é" * 10 + " spaces count ") == []
    assert check("ab" * 128) == []
    assert check("ab" * 129) == ["too_long"]


@pytest.mark.parametrize("password", ["password", "Password123", "QWERTYUIOP", "11111111", "p@ssw0rd", "Summer2025"])
def test_a_common_password_is_refused_in_any_case(password: str) -> None:
    """B46: an offline list of at least 3,000."""
    assert "common" in check(password)
    assert len(_common()) >= 3000


def test_a_password_made_of_the_own_name_or_address_is_refused() -> None:
    """B46: context words."""
    assert check("ada.lovelace1", ["ada.lovelace@example.com"]) == ["user_info"]
    assert check("Adalovelace!", ["adalovelace", None]) == ["user_info"]
    assert check("ada likes engines", ["ada"]) == []


@given(st.text(max_size=300), st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=3))
def test_any_text_gets_an_answer(password: str, about: list[str | None]) -> None:
    assert set(check(password, about)) <= {"too_short", "too_long", "common", "user_info"}
