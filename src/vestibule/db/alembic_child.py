"""The child process that runs Alembic: `--current`, `--plan TREE`, `--upgrade TREE`; the address on standard input.

The whole upgrade is one transaction under a lock: the write lock of the file on SQLite, an advisory lock on PostgreSQL.
A second process waits, then finds nothing to do; one that is killed leaves the store as it was.
"""

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCK = 0x7665_7374  # "vest": the advisory lock that every migrating process takes
LOCK_SECONDS = 60


def config_of(tree: str) -> Config:
    """Return Alembic's configuration for a tree, without any file."""
    config = Config()
    folder = Path(str(importlib.import_module(tree).__file__)).parent
    config.set_main_option("script_location", str(folder))
    return config


def run_migrations(metadata: MetaData) -> None:
    """What every tree's `env.py` does: run the due migrations on the connection that the child has locked."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()


def sqlite_engine(url: str) -> Engine:
    """Open SQLite with explicit transactions that hold the write lock, and foreign keys off for batch rebuilds."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": LOCK_SECONDS})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def with_connection(url: str, work: Any) -> Any:
    """Run `work(connection)` in one locked transaction."""
    if url.startswith("sqlite:///"):
        with sqlite_engine(url).begin() as connection:
            result = work(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise SystemExit(f"a migration left {len(broken)} broken references; nothing was changed")
            return result
    return asyncio.run(_with_postgres(url, work))


async def _with_postgres(url: str, work: Any) -> Any:
    address = "postgresql+asyncpg://" + url.split("://", 1)[1]
    engine = create_async_engine(address, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        result = await connection.run_sync(work)
    await engine.dispose()
    return result


def current(connection: Connection) -> str:
    """Return the store's revision, or an empty text."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def due(connection: Connection, tree: str) -> list[Any]:
    """Return the migrations that have not run, oldest first."""
    script = ScriptDirectory.from_config(config_of(tree))
    return list(reversed(list(script.iterate_revisions("head", current(connection) or "base"))))


def upgrade(connection: Connection, tree: str) -> None:
    """Run what is due."""
    config = config_of(tree)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def main(arguments: list[str]) -> None:
    """Do what the parent asked."""
    url = sys.stdin.read().strip()
    action, tree = arguments[0], (arguments[1] if len(arguments) > 1 else "")
    if action == "--current":
        print(with_connection(url, current))
    elif action == "--plan":
        for step in with_connection(url, lambda connection: due(connection, tree)):
            print(f"{step.revision}\t{step.doc}")
    else:
        with_connection(url, lambda connection: upgrade(connection, tree))


if __name__ == "__main__":
    main(sys.argv[1:])
