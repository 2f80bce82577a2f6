"""What a `User-Agent` header says in plain words: a browser and a system. A few lines of our own, and on purpose.

Libraries for this hold thousands of patterns, to tell models and versions apart. Here people shall recognise their own
devices, for which a name is enough, and a header that fits nothing is shown as unknown rather than guessed at.
"""

from dataclasses import dataclass

# In this order: most browsers claim to be others as well, and each of these is told by what only it says.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows NT", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
)


@dataclass(frozen=True)
class Device:
    """A browser and its system, each None when the header does not tell."""

    browser: str | None
    system: str | None


def device(user_agent: str | None) -> Device:
    """Read a header."""
    text = user_agent or ""
    return Device(_first(BROWSERS, text), _first(SYSTEMS, text))


def _first(known: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in known if mark in text), None)
