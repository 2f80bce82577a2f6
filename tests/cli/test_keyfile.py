"""The master key's file: made once, for an empty store, for its owner alone."""

import stat
from pathlib import Path

import pytest

from vestibule.cli import CommandError
from vestibule.cli.keyfile import ensure_key
from vestibule.db.migrate import migrate
from vestibule.settings import master_keys
from vestibule.store import migrations


def test_an_empty_store_gets_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    """B101: the key exists before anything is sealed with it."""
    file = tmp_path / "var" / "secret.key"
    ensure_key("", str(file), f"sqlite:///{tmp_path}/none.db")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(master_keys("", str(file))) == 1
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_a_key_that_is_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    ensure_key("", str(file), f"sqlite:///{tmp_path}/none.db")
    first = file.read_text()
    ensure_key("", str(file), f"sqlite:///{tmp_path}/none.db")
    assert file.read_text() == first


def test_a_key_set_directly_needs_no_file(tmp_path: Path) -> None:
    ensure_key("given", str(tmp_path / "secret.key"), f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_holds_data_gets_no_new_key(tmp_path: Path, database_url: str) -> None:
    """B101: a missing key over a store that holds data refuses to start."""
    with pytest.raises(CommandError, match="holds data"):
        ensure_key("", str(tmp_path / "secret.key"), database_url)
    assert not (tmp_path / "secret.key").exists()


def test_a_folder_migrated_by_hand_says_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    migrate(url, migrations)
    with pytest.raises(CommandError, match=r"put .*secret\.key back"):
        ensure_key("", str(tmp_path / "secret.key"), url)
