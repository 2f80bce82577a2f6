"""Colours of an operator's choice: text in them can be read, whatever they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ui.colours import DARK, LIGHT, contrast, sheet, sheet_name

colours = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def tokens(rules: str) -> dict[str, tuple[int, int, int]]:
    """Read the custom properties of one block."""
    found = re.findall(r"--([a-z-]+): #([0-9a-f]{6});", rules)
    return {name: (int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)) for name, text in found}


@given(colours, colours)
def test_text_in_any_colour_can_be_read_by_day_and_in_the_dark(light: str, dark: str) -> None:
    """WCAG 1.4.3: links on paper, words on buttons, at 4.5 to 1."""
    rules = sheet(sheet_name(light, dark))
    assert rules is not None
    by_day, in_the_dark = rules.split("@media (prefers-color-scheme: dark)")
    for block, ground in ((by_day, LIGHT), (in_the_dark, DARK)):
        made = tokens(block)
        assert set(made) == {"accent", "accent-strong", "on-accent", "accent-wash"}
        assert contrast(made["accent"], ground.paper) >= 4.5
        assert contrast(made["on-accent"], made["accent"]) >= 4.5
        assert contrast(made["accent-strong"], made["accent-wash"]) >= 4.5


def test_a_colour_that_can_be_read_is_left_as_it_is() -> None:
    rules = sheet(sheet_name("#0d5c54", None))
    assert rules is not None
    assert "--accent: #0d5c54;" in rules
    assert "prefers-color-scheme" not in rules


def test_short_and_long_spellings_are_one_sheet() -> None:
    assert sheet_name("#FFF", "#abc") == sheet_name("#ffffff", "#AABBCC") == "ffffff-aabbcc.css"


@pytest.mark.parametrize("name", ["", "fff.css", "0d5c54", "0d5c54-.css", "0d5c54;}.css", "0D5C54.css", "0d5c54.css\n"])
def test_nothing_else_is_a_style_sheet(name: str) -> None:
    """B105: no text of anybody's choice gets into a style sheet."""
    assert sheet(name) is None
