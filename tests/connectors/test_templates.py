"""Placeholders and cleaning, as pure functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.connectors.configuration import clean
from vestibule.connectors.mailboxes import parse_address, parse_mailbox
from vestibule.connectors.templates import fill, one_line

PAYLOAD: dict[str, object] = {"code": "1", "user": {"name": "Ana", "tags": ["x", "y"]}, "n": 7, "yes": True, "no": None}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{code}}", "1"),
        ("{{  code }}", "1"),
        ("{{user.name}} {{user.tags.1}}", "Ana y"),
        ("{{user.age}}|{{user.tags.9}}|{{no}}|{{code.x}}", "|||"),
        ("{{unknown}} {{unknown.path}}", "{{unknown}} {{unknown.path}}"),
        ("{{n}} {{yes}}", "7 true"),
        ("{{user.tags}}", '["x", "y"]'),
        ("{code} {{}} {{a b}} {{ code", "{code} {{}} {{a b}} {{ code"),
    ],
)
def test_placeholders(text: str, filled: str) -> None:
    assert fill(text, PAYLOAD) == filled


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    assert fill("{{a}}", {"a": "{{b}}", "b": "secret"}) == "{{b}}"


@given(st.text())
def test_an_escaped_value_brings_no_markup(value: str) -> None:
    filled = fill("<p title='{{a}}'>{{a}}</p>", {"a": value}, escape=True)
    assert filled.count("<") == 2
    assert filled.count(">") == 2
    assert filled.count("'") == 2


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1 or "\x85" in text
    assert not any(char in one_line(text) for char in "\r\n\0")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_cleaning_leaves_nothing_empty_and_is_done_once(value: object) -> None:
    once = clean(value)
    assert clean(once) == once
    if isinstance(once, dict):
        assert all(item not in (None, "", [], {}) or item in (0, False) for item in once.values())


def test_cleaning_keeps_zero_and_false() -> None:
    assert clean({"a": 0, "b": False, "c": None, "d": "", "e": [], "f": {"g": {}}, "h": ["", {"i": None}, 1]}) == {
        "a": 0,
        "b": False,
        "h": [1],
    }


@given(st.text(max_size=80))
def test_an_address_that_is_taken_has_one_at_sign_and_no_separator(text: str) -> None:
    address = parse_address(text)
    if address is not None:
        assert not set(address.addr_spec) & set(' ,;<>()[]:\\"\r\n\0')
        assert address.addr_spec.count("@") == 1


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("a@b.example", "", "a@b.example"),
        ("Ana <a@b.example>", "Ana", "a@b.example"),
        ('"Ana, B." <a@b.example> ', "Ana, B.", "a@b.example"),
        ("<a@b.example>", "", "a@b.example"),
    ],
)
def test_a_mailbox_is_a_name_and_an_address(text: str, name: str, address: str) -> None:
    mailbox = parse_mailbox(text)
    assert mailbox is not None
    assert (mailbox.display_name, mailbox.addr_spec) == (name, address)
