"""The child process that runs Alembic: `--plan TREE REVISION`, or `--upgrade TREE` with the address on standard input.

The whole upgrade is one transaction under a lock: the write lock of the file on SQLite, an advisory lock on PostgreSQL.
A second process waits, then finds nothing to do; one that is killed leaves the store as it was.
"""

import asyncio
import importlib
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, MetaData, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCK = 0x7665_7374  # "vest": the advisory lock that every migrating process takes
LOCK_SECONDS = 60
WAL_TRIES, WAL_PAUSE = 200, 0.05


def config_of(tree: str) -> Config:
    """Return Alembic's configuration for a tree, without any file."""
    config = Config()
    folder = Path(str(importlib.import_module(tree).__file__)).parent
    # Alembic reads the option as a template of its own.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def run_migrations(metadata: MetaData) -> None:
    """What every tree's `env.py` does: run the due migrations on the connection that the child has locked."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()


def use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch a new file over. SQLite does not wait when another process is about to do the same, so this does."""
    for _ in range(WAL_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(WAL_PAUSE)
        else:
            return


def sqlite_engine(url: str) -> Engine:
    """Open SQLite with explicit transactions that hold the write lock, and foreign keys off for batch rebuilds."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": LOCK_SECONDS})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        use_write_ahead_log(connection)
        connection.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def in_sqlite(url: str, work: Callable[[Connection], None]) -> None:
    """Run `work(connection)` in one transaction that holds the file's write lock."""
    with sqlite_engine(url).begin() as connection:
        work(connection)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise CommandError(f"a migration left {len(broken)} broken references; nothing was changed")


async def in_postgres(url: str, work: Callable[[Connection], None]) -> None:
    """Run `work(connection)` in one transaction that holds the advisory lock."""
    # The driver reads the address itself, here as everywhere: SQLAlchemy spells some of its options differently.
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(url)
    )
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        await connection.run_sync(work)
    await engine.dispose()


def upgrade(url: str, tree: str) -> None:
    """Run what is due, all of it or nothing."""
    config = config_of(tree)

    def work(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    if url.startswith("sqlite:///"):
        in_sqlite(url, work)
    else:
        asyncio.run(in_postgres(url, work))


def plan(tree: str, revision: str) -> None:
    """Print what is due after a revision, oldest first."""
    script = ScriptDirectory.from_config(config_of(tree))
    for step in reversed(list(script.iterate_revisions("head", revision))):
        print(f"{step.revision}\t{step.doc}")


def main(arguments: list[str]) -> None:
    """Do what the parent asked; ends with a sentence on standard error when it could not."""
    try:
        if arguments[0] == "--plan":
            plan(*arguments[1:])
        else:
            upgrade(sys.stdin.read().strip(), *arguments[1:])
    except CommandError as error:
        unknown = "; a newer version of the program has migrated this store" if "locate revision" in str(error) else ""
        raise SystemExit(f"{error}{unknown}") from error
    except DBAPIError as error:
        raise SystemExit(f"the database refused: {' '.join(str(error.orig).split())}") from error
    except OSError as error:
        raise SystemExit(f"the database cannot be reached: {error}") from error


if __name__ == "__main__":
    main(sys.argv[1:])
