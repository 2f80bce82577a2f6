"""Secrets that the contract shows again: found by a keyed digest, and kept sealed for as long as they may be shown.

With `VESTIBULE_SHOW_TOKENS=once` nothing sealed is kept: the answer that creates a secret is the only one to show it.
"""

from dataclasses import dataclass

from vestibule.domain.context import Context
from vestibule.store import shown_secrets as store

HIDDEN = "******"
"""Stands for a value that is not shown: the contract's schema asks for at least one character."""


@dataclass(frozen=True)
class Kind:
    """Secrets of one table: where their values are sealed, and what their digests are for."""

    table: str
    purpose: str

    def digest(self, ctx: Context, value: str) -> str:
        """Return what a presented value is looked up by."""
        return ctx.sealer.keyed_digest(value, self.purpose)

    def seal(self, ctx: Context, row: str, value: str) -> str | None:
        """Return a new value sealed for its row, or None when it may be shown only once."""
        if ctx.settings.show_tokens == "once":
            return None
        return ctx.sealer.seal(value.encode(), self.table, "value_sealed", row)

    def show(self, ctx: Context, row: str, sealed: str | None) -> str:
        """Return the value to show in a list; raises SealError when it was moved from another row or altered."""
        if sealed is None or ctx.settings.show_tokens == "once":
            return HIDDEN
        return ctx.sealer.open(sealed, self.table, "value_sealed", row).decode()


APPLICATION_SECRET = Kind("application_secrets", "application-secret")
"""A row is called `<application id>/<value digest>`, so that a secret can be renamed without sealing it anew."""

PERSONAL_ACCESS_TOKEN = Kind("personal_access_tokens", "personal-access-token")

ONE_TIME_TOKEN = Kind("one_time_tokens", "one-time-token")


async def forget(ctx: Context) -> None:
    """Drop the sealed values that an earlier setting has kept; does nothing unless values are shown only once."""
    if ctx.settings.show_tokens == "once":
        async with ctx.db.write() as tx:
            for statement in store.FORGET:
                await tx.run(statement)
