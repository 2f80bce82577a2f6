"""The catalogues: the same messages in every language, and the languages that are chosen."""

import re

import pytest

from vestibule.ui.messages import DEFAULT, LANGUAGES, MissingMessageError, catalogue, negotiate, translator


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != DEFAULT])
def test_every_language_has_the_same_messages_with_the_same_blanks(language: str) -> None:
    ours, theirs = catalogue(DEFAULT), catalogue(language)
    assert list(ours) == list(theirs)
    for key, words in ours.items():
        assert sorted(re.findall(r"{\w+}", words)) == sorted(re.findall(r"{\w+}", theirs[key])), key
        assert theirs[key].strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_left_in_the_wrong_typography(language: str) -> None:
    for key, words in catalogue(language).items():
        assert "'" not in words or language == "en", key
        assert "  " not in words, key
        if language == "fr":
            assert not re.search(r"[^\u202f][?!;]|[^\u00a0]:(?!//)", words), key
        if language == "de":
            assert not re.search(r"[\"“](?=\w)|\b[Dd](u|ich|ir|ein\w*)\b", words), key


def test_a_message_that_is_not_there_is_an_error_and_not_an_empty_text() -> None:
    with pytest.raises(MissingMessageError):
        translator("en")("nothing.of.the.kind")


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (("fr-CA",), "fr"),
        (("nl, fr;q=0.4, en;q=0.3",), "fr"),
        (("de-AT, en;q=0.3",), "de"),
        ((None, "", "fr"), "fr"),
        (("tlh",), "en"),
        (("fr;q=0, en",), "en"),
        (("x" * 9999,), "en"),
    ],
)
def test_the_first_wish_that_fits_is_the_language(wishes: tuple[str | None, ...], language: str) -> None:
    assert negotiate(*wishes) == language
