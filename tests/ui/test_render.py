"""What the shared parts make of names, and what the shared assets weigh."""

import gzip

import pytest

from vestibule.ui.render import Pages, initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("ada", "A"),
        ("Ada King de Lovelace", "AL"),
        ("ada@example.com", "A"),
        ("émile zola", "ÉZ"),
        ("李 小龙", "李小"),
        ("+33612345678", "#"),
        ("  ", "#"),
        ("<script> x", "X"),
        ("Ada (Admin)", "A"),
    ],
)
def test_a_face_without_a_picture_has_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_the_assets_of_a_page_stay_light() -> None:
    assert sum(len(gzip.compress(content)) for content in Pages([]).contents.values()) < 10_000
