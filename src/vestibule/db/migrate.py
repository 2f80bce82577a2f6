"""Migrations: one SELECT at start tells whether any is due; Alembic runs in a child process, under a lock, only then.

A tree is a package folder with `env.py`, `versions/` and `HEAD`, the newest revision, in its `__init__.py`.
The child is `vestibule.db.alembic_child`; the store's address may hold a password, so it travels on standard input.
"""

import asyncio
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from vestibule.db.database import REVISION, engine_of
from vestibule.db.errors import DatabaseUnavailable

_SQLITE = "sqlite:///"


class MigrationError(Exception):
    """A migration did not finish, and the store is as it was before; or the store cannot be read."""


@dataclass(frozen=True)
class Step:
    """A migration that would run: its revision and what it does."""

    revision: str
    summary: str


def is_current(url: str, tree: ModuleType) -> bool:
    """Tell whether the store has the tree's newest revision."""
    return bool(current(url) == tree.HEAD)


def current(url: str) -> str | None:
    """Return the store's revision, or None for an empty store; raises MigrationError when it cannot be read."""
    if url.startswith(_SQLITE):
        return _current_sqlite(Path(url.removeprefix(_SQLITE)))
    # On a thread, so that it can be asked with and without a running event loop.
    with ThreadPoolExecutor(1) as thread:
        try:
            return thread.submit(asyncio.run, _revision(url)).result()
        except DatabaseUnavailable as error:
            raise MigrationError(f"PostgreSQL cannot be reached: {error}") from error


async def _revision(url: str) -> str | None:
    return await engine_of(url).revision(url)


def _current_sqlite(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        # For writing, though it only reads: a file whose last writer was killed is first brought into order.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=5)
        try:
            row = connection.execute(REVISION).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return None
        raise MigrationError(f"{path}: {error}") from error
    return row[0] if row else None


def plan(url: str, tree: ModuleType) -> list[Step]:
    """Return what `migrate` would run, oldest first; an empty list when the store is current. Touches nothing."""
    revision = current(url)
    if revision == tree.HEAD:
        return []
    lines = _child("", "--plan", tree.__name__, revision or "base").splitlines()
    return [Step(*line.split("\t", 1)) for line in lines]


def migrate(url: str, tree: ModuleType) -> bool:
    """Bring the store up to date; returns False when it already was. Safe to call from several processes at once."""
    if is_current(url, tree):
        return False
    if url.startswith(_SQLITE):
        Path(url.removeprefix(_SQLITE)).parent.mkdir(parents=True, exist_ok=True)
    _child(url, "--upgrade", tree.__name__)
    return True


def _child(url: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "vestibule.db.alembic_child", *arguments],
        input=url,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise MigrationError(
            done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the migration was stopped"
        )
    return done.stdout.strip()
