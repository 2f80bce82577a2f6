"""How lists are answered: the page first, then filters and search (contract sections 0.4 and 1.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from msgspec import UNSET, Struct

from vestibule.api.management.search_query import parse_search
from vestibule.domain.context import Context
from vestibule.http import Page, Request, paginated
from vestibule.store.listing import Listing, Window

R = TypeVar("R")


@dataclass(frozen=True)
class Found(Generic[R]):
    """A part of a list, and the headers that say which."""

    rows: list[R]
    headers: Sequence[tuple[str, str]] = ()


async def find(ctx: Context, request: Request, listing: Listing[R], page: Page | None, **filters: object) -> Found[R]:
    """Return the page, or without one the whole list and no total; raises InvalidRequest for a faulty search."""
    search = parse_search(request.query_items, listing.fields)
    async with ctx.db.scan() as tx:
        if page is None:
            return Found(await listing.rows(tx, search, **filters))
        rows = await listing.rows(tx, search, Window(page.size, page.offset), **filters)
        total = await ctx.totals.of(tx, listing, search, **filters)
    return Found(rows, paginated(request, page, total))


def given(body: Struct) -> dict[str, Any]:
    """Return the members of a body that were sent, by their names in Python; null is a value."""
    return {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}
