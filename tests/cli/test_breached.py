"""`vestibule breached`: from the list to a file that a server uses, in words an operator can act on."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.domain.test_breached import listed
from vestibule.cli import breached
from vestibule.domain.breached_file import HEADER_BYTES

WORDS = ["zebra battery lamp", "seven mild otters"]


def built(shell: Shell) -> Path:
    """Build a file in the folder."""
    listed(shell.folder / "list.txt", WORDS)
    assert shell("breached", "build", "list.txt", "--output", "known.bin").code == 0
    return shell.folder / "known.bin"


def test_a_file_is_built_and_the_setting_to_write_is_printed(bare: Shell) -> None:
    listed(bare.folder / "list.txt", WORDS)
    done = bare("breached", "build", "list.txt")
    assert done.out.splitlines() == [
        "wrote var/breached.bin: 2 passwords (SHA-1), 0.0 MB",
        f"next: VESTIBULE_BREACHED_FILE={bare.folder / 'var/breached.bin'}, and start the servers again",
    ]
    done = bare("breached", "build", "list.txt", "--least", "2", "--json")
    assert json.loads(done.out) == {
        "file": "var/breached.bin",
        "digest": "SHA-1",
        "passwords": 1,
        "bytes": HEADER_BYTES + 6,
    }


def test_progress_is_said_on_the_way(bare: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breached, "SAY_SECONDS", 0.0)
    listed(bare.folder / "list.txt", WORDS)
    assert "read 100 %" in bare("breached", "build", "list.txt").err.splitlines()


def test_a_good_file_is_called_good_and_a_damaged_one_damaged(bare: Shell) -> None:
    path = built(bare)
    assert bare("breached", "verify", "known.bin").out.startswith("known.bin is good: 2 passwords (SHA-1)")
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    done = bare("breached", "verify", "known.bin")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("vestibule: known.bin is damaged")
    assert json.loads(bare("breached", "verify", "known.bin", "--json").out)["good"] is False


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["build", "missing.txt"], "missing.txt: No such file"),
        (["build", "notes.txt"], "notes.txt is no list of breached passwords: line 1"),
        (["build", "notes.txt", "--least", "0"], "--least"),
    ],
)
def test_what_cannot_be_built_is_said_in_one_line(bare: Shell, words: list[str], sentence: str) -> None:
    (bare.folder / "notes.txt").write_text("dear diary\n")
    done = bare("breached", *words)
    assert done.code == 2
    assert sentence in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("fault", ["missing", "short", "foreign"])
def test_a_broken_file_stops_the_start_and_names_the_setting(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    path = built(shell)
    if fault == "missing":
        path.unlink()
    elif fault == "short":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        path.write_text("not ours")
    monkeypatch.setenv("VESTIBULE_BREACHED_FILE", str(path))
    for command in (["serve"], ["users", "create", "--username", "ada"]):
        done = shell(*command)
        assert done.code == 2
        assert done.err.startswith(f"vestibule: VESTIBULE_BREACHED_FILE: {path} ")


def test_a_wrong_master_key_ends_the_start(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """B101: it ends, with the store's connections closed, and does not hang."""
    assert shell("users", "create", "--username", "ada").code == 0
    monkeypatch.setenv("VESTIBULE_SECRET_KEY", "B" * 43)
    done = shell("serve")
    assert done.code == 2
    assert "the master key does not open" in done.err


def test_a_breached_password_makes_no_user(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VESTIBULE_BREACHED_FILE", str(built(shell)))
    done = shell("users", "create", "--username", "ada", "--password", WORDS[1])
    assert "known from a breach" in done.err
    assert shell("users", "create", "--username", "ada", "--password", WORDS[1].title()).code == 0


@pytest.mark.parametrize("url", ["api.example.com/range/", "https://api.example.com/range", "ftp://x/"])
def test_an_address_that_no_range_is_behind_stops_the_start(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("VESTIBULE_BREACHED_RANGE_URL", url)
    done = shell("users", "create", "--username", "ada")
    assert done.code == 2
    assert done.err.startswith("vestibule: VESTIBULE_BREACHED_RANGE_URL: ")
