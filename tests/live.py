"""Live servers for tests that need sockets: `vestibule up` in a folder of its own, on free ports, as a user runs it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

START_SECONDS = 60


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass(frozen=True)
class Live:
    """Both servers, running: their addresses, and the command line in the same folder and environment."""

    identity: str
    account: str
    folder: Path
    env: dict[str, str]
    process: "subprocess.Popen[bytes]"

    @property
    def said(self) -> str:
        """What `vestibule up` and its children have printed so far."""
        return (self.folder / "up.log").read_text()

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, as a terminal does."""
        os.killpg(self.process.pid, number)

    def command(self, *arguments: str) -> str:
        """Run `vestibule …` while the servers run; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "vestibule", *arguments],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode != 0:
            raise RuntimeError(f"vestibule {' '.join(arguments)}: {done.stdout}\n{done.stderr}")
        return done.stdout

    def application(self, kind: str, *arguments: str) -> dict[str, str]:
        """Create an application; returns `{"id": …, "secret": …}`."""
        created: dict[str, str] = json.loads(
            self.command("apps", "create", "--type", kind, "--name", "Test", "--json", *arguments)
        )
        return created

    def last_code(self, recipient: str) -> str:
        """Return the last code that the outbox holds for a recipient."""
        return self.command("outbox", "last", recipient).split()[-1]


@contextlib.contextmanager
def live_servers(folder: Path, identity_store: str, account_store: str, **extra: str) -> Iterator[Live]:
    """Run `vestibule up` until the block ends; both servers answer when it begins."""
    identity_port, account_port = free_ports(2)
    identity, account = f"http://localhost:{identity_port}", f"http://localhost:{account_port}"
    env = {
        **os.environ,
        "VESTIBULE_PORT": str(identity_port),
        "VESTIBULE_PUBLIC_URL": identity,
        "VESTIBULE_ACCOUNT_PORT": str(account_port),
        "VESTIBULE_ACCOUNT_PUBLIC_URL": account,
        "VESTIBULE_DATABASE_URL": identity_store,
        "VESTIBULE_ACCOUNT_DATABASE_URL": account_store,
        **extra,
    }
    log = (folder / "up.log").open("w+")
    child = subprocess.Popen(
        [sys.executable, "-m", "vestibule", "up"],
        cwd=folder,
        env=env,
        stdout=log,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for address in (f"{identity}/oidc/jwks", f"{account}/api/openapi.json"):
            _wait(address, child, folder / "up.log")
        yield Live(identity, account, folder, env, child)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(timeout=20)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # what is still there did not stop
            log.close()


def _wait(address: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
    until = monotonic() + START_SECONDS
    while monotonic() < until:
        if child.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.05)
    raise RuntimeError(f"{address} does not answer:\n{log.read_text()}")
