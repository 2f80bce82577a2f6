"""Pages that read the same for everybody but for one token: rendered once, and kept while their brand stays."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from markupsafe import escape

from vestibule.crypto import new_token
from vestibule.ui.brand import Brand

MOST, LONGEST = 128, 32_768
"""So many pages are kept, and none with more characters: about four megabytes."""


class KeptPages:
    """The last pages that were shown; nothing of a token is kept."""

    def __init__(self) -> None:
        self._brand: Brand | None = None
        self._held: OrderedDict[Hashable, list[str]] = OrderedDict()

    def page(self, brand: Brand, key: Hashable, token: str, render: Callable[[str], str]) -> str:
        """Return the page that `render` makes of a token; `brand` and `key` are everything else that goes into it.

        It is rendered with a mark in the token's place, which was drawn just then: no value can hold it.
        """
        if brand != self._brand:
            self._brand = brand
            self._held.clear()
        parts = self._held.get(key)
        if parts is None:
            mark = new_token()
            parts = render(mark).split(mark)
            if sum(map(len, parts)) <= LONGEST:
                self._held[key] = parts
            if len(self._held) > MOST:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(key)
        return str(escape(token)).join(parts)
