"""The one interface over both engines: a database hands out units of work."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import MetaData

from vestibule.db import sqlite
from vestibule.db.statement import Statement

R = TypeVar("R")
REVISION = "SELECT version_num FROM alembic_version"
"""Asks a store, in the words of both engines, which revision its schema has."""


class Tx(Protocol):
    """A unit of work: statements that belong together."""

    @property
    def is_alone(self) -> bool:
        """Whether no other writes while a transaction does: SQLite's take turns anyway."""

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, or None."""

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row."""

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        """Return the first column of the first row, or None."""

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Run a statement; return how many rows it touched."""

    async def later(self, statement: Statement[Any], **parameters: Any) -> None:
        """Run a write whose outcome nobody asks for, at the latest before what follows is run.

        It saves PostgreSQL round trips: several in a row are one statement, in no order and blind to one another, so
        that no two may change the same row. What it refuses is raised by then.
        """

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

    def single(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction of one statement (of any number of rows), made or refused when it returns.

        It saves PostgreSQL two of three round trips. What the block raises afterwards undoes nothing.
        """

    async def ping(self) -> None:
        """Raise DatabaseUnavailable when the database does not answer."""

    async def close(self) -> None:
        """Close every connection."""


@dataclass(frozen=True)
class Engine:
    """What a database server needs beside SQLite: a way in, and the question which revision its schema has.

    Both raise DatabaseUnavailable; `revision` returns None for an empty store.
    """

    connect: Callable[[str], Awaitable[Database]]
    revision: Callable[[str], Awaitable[str | None]]


# By the scheme of its addresses. An engine's module enters itself when it is imported, which `vestibule.__main__` does
# for the engines that the settings name: a server on SQLite carries no other driver.
ENGINES: dict[str, Engine] = {}


def engine_of(url: str) -> Engine:
    """Return the engine of an address; raises ValueError when there is none."""
    scheme = url.partition(":")[0]
    if scheme not in ENGINES:
        raise ValueError(f"a database address starts with sqlite:/// or postgresql://, not {scheme}:")
    return ENGINES[scheme]


async def connect(url: str, metadata: MetaData, *, synchronous: str = "NORMAL") -> Database:
    """Open the store at `sqlite:///path` or `postgresql://…`; `metadata` names its constraints."""
    if url.startswith("sqlite:///"):
        return sqlite.SQLite(url.removeprefix("sqlite:///"), metadata, synchronous)
    return await engine_of(url).connect(url)
