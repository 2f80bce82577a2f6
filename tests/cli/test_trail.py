"""What the command line changes is in the audit trail, as the Management API shows it."""

import asyncio
import json
import os
from typing import Any

import pytest

from tests.cli.conftest import Shell
from tests.world import worlds
from vestibule.cli import users_import
from vestibule.domain.importing import Mark


def entries(shell: Shell) -> list[dict[str, Any]]:
    """Return what the entries of commands say, oldest first; no server runs before or after."""

    async def ask() -> list[dict[str, Any]]:
        key, url = os.environ["VESTIBULE_SECRET_KEY"], os.environ["VESTIBULE_DATABASE_URL"]
        async with worlds(url, shell.folder, outbox=False, VESTIBULE_SECRET_KEY=key) as world:
            return list((await world.call("GET", "/logs?page_size=100")).json())

    found = [entry for entry in asyncio.run(ask()) if entry["key"].startswith("Command.")]
    known = {"key", "result"}
    assert all(entry["payload"]["result"] == "Success" for entry in found)
    return [{"key": one["key"], **{k: v for k, v in one["payload"].items() if k not in known}} for one in found[::-1]]


@pytest.fixture
def served(shell: Shell) -> Shell:
    """A store that a server has run on."""
    assert entries(shell) == []
    return shell


def test_a_user_who_was_created_is_named(served: Shell) -> None:
    made = json.loads(served("users", "create", "--username", "ada", "--json").out)["id"]
    assert served("users", "create", "--username", "ada").code == 2
    assert served("users", "list").code == 0
    assert entries(served) == [{"key": "Command.users create", "userId": made, "made": made}]


def test_an_application_that_was_created_is_named(served: Shell) -> None:
    done = served("apps", "create", "--type", "machine-to-machine", "--name", "Server", "--json")
    made = json.loads(done.out)
    assert entries(served) == [{"key": "Command.apps create", "made": made["id"]}]
    assert made["secret"] not in str(entries(served))


def test_keys_that_were_rotated_and_withdrawn_are_told(served: Shell) -> None:
    made = json.loads(served("keys", "rotate", "--grace", "60", "--json").out)
    assert entries(served) == [{"key": "Command.keys rotate", "made": made["kid"], "signsAt": made["signsAt"]}]
    served("keys", "reseal")
    assert entries(served)[1:] == [{"key": "Command.keys reseal", "resealed": 0, "unopened": 0}]


def test_an_import_leaves_one_entry_a_run_with_its_counts(served: Shell) -> None:
    path = served.folder / "people.jsonl"
    path.write_text('{"username": "ada"}\n{"username": "bob"}\n{"username": "1"}\n')
    told = {"key": "Command.users import", "file": "people.jsonl"}
    assert served("users", "import", str(path)).code == 1
    assert entries(served) == [told | {"imported": 2, "refused": 1}]
    served("users", "import", str(path))
    assert entries(served)[1:] == [told | {"imported": 0, "refused": 0}]


def test_an_import_that_was_stopped_tells_what_it_did_until_then(
    served: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = served.folder / "people.jsonl"
    path.write_text("".join(f'{{"username": "user{number}"}}\n' for number in range(5)))
    monkeypatch.setattr(users_import, "BATCH", 2)

    def stop(_: users_import.Progress, mark: Mark, *, always: bool = False) -> None:
        if mark.line == 4:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(users_import.Progress, "say", stop)
        assert served("users", "import", str(path)).code == users_import.STOPPED
    assert served("users", "import", str(path)).code == 0
    assert [(one["imported"], one["refused"]) for one in entries(served)] == [(4, 0), (1, 0)]


def test_the_account_server_is_set_up_once_and_its_address_followed(
    served: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    served("account", "init")
    held = json.loads((served.folder / "var/account.json").read_text())
    assert served("account", "init").code == 0
    made = [held["client_id"], held["page_client_id"]]
    assert entries(served) == [{"key": "Command.account init", "made": made}]
    monkeypatch.setenv("VESTIBULE_ACCOUNT_PUBLIC_URL", "https://account.example")
    served("account", "init")
    assert entries(served)[1:] == [{"key": "Command.account init", "changed": held["page_client_id"]}]
