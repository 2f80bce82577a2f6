"""`vestibule up`: two servers from one command, stopped together, started again with what they held."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from tests.live import Live, free_ports, live_servers

STOP_SECONDS = 10
SECOND_START_SECONDS = 4  # 2 on a quiet machine; the suites share theirs
STORES = ("sqlite:///var/vestibule.db", "sqlite:///var/account.db")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder all servers of this file are started in: the first start is from nothing, the others find its data."""
    return tmp_path_factory.mktemp("up")


@pytest.fixture
def live(folder: Path) -> Iterator[Live]:
    """Both servers, running."""
    with live_servers(folder, *STORES) as servers:
        yield servers


def is_free(address: str) -> bool:
    """Tell whether nobody listens at an address of ours any more."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0


def children(pid: int) -> list[int]:
    """Return the child processes of a process, oldest first."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_over(pid: int) -> bool:
    """Tell whether a process has ended, whoever should take note of that."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def forks(live: Live) -> list[int]:
    """Return the processes that do the work, oldest first: the identity server, the account server, a check."""
    return children(children(live.process.pid)[0])


def test_from_an_empty_folder_both_servers_answer_and_say_where_they_are(live: Live) -> None:
    wait_for_words(live)
    for address in (live.identity, live.account, f"{live.account}/api", "vestibule outbox last RECIPIENT"):
        assert address in live.said
    with urllib.request.urlopen(f"{live.identity}/oidc/.well-known/openid-configuration") as answer:
        assert json.load(answer)["issuer"] == f"{live.identity}/oidc"
    with urllib.request.urlopen(f"{live.account}/api/openapi.json") as answer:
        assert json.load(answer)["openapi"].startswith("3.1")


def wait_for_words(live: Live) -> None:
    """Wait until the command has said where everything is."""
    until = monotonic() + 10
    while "Ctrl-C" not in live.said and monotonic() < until:
        live.command("--version")


def test_secrets_on_disk_are_for_their_owner_alone(live: Live) -> None:
    """B100: keys and credentials are not readable by others."""
    for name in ("secret.key", "account.key", "account.json"):
        assert stat.S_IMODE((live.folder / "var" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((live.folder / "var").stat().st_mode) == 0o700


def test_commands_work_while_the_servers_run(live: Live) -> None:
    assert "created the user" in live.command("users", "create", "--username", "grace")
    assert "up to date" in live.command("migrate", "--plan")
    assert set(live.application("machine-to-machine", "--management")) == {"id", "secret"}


def test_a_second_start_keeps_the_data_and_is_fast(folder: Path) -> None:
    held = {name: (folder / "var" / name).read_bytes() for name in ("secret.key", "account.key", "account.json")}
    started = monotonic()
    with live_servers(folder, *STORES) as live:
        taken = monotonic() - started
        assert taken < SECOND_START_SECONDS
        with pytest.raises(RuntimeError, match="username_already_in_use"):
            live.command("users", "create", "--username", "grace")
    assert {name: (folder / "var" / name).read_bytes() for name in held} == held


def test_credentials_that_no_longer_fit_the_store_are_made_anew(folder: Path) -> None:
    """The account server has started with what the file held; it is started again with what fits."""
    file = folder / "var" / "account.json"
    stale = json.loads(file.read_text()) | {"client_secret": "of another store"}
    file.write_text(json.dumps(stale))
    with live_servers(folder, *STORES) as live:
        first = forks(live)[1]
        until = monotonic() + 10
        while Path(f"/proc/{first}").exists() and monotonic() < until:
            live.command("--version")
        assert json.loads(file.read_text())["client_secret"] != stale["client_secret"]
        assert first not in forks(live)
        assert len(forks(live)) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_group_stops_everything_cleanly(live: Live, number: signal.Signals) -> None:
    wait_for_words(live)
    live.signal(number)
    assert live.process.wait(STOP_SECONDS) == 0
    assert is_free(live.identity)
    assert is_free(live.account)
    assert "Traceback" not in live.said


def test_ctrl_c_while_the_credentials_are_checked_is_quiet(live: Live) -> None:
    """After a second start has said where everything is, `account init` still runs: it is ended, not broken off."""
    until, check = monotonic() + 10, 0
    while not check and monotonic() < until:
        with contextlib.suppress(IndexError):
            check = forks(live)[2]
    source = children(live.process.pid)[0]
    assert os.getpgid(check) == source != live.process.pid, "what the terminal sends to the group does not reach it"
    live.signal(signal.SIGINT)
    assert live.process.wait(STOP_SECONDS) == 0
    assert not Path(f"/proc/{check}").exists()
    assert "Traceback" not in live.said


def test_a_signal_to_the_command_alone_stops_the_children_too(live: Live) -> None:
    wait_for_words(live)
    live.process.terminate()
    assert live.process.wait(STOP_SECONDS) == 0
    assert is_free(live.identity)
    assert is_free(live.account)


def test_when_one_server_ends_the_other_does_too_and_the_command_says_which(live: Live) -> None:
    wait_for_words(live)
    os.kill(forks(live)[0], signal.SIGKILL)
    assert live.process.wait(STOP_SECONDS) == 1
    assert "the identity server ended" in live.said
    assert is_free(live.account)


@pytest.mark.parametrize("killed", ["the command", "the process that the servers are forked from"])
def test_a_process_that_is_killed_leaves_no_server_behind(live: Live, killed: str) -> None:
    wait_for_words(live)
    source, servers = children(live.process.pid)[0], forks(live)[:2]
    os.kill(live.process.pid if killed == "the command" else source, signal.SIGKILL)
    live.process.wait(STOP_SECONDS)
    until = monotonic() + STOP_SECONDS
    while not all(is_over(pid) for pid in (source, *servers)) and monotonic() < until:
        live.command("--version")
    assert [pid for pid in (source, *servers) if not is_over(pid)] == []
    assert "Traceback" not in live.said


@pytest.mark.parametrize("signals", [1, 2])
def test_ctrl_c_at_the_very_start_ends_everything(folder: Path, signals: int) -> None:
    """Whether the code is loaded by then or not, and however often it is pressed."""
    for pressed_after in (0.0, 1.0):
        with begun(folder) as process:
            until = monotonic() + 10
            while not (found := children(process.pid)) and monotonic() < until:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.01)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(pressed_after)
            for _ in range(signals):
                os.killpg(process.pid, signal.SIGINT)
            assert process.wait(2 * STOP_SECONDS) == 0
            assert left_of(found[0]) == []


@contextlib.contextmanager
def begun(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `vestibule up` without waiting for it."""
    identity, account = free_ports(2)
    env = {**os.environ, "VESTIBULE_PORT": str(identity), "VESTIBULE_ACCOUNT_PORT": str(account)}
    command = [sys.executable, "-m", "vestibule", "up"]
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        yield process


