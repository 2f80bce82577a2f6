"""The one interface over both engines: a database hands out units of work.

An engine's module is imported when a store's address names it: a server on SQLite loads no network driver (decision
0008).
"""

import importlib
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import MetaData

from vestibule.db.statement import Statement

R = TypeVar("R")
ENGINES = {
    "sqlite": "vestibule.db.sqlite",
    "postgresql": "vestibule.db.postgres",
    "postgres": "vestibule.db.postgres",
}


class Tx(Protocol):
    """A unit of work: statements that belong together."""

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, or None."""

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row."""

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        """Return the first column of the first row, or None."""

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Run a statement; return how many rows it touched."""

    async def many(self, statement: Statement[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each row of parameters."""


class Database(Protocol):
    """A store: where units of work come from."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """Reads by key, without a transaction."""

    def scan(self) -> AbstractAsyncContextManager[Tx]:
        """Lists, searches and exports: away from the event loop on SQLite."""

    def write(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction: committed at the end of the block, rolled back when it raises."""

    async def ping(self) -> None:
        """Raise DatabaseUnavailable when the database does not answer."""

    async def close(self) -> None:
        """Close every connection."""


class Engine(Protocol):
    """What the module of an engine offers."""

    async def open_store(self, url: str, metadata: MetaData, synchronous: str) -> Database:
        """Open the store; raises DatabaseUnavailable."""

    def revision(self, url: str) -> str | None:
        """Return the schema's revision, or None for an empty store; raises DatabaseUnavailable."""


def engine_of(url: str) -> Engine:
    """Return the engine for `sqlite:///path` or `postgresql://…`; raises ValueError for any other address."""
    scheme = url.partition("://")[0]
    if scheme not in ENGINES:
        raise ValueError(f"a database address starts with sqlite:/// or postgresql://, not {scheme.split(':')[0]}:")
    return cast(Engine, importlib.import_module(ENGINES[scheme]))


async def connect(url: str, metadata: MetaData, *, synchronous: str = "NORMAL") -> Database:
    """Open the store at `sqlite:///path` or `postgresql://…`; `metadata` names its constraints."""
    return await engine_of(url).open_store(url, metadata, synchronous)
