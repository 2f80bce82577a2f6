"""PostgreSQL databases for tests: cloned from a migrated template, and emptied for the next test."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import asyncpg

import vestibule.db.postgres  # noqa: F401 - enters its engine, as the command line does

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_numbers = count(1)


def run_admin(server: str, statement: str) -> None:
    """Run one statement outside any database of a test."""
    asyncio.run(_run(f"{server}/postgres", statement))


@contextmanager
def databases(server: str, purpose: str) -> Iterator[list[str]]:
    """Make empty databases for an identity server and an account server; they go when the block ends."""
    names = [f"{purpose}_{name}_{os.getpid()}" for name in ("identity", "account")]
    for name in names:
        run_admin(server, f"CREATE DATABASE {name}")
    try:
        yield [f"{server}/{name}" for name in names]
    finally:
        for name in names:
            run_admin(server, f"DROP DATABASE {name} WITH (FORCE)")


async def _run(url: str, statement: str) -> list[str]:
    """Run a statement on a connection of its own; returns the first column of its rows."""
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(statement)]
    finally:
        await connection.close()


@dataclass
class PostgresStores:
    """Databases for one test after another: cloned from a template, and emptied rather than cloned again.

    Emptying, over a connection that is kept, takes a hundredth of the time. A database whose tables are not the
    template's any more, or whose connection a test has ended, is replaced.
    """

    server: str
    template: str
    tables: list[str]
    name: str | None = None
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    connection: "asyncpg.Connection[asyncpg.Record] | None" = None

    @classmethod
    def of(cls, server: str, template: str) -> "PostgresStores":
        """Look at the template's tables."""
        return cls(server, template, asyncio.run(_run(f"{server}/{template}", TABLES)))

    def fresh(self) -> str:
        """Return the address of an empty store; the one returned before is not in use any more."""
        if self.connection is None or not self.runner.run(self._emptied(self.connection)):
            self.drop()
            self.name = f"{self.template}_{next(_numbers)}"
            run_admin(self.server, f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
            self.connection = self.runner.run(self._connected())
        return f"{self.server}/{self.name}"

    async def _connected(self) -> "asyncpg.Connection[asyncpg.Record]":
        connection = await asyncpg.connect(f"{self.server}/{self.name}")
        await connection.execute("SET lock_timeout = '2s'; SET session_replication_role = replica")
        return connection

    async def _emptied(self, connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
        try:
            await connection.fetch(END_OTHERS)
            found = [row[0] for row in await connection.fetch(TABLES)]
            if found == self.tables:
                await connection.execute("; ".join(f'DELETE FROM "{table}"' for table in self.tables))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False
        return found == self.tables

    def drop(self) -> None:
        """Drop the database of the last test."""
        if self.connection is not None:
            self.connection.terminate()
            self.connection = None
        if self.name is not None:
            run_admin(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def close(self) -> None:
        """Drop the last database, and the template with it."""
        self.drop()
        self.runner.close()
        run_admin(self.server, f"DROP DATABASE {self.template} WITH (FORCE)")
