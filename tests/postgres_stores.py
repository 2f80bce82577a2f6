"""PostgreSQL databases for tests: cloned from a migrated template, and emptied for the next test."""

import asyncio
from dataclasses import dataclass
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


async def _run(url: str, *statements: str) -> list[str]:
    """Run statements one by one; returns the first column of the last one's rows."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            rows = await connection.fetch(statement)
        return [row[0] for row in rows]
    finally:
        await connection.close()


@dataclass
class PostgresStores:
    """Databases for one test after another: cloned from a template, and emptied rather than cloned again.

    Emptying takes a tenth of the time. A database whose tables are not the template's any more is replaced.
    """

    server: str
    template: str
    tables: list[str]
    name: str | None = None

    @classmethod
    def of(cls, server: str, template: str) -> "PostgresStores":
        """Look at the template's tables."""
        return cls(server, template, asyncio.run(_run(f"{server}/{template}", TABLES)))

    def fresh(self) -> str:
        """Return the address of an empty store; the one returned before is not in use any more."""
        if self.name is None or not self._emptied(f"{self.server}/{self.name}"):
            self.drop()
            self.name = f"{self.template}_{next(_numbers)}"
            run_admin(self.server, f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        return f"{self.server}/{self.name}"

    def _emptied(self, url: str) -> bool:
        empty = "; ".join(f'DELETE FROM "{table}"' for table in self.tables)
        try:
            found = asyncio.run(_run(url, END_OTHERS, TABLES))
            if found == self.tables:
                asyncio.run(_execute(url, f"SET lock_timeout = '2s'; SET session_replication_role = replica; {empty}"))
        except asyncpg.PostgresError:
            return False
        return found == self.tables

    def drop(self) -> None:
        """Drop the database of the last test."""
        if self.name is not None:
            run_admin(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


async def _execute(url: str, script: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()
