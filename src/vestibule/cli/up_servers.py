"""`vestibule up servers`: what `vestibule up` becomes to load the code of both servers once and to fork each of them.

It opens no store and starts no thread before it forks. When everything runs it becomes `vestibule up watch`: the pages
of memory that it would go on holding are two thirds of a server's.
"""

import argparse
import contextlib
import http.client
import os
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vestibule.cli import account, account_init, keys_init, serve
from vestibule.cli.children import HEARD, ChildEnded, Children, Stopped, become
from vestibule.settings import AccountSettings, ServerSettings, load

WORDS = """
Vestibule is up.

{addresses}

Next: open the account page and create an account, then connect an application of yours:

  {program} apps create --type traditional --name "My app" --redirect-uri http://localhost:8000/callback

Ctrl-C stops everything. The data stays in the store.
"""
Work = Callable[[], int]
MAKE_KEYS: Work = partial(keys_init.run, Namespace())
SET_UP: Work = partial(account_init.run, Namespace(quiet=True, outbox=True))


@dataclass(frozen=True)
class Server:
    """A server to run: its name in words, what runs it, and the address and path at which it answers."""

    name: str
    work: Work
    host: str
    port: int
    path: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: everything is a setting."""
    parser.epilog = "`vestibule up` becomes this by itself; there is nothing to do with it by hand."


def run(_: argparse.Namespace) -> int:
    """Start both servers and say where they are; in each fork, run what it is for. Returns an exit code."""
    forks = Forks()
    try:
        bring_up(forks, load(ServerSettings), load(AccountSettings))
        become("up", "watch", *[f"{pid}:{name}" for pid, name in forks.running.items()])
    except Stopped:
        forks.end()
        return 0
    except ChildEnded as error:
        forks.end()
        print(f"vestibule: {error}", file=sys.stderr)
        return error.code


def bring_up(forks: "Forks", identity: ServerSettings, account_: AccountSettings) -> None:
    """Start the servers, say where they are once both answer, and check what the account server signs in with."""
    first = Server("identity server", partial(serve.run, Namespace()), identity.host, identity.port, "/oidc/jwks")
    work = partial(account.run, Namespace())
    second = Server("account server", work, account_.host, account_.port, "/api/openapi.json")
    if not (has_key(identity) and has_key(account_)):
        forks.finish("making of the master keys", MAKE_KEYS)
    forks.start(first.name, first.work)
    held = credentials(account_)
    if not held:
        forks.finish("set-up of the account server", SET_UP)
    pid = forks.start(second.name, second.work)
    for server in (first, second):
        while not answers(server):
            forks.pause()
    print(words(identity, account_), flush=True)
    if held:
        # What the last start left is nearly always right: nobody waits for the check.
        forks.finish("set-up of the account server", SET_UP)
        if credentials(account_) != held:
            os.kill(pid, signal.SIGTERM)
            forks.wait(pid)
            forks.start(second.name, second.work)


class Forks(Children):
    """Children that are forks of this process, and end when it does, however it ends."""

    def __init__(self) -> None:
        super().__init__({})
        try:
            os.fstat(0)
        except OSError:  # nothing is there: the pipe would take the place that each fork gives away
            os.open(os.devnull, os.O_RDONLY)
        self._ends, self._lives = os.pipe()
        os.set_inheritable(self._lives, True)  # for what this process becomes

    def start(self, name: str, work: Work) -> int:
        """Start a fork without waiting for it; returns its process id. In the fork it never returns."""
        if pid := os.fork():
            with contextlib.suppress(OSError):  # whoever of the two is first: `end` needs the group
                os.setpgid(pid, pid)
            self.running[pid] = name
            return pid
        # What the terminal sends is for `up` alone, which ends the others quietly.
        os.setpgid(0, 0)
        os.close(self._lives)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        for number in HEARD:
            signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=end_with, args=(self._ends,), daemon=True).start()
        # A signal that came before this waits until here.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        raise SystemExit(work())

    def finish(self, name: str, work: Work) -> None:
        """Run a fork to its end; raises ChildEnded unless it succeeds."""
        code = self.wait(self.start(name, work))
        if code != 0:
            raise ChildEnded(name, code)


def end_with(line: int) -> None:
    """Ask this process to end once the line does, whose other end is held by `up` alone."""
    os.read(line, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def answers(server: Server) -> bool:
    """Tell whether the server answers at all."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)  # noqa: S104 - read, not bound
    connection = http.client.HTTPConnection(host, server.port, timeout=2)
    try:
        connection.request("GET", server.path)
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def has_key(settings: ServerSettings | AccountSettings) -> bool:
    """Tell whether a server has a master key."""
    return bool(settings.secret_key) or Path(settings.secret_key_file).is_file()


def credentials(settings: AccountSettings) -> str:
    """Return what the account server would read as its applications: nothing before the first set-up."""
    if settings.client_id and settings.page_client_id:
        return settings.client_id
    path = Path(settings.credentials_file)
    return path.read_text() if path.is_file() else ""


def words(identity: ServerSettings, account_: AccountSettings) -> str:
    """Say where everything is and what to do next."""
    program = sys.argv[0] if Path(sys.argv[0]).name == "vestibule" else "vestibule"
    lines = [
        ("account page", account_.public_url, "register here first"),
        ("settings API", account_.resource, f"described at {account_.resource}/openapi.json"),
        ("sign-in", identity.public_url, f"issuer {identity.issuer}, Management API {identity.public_url}/api"),
    ]
    if identity.is_loopback:
        lines.append(("outbox", f"{identity.public_url}/outbox", f"or: {program} outbox last RECIPIENT"))
    width = max(len(address) for _, address, _ in lines)
    addresses = "\n".join(f"  {name:<14}{address:<{width}}   {text}" for name, address, text in lines)
    return WORDS.format(addresses=addresses, program=program)
