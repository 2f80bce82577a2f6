"""What a browser calls itself, in words that its owner recognises."""

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
"""What a user agent holds, and what it is called; the first that fits counts, since later ones are in many."""


def device_of(agent: str) -> str:
    """Return the browser and the system of a user agent, as far as it tells; empty when it tells nothing."""
    found = [next((name for mark, name in table if mark in agent), "") for table in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name)
