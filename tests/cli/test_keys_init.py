"""`vestibule keys init`: the master keys of a first start."""

import stat

import pytest

from tests.cli.conftest import Shell

KEYS = ("secret.key", "account.key")


def test_each_server_gets_a_key_of_its_own_for_its_owner_alone(bare: Shell) -> None:
    """B100: master keys are not readable by others."""
    assert bare("keys", "init").code == 0
    files = [bare.folder / "var" / name for name in KEYS]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert len({file.read_text() for file in files}) == 2


def test_keys_that_are_there_are_left_alone(bare: Shell) -> None:
    bare("keys", "init")
    held = [(bare.folder / "var" / name).read_text() for name in KEYS]
    assert bare("keys", "init").code == 0
    assert [(bare.folder / "var" / name).read_text() for name in KEYS] == held


@pytest.mark.parametrize(("store", "file"), [("identity", "secret.key"), ("account", "account.key")])
def test_a_store_with_data_gets_no_new_key(bare: Shell, store: str, file: str) -> None:
    """B101: a missing key over a store that holds data is refused, and no new one is made."""
    bare("migrate", "--store", store)
    done = bare("keys", "init")
    assert done.code == 2
    assert "the store holds data, but its master key is missing" in done.err
    assert not (bare.folder / "var" / file).exists()
