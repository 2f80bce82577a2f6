"""How an operator's pages differ from ours: colours, pictures, languages, links. The defaults are ours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Brand:
    """What templates and the language negotiation ask for; empty texts are what is not set."""

    colours: str = ""
    follows_dark: bool = True
    logo: str = ""
    dark_logo: str = ""
    favicon: str = ""
    dark_favicon: str = ""
    is_hidden: bool = False
    terms: str = ""
    privacy: str = ""
    support_email: str = ""
    support_website: str = ""
    css: str = ""
    detects_language: bool = True
    language: str = "en"

    @property
    def sheet(self) -> str:
        """The name of the style sheet of the operator's own, which changes with it; empty where there is none."""
        return _sheet_name(self.css) if self.css else ""

    @cached_property
    def pictures(self) -> tuple[str, ...]:
        """The addresses that `img-src` must allow, and nothing beside them."""
        used = (self.logo, self.dark_logo, self.favicon, self.dark_favicon)
        return tuple(dict.fromkeys(_without_query(address) for address in used if address))


Branding = Callable[[], Brand]
"""Tells how pages look at this moment."""


@lru_cache(maxsize=8)
def _sheet_name(css: str) -> str:
    return f"{sha256(css.encode()).hexdigest()[:12]}.css"


def _without_query(address: str) -> str:
    """CSP sources have no query; one with a path allows exactly that path."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
