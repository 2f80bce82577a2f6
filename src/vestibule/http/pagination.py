"""Pages: `page` and `page_size` in, `Total-Number` and `Link` lines out (RFC 8288)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from vestibule.errors import InvalidPagination

if TYPE_CHECKING:
    from vestibule.http.request import Request

DEFAULT_SIZE = 20
MAX_SIZE = 100
MAX_PAGE = 2**53 - 1

_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_PREFIXED = re.compile(r"0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_MAX_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Page:
    """A page asked for: `number` counts from 1, `offset` rows come before it."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """Number of rows before the page."""
        return (self.number - 1) * self.size


def parse_page(items: Sequence[tuple[str, str]]) -> Page:
    """Return the page that a query asks for; raises InvalidPagination."""
    return Page(
        _number(items, "page", 1, MAX_PAGE),
        _number(items, "page_size", DEFAULT_SIZE, MAX_SIZE),
    )


def _number(items: Sequence[tuple[str, str]], name: str, default: int, highest: int) -> int:
    values = [value for key, value in items if key == name]
    if not values or values == [""]:
        return default
    number = _javascript_number(values[0])
    if len(values) > 1 or number is None or not 0 < number <= highest:
        raise InvalidPagination
    return number


def _javascript_number(text: str) -> int | None:
    """Read a whole number as ECMAScript's `Number` would: `1e1`, `0x1` and blanks around included."""
    text = text.strip(" \t\n\r\v\f\ufeff\xa0\u2028\u2029")
    if len(text) > _MAX_DIGITS:
        return None
    if _PREFIXED.fullmatch(text):
        return int(text, 0)
    if not _DECIMAL.fullmatch(text):
        return None
    value = float(text)
    return int(value) if value.is_integer() else None


def paginated(request: "Request", page: Page, total: int) -> list[tuple[str, str]]:
    """Return the headers of one page: `Total-Number` and a `Link` line each for first, prev, last and next."""
    last = max(1, -(-total // page.size))
    targets = [("first", 1)]
    if page.number > 1:
        targets.append(("prev", page.number - 1))
    targets.append(("last", last))
    if page.number < last:
        targets.append(("next", page.number + 1))
    base = request.public_url + request.path
    query = {_quoted(key): _quoted(value) for key, value in _merged(request.query_items).items()}
    links = [("Link", f'<{base}?{_with_page(query, number)}>; rel="{rel}"') for rel, number in targets]
    return [("Total-Number", str(total)), *links]


def _merged(items: Sequence[tuple[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for key, value in items:
        merged[key] = f"{merged[key]},{value}" if key in merged else value
    return merged


def _with_page(quoted: dict[str, str], number: int) -> str:
    return "&".join([f"{key}={value}" for key, value in (quoted | {"page": str(number)}).items()])


def _quoted(text: str) -> str:
    return quote_plus(text, safe="*", errors="replace").replace("~", "%7E")
