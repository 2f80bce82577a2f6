"""How long lists are, without counting a large table for every page.

Up to `EXACT` rows a list is counted each time. Above, a count is used again for `KEEP_MS`: nobody can tell row 20,001
from row 20,003, and counting ten thousand rows costs as much as the page, a hundred thousand ten times that.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from vestibule.clock import Clock
from vestibule.db import Tx
from vestibule.store.listing import NOTHING, Listing, Search

EXACT = 1000
KEEP_MS = 10_000
HELD = 256


class Totals:
    """Counts of one store, remembered for a moment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: OrderedDict[Hashable, tuple[int, int]] = OrderedDict()

    async def of(self, tx: Tx, listing: Listing[Any], search: Search = NOTHING, **filters: object) -> int:
        """Return how many rows a list has."""
        key = (id(listing), search, tuple(sorted(filters.items())))
        now = self._clock.now()
        known = self._held.get(key)
        if known is not None and known[1] > now:
            return known[0]
        total = await listing.total(tx, search, **filters)
        if total > EXACT:
            self._held[key] = (total, now + KEEP_MS)
            self._held.move_to_end(key)
            if len(self._held) > HELD:
                self._held.popitem(last=False)
        return total
