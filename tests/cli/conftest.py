"""A folder with a store of its own, and the command line run in it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from vestibule.__main__ import main
from vestibule.cli.world import opened
from vestibule.crypto import new_master_key
from vestibule.domain.context import Context
from vestibule.settings import ServerSettings, load

T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, what it printed, what it complained about."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """Runs commands in one folder and environment."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Done:
        """Run `vestibule …`."""
        self.capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
        said = self.capsys.readouterr()
        return Done(code, said.out, said.err)

    def ask(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Look into the store that the commands use."""

        async def run() -> T:
            async with opened(load(ServerSettings)) as ctx:
                return await work(ctx)

        return asyncio.run(run())


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """An empty folder without any setting."""
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


@pytest.fixture
def shell(bare: Shell, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A folder with a migrated store and a master key."""
    monkeypatch.setenv("VESTIBULE_DATABASE_URL", database_url)
    monkeypatch.setenv("VESTIBULE_SECRET_KEY", new_master_key())
    return bare
