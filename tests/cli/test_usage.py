"""The table of commands: what each is for, and what a wrong word gets."""

import subprocess
import sys

import pytest

from tests.cli.conftest import Shell
from vestibule import __version__
from vestibule.__main__ import COMMANDS


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_lists_every_command(bare: Shell, word: str) -> None:
    done = bare(word)
    assert done.code == 0
    assert [name for name in COMMANDS if name not in done.out] == []


@pytest.mark.parametrize("words", [[], ["dance"], ["--dance"]])
def test_an_unknown_command_is_answered_with_the_list(bare: Shell, words: list[str]) -> None:
    done = bare(*words)
    assert (done.code, done.out) == (2, "")
    assert "usage: vestibule COMMAND" in done.err


def test_the_version_is_printed(bare: Shell) -> None:
    assert bare("--version").out.strip() == __version__


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(bare: Shell, command: str) -> None:
    done = bare(*command.split(), "--help")
    assert done.code == 0
    assert f"usage: vestibule {command}" in done.out


@pytest.mark.parametrize("command", [["users"], ["apps"], ["keys"], ["outbox"], ["keys", "turn"], ["outbox", "last"]])
def test_half_a_command_is_refused_with_its_usage(bare: Shell, command: list[str]) -> None:
    done = bare(*command)
    assert done.code == 2
    assert f"usage: vestibule {command[0]}" in done.err


def test_a_faulty_setting_is_one_line_that_names_it(bare: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VESTIBULE_PORT", "many")
    done = bare("migrate")
    assert done.code == 2
    assert done.err.startswith("vestibule: VESTIBULE_PORT")
    assert "Traceback" not in done.err


def loaded(statement: str) -> set[str]:
    """Return the modules of ours that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys\nprint(*[name for name in sys.modules if name.startswith('vestibule')])"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_account_server_loads_nothing_of_the_identity_server() -> None:
    """The account server works in front of any compatible server: it never needs the other's code."""
    floors = {name.split(".")[1] for name in loaded("import vestibule.cli.account") if "." in name}
    assert "account" in floors
    assert floors & {"domain", "store", "oidc", "api", "pages", "connectors", "app"} == set()


def test_up_itself_stays_light() -> None:
    floors = {name.split(".")[1] for name in loaded("import vestibule.cli.up") if "." in name}
    assert floors & {"domain", "http", "oidc", "api", "pages", "connectors", "app", "client"} == set()


@pytest.mark.parametrize("command", ["serve", "account"])
def test_a_server_on_sqlite_loads_no_other_engine(command: str) -> None:
    code = f"import sys, vestibule.cli.{command}; print(*sys.modules)"
    held = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert held & {"vestibule.db.postgres", "asyncpg", "sqlalchemy.dialects.postgresql", "alembic"} == set()
