"""What a command on the identity store needs: settings, the master key, a migrated store, and words for refusals."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from vestibule.cli import CommandError
from vestibule.clock import SystemClock
from vestibule.connectors.outgoing import Outgoing
from vestibule.crypto import PasswordPool, Sealer, SealError
from vestibule.db import DatabaseUnavailable, connect
from vestibule.db.migrate import MigrationError, migrate
from vestibule.domain.context import Context
from vestibule.errors import AppError
from vestibule.settings import ServerSettings, load, master_keys
from vestibule.store import migrations
from vestibule.store.tables import metadata

WRONG_KEY = (
    "the master key does not open what this store holds: give the key that the store was made with "
    "(VESTIBULE_SECRET_KEY or the file that VESTIBULE_SECRET_KEY_FILE names)"
)


@asynccontextmanager
async def opened(settings: ServerSettings) -> AsyncIterator[Context]:
    """Open the store, migrated, for as long as the block runs; works while servers run on it."""
    sealer = Sealer(master_keys(settings.secret_key, settings.secret_key_file))
    await asyncio.to_thread(migrate, settings.database_url, migrations)
    db = await connect(settings.database_url, metadata, synchronous=settings.sqlite_synchronous)
    passwords = PasswordPool()
    outgoing = Outgoing(settings.allow_private)
    try:
        yield Context(db, SystemClock(), sealer, passwords, settings, outgoing)
    finally:
        passwords.close()
        await outgoing.close()
        await db.close()


def on_store(work: Callable[[Context], Awaitable[None]]) -> int:
    """Run `work` on the store that the environment names; returns the exit code 0 or raises CommandError."""

    async def main() -> None:
        async with opened(load(ServerSettings)) as ctx:
            await work(ctx)

    in_words(lambda: asyncio.run(main()))
    return 0


def in_words(work: Callable[[], None]) -> None:
    """Run `work`; what an operator can mend is raised again as CommandError."""
    try:
        work()
    except AppError as error:
        raise CommandError(f"{error.details or error.message} ({error.code})") from error
    except SealError as error:
        raise CommandError(WRONG_KEY) from error
    except (DatabaseUnavailable, MigrationError) as error:
        raise CommandError(f"the store cannot be used: {error}") from error