def left_of(leader: int) -> list[int]:
    """Return the processes of a group that have not ended within a few seconds."""
    until = monotonic() + STOP_SECONDS
    while left := [pid for pid in group(leader) if not is_over(pid)]:
        if monotonic() > until:
            return left
    return []


def group(leader: int) -> list[int]:
    """Return the processes of a group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if path.read_text().rpartition(")")[2].split()[2] == str(leader):
                found.append(int(path.parent.name))
    return found


def test_forks_end_with_the_line_even_where_words_on_it_were_never_read(folder: Path) -> None:
    """Closing a socket that holds unread words is no end but an error at the other side."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-m", "vestibule", "up", "servers"]
        with subprocess.Popen(command, cwd=folder, stdin=theirs.fileno(), start_new_session=True) as source:
            theirs.close()
            ours.sendall(b"start serve\n")
            assert ours.recv(1, socket.MSG_PEEK) == b"s"
            ours.close()
            assert source.wait(2 * STOP_SECONDS) == 0
            assert left_of(source.pid) == []


def start(folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run `vestibule up` that is expected to refuse."""
    identity, account = free_ports(2)
    ports = {"VESTIBULE_PORT": str(identity), "VESTIBULE_ACCOUNT_PORT": str(account)}
    return subprocess.run(
        [sys.executable, "-m", "vestibule", "up"],
        cwd=folder,
        env={**os.environ, **ports, **env},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("setting", ["VESTIBULE_PORT", "VESTIBULE_ACCOUNT_PORT"])
def test_a_taken_port_is_named_with_the_setting_that_changes_it(tmp_path: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = start(tmp_path, **{setting: port})
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert f"Set {setting} " in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_lost_master_key_over_a_store_with_data_refuses_to_start(tmp_path: Path) -> None:
    """B101: a missing key over a store that holds data refuses to start, and no new one is made."""
    subprocess.run([sys.executable, "-m", "vestibule", "migrate"], cwd=tmp_path, check=True, capture_output=True)
    done = start(tmp_path)
    assert done.returncode == 2
    assert "the store holds data, but its master key is missing" in done.stderr
    assert not (tmp_path / "var" / "secret.key").exists()


def test_another_master_key_refuses_to_start(folder: Path) -> None:
    """B101: a wrong key over a store that holds data refuses to start."""
    done = start(folder, VESTIBULE_SECRET_KEY="A" * 43)
    assert done.returncode != 0
    assert "the master key does not open what this store holds" in done.stderr
    assert "Traceback" not in done.stderr
