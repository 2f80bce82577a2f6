"""Pages from templates: autoescaped, strict about unknown names; assets under a path that changes with them."""

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache, cached_property
from importlib import resources
from urllib.parse import parse_qsl, urlencode

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from vestibule.ui.brand import Brand, Branding
from vestibule.ui.kept import KeptPages
from vestibule.ui.messages import LANGUAGES, negotiate, translator

ASSETS = {
    "vestibule.css": "text/css; charset=utf-8",
    "dark.css": "text/css; charset=utf-8",
    "vestibule.js": "text/javascript; charset=utf-8",
    "passkey.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
LANGUAGE_PARAMETER = "lang"
ASSET_CACHE = "public, max-age=31536000, immutable"


class Pages:
    """The templates of some packages, over the shared ones. `prefix` is where the assets are served."""

    def __init__(self, packages: Sequence[str], prefix: str = "/ui", branding: Branding = Brand) -> None:
        self._prefix = prefix
        self._branding = branding
        self._templates = _templates((*packages, "vestibule.ui"))
        self._kept = KeptPages()

    @cached_property
    def contents(self) -> Mapping[str, bytes]:
        """The assets by name."""
        folder = resources.files("vestibule.ui").joinpath("static")
        return {name: folder.joinpath(name).read_bytes() for name in ASSETS}

    @cached_property
    def version(self) -> str:
        """A short digest of all assets, part of their path."""
        return hashlib.sha256(b"\0".join(self.contents.values())).hexdigest()[:12]

    @property
    def brand(self) -> Brand:
        """How the pages look at this moment."""
        return self._branding()

    def asset(self, name: str) -> str:
        """Return the path of an asset."""
        return f"{self._prefix}/{self.version}/{name}"

    def render(self, template: str, language: str, here: str, **values: object) -> str:
        """Render a page in a language; `here` is the path and query that the language links lead back to."""
        return self._templates.get_template(template).render(
            locale=language,
            t=translator(language),
            asset=self.asset,
            branding=self.brand,
            colours=f"{self._prefix}/colours/",
            own=f"{self._prefix}/own/",
            here=here,
            languages=list(LANGUAGES.items()),
            here_in=in_language(here),
            **values,
        )

    def render_shared(self, template: str, language: str, here: str, csrf: str, **values: Hashable) -> str:
        """Render a page that tells of nobody, the same for everybody but for the token of its forms.

        Values that are equal must read alike.
        """
        key = (template, language, here, *values.items())
        return self._kept.page(
            self.brand, key, csrf, lambda mark: self.render(template, language, here, csrf=mark, **values)
        )


@cache
def _templates(packages: tuple[str, ...]) -> Environment:
    """Return the templates of packages; each is compiled once in the life of the process, and nothing in it changes."""
    templates = Environment(
        loader=ChoiceLoader([PackageLoader(name, "templates") for name in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.filters["initials"] = initials
    return templates


def initials(name: str) -> str:
    """Return one or two letters that stand for a name, an address or a number."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper() if words else "#"


def in_language(here: str) -> Callable[[str], str]:
    """Return what leads to an address with another language asked for."""
    path, _, query = here.partition("?")
    kept = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key != LANGUAGE_PARAMETER]
    start = f"{path}?{urlencode([*kept, (LANGUAGE_PARAMETER, '')])}"
    return lambda language: start + language


def choose_language(
    asked: str | None, ui_locales: str | None, remembered: str | None, accepted: str | None, fallback: str
) -> str:
    """Choose the language: the link just followed, then what the client asked, the cookie, and the browser."""
    return negotiate(asked, ui_locales, remembered, accepted, fallback)
