"""Message catalogues: one JSON file a language, flat keys, named placeholders in braces."""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import resources

import msgspec
from babel.core import UnknownLocaleError, negotiate_locale

LANGUAGES = {"en": "English", "fr": "Français", "de": "Deutsch"}
DEFAULT = "en"
MAX_HEADER = 512

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")

Translate = Callable[..., str]


class MissingMessageError(LookupError):
    """A key that the catalogue does not have."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the messages of a language."""
    text = resources.files("vestibule.ui").joinpath("locales", f"{language}.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, str])


def translator(language: str) -> Translate:
    """Return `t(key, **values)` for a language; raises MissingMessageError."""
    held = catalogue(language)

    def t(key: str, **values: object) -> str:
        try:
            return held[key].format(**values)
        except KeyError as error:
            raise MissingMessageError(f"{key} in {language}") from error

    return t


def negotiate(*wishes: str | None) -> str:
    """Choose a language: a wish lists tags as `ui_locales` or `Accept-Language` do; the first fit wins."""
    for wish in wishes:
        found = _first(_tags((wish or "")[:MAX_HEADER]))
        if found:
            return found
    return DEFAULT


def first_tag(*wishes: str | None) -> str | None:
    """Return the first language tag that is wished for, whether the pages have words in it or not."""
    return next((tag for wish in wishes for tag in _tags((wish or "")[:MAX_HEADER]) if _TAG.fullmatch(tag)), None)


@lru_cache(maxsize=256)
def _tags(wish: str) -> tuple[str, ...]:
    weighted: list[tuple[float, str]] = []
    for part in wish.replace(" ", ",").split(","):
        tag, _, quality = part.partition(";q=")
        try:
            weighted.append((float(quality or 1), tag.strip()))
        except ValueError:
            continue
    ordered = sorted(weighted, key=lambda pair: -pair[0])
    return tuple(tag for weight, tag in ordered if tag and weight > 0)


@lru_cache(maxsize=256)
def _first(tags: tuple[str, ...]) -> str | None:
    try:
        return negotiate_locale(list(tags), list(LANGUAGES), sep="-")
    except (ValueError, UnknownLocaleError):
        return None
