"""What a command on the identity store needs: settings, the master key, and the store, migrated."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from vestibule.cli.words import in_words
from vestibule.clock import SystemClock
from vestibule.connectors.outgoing import Outgoing
from vestibule.db import connect
from vestibule.db.migrate import migrate
from vestibule.domain.breached import BreachedPasswords
from vestibule.domain.context import Context
from vestibule.domain.keys import Keyring, ensure_keys
from vestibule.domain.sealing import open_sealer
from vestibule.domain.seeds import seed
from vestibule.password_pool import PasswordPool
from vestibule.settings import ServerSettings, load, master_keys
from vestibule.store import migrations
from vestibule.store.tables import metadata


@asynccontextmanager
async def opened(settings: ServerSettings) -> AsyncIterator[Context]:
    """Open the store for as long as the block runs; works while servers run on it."""
    keys, clock = master_keys(settings.secret_key, settings.secret_key_file), SystemClock()
    outgoing = Outgoing(settings.allow_private)
    breached = BreachedPasswords.of(settings, outgoing)
    await asyncio.to_thread(migrate, settings.database_url, migrations)
    db = await connect(settings.database_url, metadata, synchronous=settings.sqlite_synchronous)
    passwords = PasswordPool()
    try:
        yield Context(db, clock, await open_sealer(db, clock, keys), passwords, settings, outgoing, breached)
    finally:
        breached.close()
        passwords.close()
        await outgoing.close()
        await db.close()


def on_store(work: Callable[[Context], Awaitable[None]]) -> int:
    """Run `work` on the store that the environment names, seeded; returns the exit code 0 or raises CommandError."""

    async def main() -> None:
        async with opened(load(ServerSettings)) as ctx:
            await ensure_keys(ctx)
            await Keyring(ctx).jwks()  # opens every key: a wrong master key is noticed before anything is written
            await seed(ctx)
            await ctx.live.refresh()
            await work(ctx)

    in_words(lambda: asyncio.run(main()))
    return 0
