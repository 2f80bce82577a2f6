"""User names that would be one if case did not count."""

from dataclasses import dataclass

from vestibule.domain.context import Context
from vestibule.store import usernames as store


@dataclass(frozen=True)
class Conflicts:
    """How many names are shared, and some of them with the ids of who has them."""

    total: int
    samples: dict[str, list[str]]


async def case_conflicts(ctx: Context, limit: int) -> Conflicts:
    """Return the user names that several users have but for case, at most `limit` of them."""
    async with ctx.db.scan() as tx:
        total = int(await tx.value(store.COUNT))
        samples: dict[str, list[str]] = {str(name): [] for (name,) in await tx.all(store.SOME, limit=limit)}
        for name, user_id in await tx.all(store.HOLDERS, names=list(samples)):
            samples[str(name)].append(str(user_id))
    return Conflicts(total, samples)
