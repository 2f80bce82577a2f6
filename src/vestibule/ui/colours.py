"""A style sheet from one or two colours, in which text can always be read (WCAG 2.2, 1.4.3 and 1.4.11).

It is named by its colours, `0d5c54-6fd3c3.css`, so that every server can serve it and browsers keep it for ever.
"""

import re
from dataclasses import dataclass

READABLE = 4.5
STEP = 0.04

_NAME = re.compile(r"([0-9a-f]{6})(?:-([0-9a-f]{6}))?\.css")

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Ground:
    """What pages are painted on, and what darkens or lightens a colour until it can be read there."""

    paper: Rgb
    ink: Rgb


LIGHT = Ground((247, 246, 243), (28, 26, 23))
DARK = Ground((28, 28, 25), (241, 239, 233))


def sheet_name(light: str, dark: str | None) -> str:
    """Name the style sheet of colours such as `#0d5c54` or `#fff`; without the second one pages are never dark."""
    return "-".join(_hex(_rgb(colour)) for colour in (light, dark) if colour) + ".css"


def sheet(name: str) -> str | None:
    """Return the style sheet of that name, or None when it is no such name."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    light, dark = match.groups()
    rules = f":root {{ {_tokens(_rgb(light), LIGHT)} }}\n"
    if dark is not None:
        rules += f"@media (prefers-color-scheme: dark) {{ :root {{ {_tokens(_rgb(dark), DARK)} }} }}\n"
    return rules


def _tokens(colour: Rgb, ground: Ground) -> str:
    accent = _readable(colour, ground)
    on = max(((255, 255, 255), DARK.paper), key=lambda candidate: contrast(candidate, accent))
    tokens = {
        "accent": accent,
        "accent-strong": _mixed(accent, ground.ink, 0.3),
        "on-accent": on,
        "accent-wash": _mixed(ground.paper, accent, 0.12),
    }
    return " ".join(f"--{name}: #{_hex(value)};" for name, value in tokens.items())


def _readable(colour: Rgb, ground: Ground) -> Rgb:
    """Move a colour towards the ink until it stands out from the paper."""
    share = 0.0
    moved = colour
    while contrast(moved, ground.paper) < READABLE and share < 1:
        share += STEP
        moved = _mixed(colour, ground.ink, share)
    return moved


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * min(share, 1)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _rgb(text: str) -> Rgb:
    digits = text.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _hex(colour: Rgb) -> str:
    return "".join(f"{part:02x}" for part in colour)
