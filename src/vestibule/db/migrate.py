"""Migrations: one SELECT at start tells whether any is due; Alembic runs in a child process, under a lock, only then.

A tree is a package folder with `env.py`, `versions/` and `HEAD`, the newest revision, in its `__init__.py`.
The child is `vestibule.db.alembic_child`; the store's address may hold a password, so it travels on standard input.
"""

import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

VERSION_QUERY = "SELECT version_num FROM alembic_version"


class MigrationError(Exception):
    """A migration did not finish; the store is as it was before."""


@dataclass(frozen=True)
class Step:
    """A migration that would run: its revision and what it does."""

    revision: str
    summary: str


def is_current(url: str, tree: ModuleType) -> bool:
    """Tell whether the store has the tree's newest revision."""
    return current(url) == str(tree.HEAD)


def current(url: str) -> str | None:
    """Return the store's revision, or None for an empty store."""
    if url.startswith("sqlite:///"):
        return _current_sqlite(Path(url.removeprefix("sqlite:///")))
    return _child(url, "--current") or None


def _current_sqlite(path: Path) -> str | None:
    if not path.exists():
        return None
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        row = connection.execute(VERSION_QUERY).fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()
    return row[0] if row else None


def plan(url: str, tree: ModuleType) -> list[Step]:
    """Return what `migrate` would run, oldest first; an empty list when the store is current."""
    lines = _child(url, "--plan", tree.__name__).splitlines()
    return [Step(*line.split("\t", 1)) for line in lines]


def migrate(url: str, tree: ModuleType) -> bool:
    """Bring the store up to date; returns False when it already was. Safe to call from several processes at once."""
    if is_current(url, tree):
        return False
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
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
        raise MigrationError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the migration failed")
    return done.stdout.strip()
