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
SECOND_START_CPU_SECONDS = 4
"""Of processor time, which other work on the machine hardly changes; `docs/performance.md` has seconds by the clock."""
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


def of_session(leader: int) -> list[int]:
    """Return the processes of a session that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if path.read_text().rpartition(")")[2].split()[3] == str(leader):
                found.append(int(path.parent.name))
    return [pid for pid in found if not is_over(pid)]


def cpu_seconds(leader: int) -> float:
    """Return the processor time that a session's processes and their ended children have taken."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in of_session(leader)]
    return sum(int(ticks) for words in fields for ticks in words[11:15]) / os.sysconf("SC_CLK_TCK")


def left_of(leader: int) -> list[int]:
    """Return the processes of a session that have not ended within a few seconds."""
    until = monotonic() + STOP_SECONDS
    while (left := of_session(leader)) and monotonic() < until:
        pass
    return left


def is_over(pid: int) -> bool:
    """Tell whether a process has ended, whoever should take note of that."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def forks(live: Live) -> list[int]:
    """Return the processes that do the work, oldest first: the identity server, the account server, a check."""
    pid = live.process.pid
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


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
    with live_servers(folder, *STORES) as live:
        assert cpu_seconds(live.process.pid) < SECOND_START_CPU_SECONDS
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
    while os.getpgid(check) == live.process.pid and monotonic() < until:
        pass  # it has just been forked
    assert os.getpgid(check) == check, "what the terminal sends to the group does not reach it"
    live.signal(signal.SIGINT)
    assert live.process.wait(STOP_SECONDS) == 0
    assert not Path(f"/proc/{check}").exists()
    assert "Traceback" not in live.said


@pytest.mark.parametrize("how", ["<&-", ""])
def test_it_runs_without_a_standard_input_and_survives_a_hang_up_where_that_was_asked_for(
    folder: Path, how: str
) -> None:
    """As `nohup vestibule up <&-` does it."""
    identity, account = free_ports(2)
    env = {**os.environ, "VESTIBULE_PORT": str(identity), "VESTIBULE_ACCOUNT_PORT": str(account)}
    shell = ["/bin/sh", "-c", f"trap '' HUP; exec {sys.executable} -m vestibule up {how}"]
    with subprocess.Popen(shell, cwd=folder, env=env, stdout=subprocess.PIPE, start_new_session=True) as up:
        assert up.stdout is not None
        until_up = iter(up.stdout.readline, b"")
        assert any(b"Ctrl-C" in line for line in until_up)
        os.killpg(up.pid, signal.SIGHUP)
        for port in (identity, account):
            assert not is_free(f"http://localhost:{port}")
        up.terminate()
        assert up.wait(STOP_SECONDS) == 0


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


@pytest.mark.parametrize("at", ["the start", "the end"])
def test_a_command_that_is_killed_leaves_no_server_behind(live: Live, at: str) -> None:
    """While it still holds the code of both servers, and when it has become what waits for their end."""
    if at == "the end":
        until = monotonic() + 10
        while "watch" not in command_line(live) and monotonic() < until:
            live.command("--version")
    assert ("watch" if at == "the end" else "servers") in command_line(live)
    live.process.kill()
    live.process.wait(STOP_SECONDS)
    assert left_of(live.process.pid) == []
    assert "Traceback" not in live.said


def command_line(live: Live) -> list[str]:
    """Return what `vestibule up` is now, as a process list shows it."""
    return Path(f"/proc/{live.process.pid}/cmdline").read_text().split("\0")


def test_nothing_but_the_servers_stays_in_memory(live: Live) -> None:
    """What waits for the end holds none of their code: loaded once more, it would take as much as a server."""
    wait_for_words(live)
    until = monotonic() + 10
    while "watch" not in command_line(live) and monotonic() < until:
        live.command("--version")
    maps = Path(f"/proc/{live.process.pid}/maps").read_text()
    assert [name for name in ("_rust", "sqlalchemy", "uvloop", "_ssl") if name in maps] == []
    assert len(of_session(live.process.pid)) == 3


@pytest.mark.parametrize("signals", [1, 2])
@pytest.mark.parametrize("pressed_after", [0.0, 0.5, 1.0, 1.5, 2.5])
def test_ctrl_c_at_the_very_start_ends_everything(folder: Path, signals: int, pressed_after: float) -> None:
    """Whether the code is loaded by then or not, and however often it is pressed."""
    with begun(folder) as process:
        until = monotonic() + 10
        while not holds_interrupts(process.pid) and monotonic() < until:
            pass
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(pressed_after)
        for _ in range(signals):
            os.killpg(process.pid, signal.SIGINT)
        assert process.wait(2 * STOP_SECONDS) == 0
        assert left_of(process.pid) == []


def holds_interrupts(pid: int) -> bool:
    """Tell whether a process has begun to hold back SIGINT."""
    held = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigBlk"))
    return bool(int(held.split()[1], 16) >> (signal.SIGINT - 1) & 1)


@contextlib.contextmanager
def begun(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `vestibule up` without waiting for it."""
    identity, account = free_ports(2)
    env = {**os.environ, "VESTIBULE_PORT": str(identity), "VESTIBULE_ACCOUNT_PORT": str(account)}
    command = [sys.executable, "-m", "vestibule", "up"]
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        yield process


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
