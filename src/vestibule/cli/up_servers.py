"""`vestibule up servers`: the process that `vestibule up` forks the servers from. It loads their code once, for both.

What it is asked comes as lines on a socket at standard input, and so does what it answers:

    start account        -> started account 4711, the process
    end account          -> ended account 0, the exit code
    (a fork ends)        -> ended account 1

The end of the input ends every fork, so none outlives `vestibule up`, however that ended. It opens no store, makes no
connection and starts no thread before it forks.
"""

import argparse
import contextlib
import os
import selectors
import signal
import socket
from types import ModuleType
from typing import NamedTuple

from vestibule.cli import account, account_init, keys_init, serve

STOP_SECONDS = 8
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Fork(NamedTuple):
    """What a fork runs."""

    module: ModuleType
    options: argparse.Namespace


FORKS = {
    "serve": Fork(serve, argparse.Namespace()),
    "account": Fork(account, argparse.Namespace()),
    "keys init": Fork(keys_init, argparse.Namespace()),
    "account init": Fork(account_init, argparse.Namespace(quiet=True, outbox=True)),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no argument: what to do comes on standard input."""
    parser.epilog = "`vestibule up` starts this by itself; there is nothing to do with it by hand."


def run(_: argparse.Namespace) -> int:
    """Fork what is asked for until the input ends; in a fork, run what it is for. Returns an exit code."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)  # `up` hears them, and decides
    asked = _forks()
    return 0 if asked is None else int(asked.module.run(asked.options))


def _forks() -> Fork | None:
    """Return None when everything has ended, or, in a new fork, what it is for."""
    running: dict[int, str] = {}
    # The signal of a fork that ends wakes the selector through a socket of its own.
    woken, wakes = socket.socketpair()
    with socket.socket(fileno=os.dup(0)) as up, woken, wakes, selectors.DefaultSelector() as selector:
        for one in (up, woken, wakes):
            one.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        selector.register(up, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        lines = b""
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if woken in ready:
                woken.recv(4096)
                _tell_ended(up, running)
            if up not in ready:
                continue
            if (said := _said(up)) is None:
                break
            *whole, lines = (lines + said).split(b"\n")
            for verb, _, command in (line.decode().partition(" ") for line in whole):
                if verb == "end":
                    _signal([pid for pid, name in running.items() if name == command], signal.SIGTERM)
                elif pid := _fork():
                    running[pid] = command
                    _tell(up, f"started {command} {pid}")
                else:
                    return FORKS[command]
        _end(running)
    return None


def _said(up: socket.socket) -> bytes | None:
    """Return what has come, or None once it has ended: what was said just before the end is not begun any more."""
    said = b""
    while True:
        try:
            more = up.recv(4096)
        except BlockingIOError:
            return said
        except OSError:  # it ended with lines of ours unread
            return None
        if not more:
            return None
        said += more


def _fork() -> int:
    """Fork; returns 0 in the fork, which is then like a process that was started by itself."""
    # A signal that comes before the fork listens waits until it does.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    pid = os.fork()
    if not pid:
        signal.set_wakeup_fd(-1)
        for number in (*STOPPING, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    return pid


def _tell_ended(up: socket.socket, running: dict[int, str]) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            _tell(up, f"ended {running.pop(pid)} {os.waitstatus_to_exitcode(status)}")


def _tell(up: socket.socket, line: str) -> None:
    with contextlib.suppress(OSError):  # `up` may be gone
        up.sendall(f"{line}\n".encode())


def _end(running: dict[int, str]) -> None:
    """Ask every fork to end, and end those that take longer than a few seconds."""
    _signal(running, signal.SIGTERM)
    signal.signal(signal.SIGALRM, lambda *_: _signal(running, signal.SIGKILL))
    signal.alarm(STOP_SECONDS)
    for pid in running:
        os.waitpid(pid, 0)
    signal.alarm(0)


def _signal(pids: "list[int] | dict[int, str]", number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
