"""The one interface over both engines: a database hands out units of work."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy import MetaData

from vestibule.db import postgres, sqlite
from vestibule.db.statement import Statement

R = TypeVar("R")


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


async def connect(url: str, metadata: MetaData, *, synchronous: str = "NORMAL") -> Database:
    """Open the store at `sqlite:///path` or `postgresql://…`; `metadata` names its constraints."""
    if url.startswith("sqlite:///"):
        return sqlite.SQLite(url.removeprefix("sqlite:///"), metadata, synchronous)
    if url.startswith(("postgresql://", "postgres://")):
        return await postgres.open_pool(url)
    raise ValueError(
        f"a database address starts with sqlite:/// or postgresql://, not {url.split(':', maxsplit=1)[0]}:"
    )
