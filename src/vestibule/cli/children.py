"""The children of `vestibule up`: noticed when they end, and ended together.

Signals are held back and asked for, so that none comes in the middle of something. That outlasts `exec`, by which
`vestibule up` becomes one thing after another without leaving its children.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

STOP_SECONDS = 8
POLL_SECONDS = 0.02
# What was ignored from the start stays so, as `nohup` asks for.
STOPPING = frozenset(
    number
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    if signal.getsignal(number) is not signal.SIG_IGN
)
HEARD = STOPPING | {signal.SIGCHLD}


class Stopped(Exception):
    """Somebody asked for the end: SIGTERM, SIGINT or SIGHUP."""


class ChildEnded(Exception):
    """A child ended although nobody asked it to; what it said is on the terminal already."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"the {name} ended with code {code}, so everything stops; its words are above")
        self.code = code if code > 0 else 1


def hold_signals() -> None:
    """Hold back what asks for the end, here and in what this process becomes, until somebody listens."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)


def become(*words: str) -> NoReturn:
    """Become another command of ours: the same process with the same children, and nothing of this one's code."""
    called = sys.argv[0]
    program = [called] if Path(called).name == "vestibule" else ["-m", "vestibule"]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *program, *words])  # noqa: S606 - no shell, and none wanted


class Children:
    """The children of this process: by process id, what each is in words."""

    def __init__(self, running: Mapping[int, str]) -> None:
        self.running = dict(running)
        self._awaited = 0
        self._code = 0
        # Where a signal is ignored by default, it may be lost although it is held back.
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def pause(self) -> None:
        """Wait for a moment; raises Stopped when that was asked for, ChildEnded when a child did."""
        if pending := signal.sigpending() & HEARD:
            self._hear(signal.sigwait(pending))
        else:
            time.sleep(POLL_SECONDS)

    def watch(self) -> NoReturn:
        """Wait for the end; raises Stopped when it was asked for, ChildEnded when a child did."""
        self._look()
        while True:
            self._hear(signal.sigwait(HEARD))

    def wait(self, pid: int) -> int:
        """Wait for a child to end and return its exit code; raises Stopped, or ChildEnded for another child."""
        self._awaited = pid
        while pid in self.running:
            self.pause()
        return self._code

    def end(self) -> None:
        """Ask every child to end, with what it has started, and end those that take longer than a few seconds."""
        for pid in list(self.running):
            self._ended(pid)
        self._signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while self.running and time.monotonic() < until:
            for pid in list(self.running):
                self._ended(pid)
            time.sleep(POLL_SECONDS)
        self._signal(signal.SIGKILL)

    def _hear(self, number: int) -> None:
        if number in STOPPING:
            raise Stopped
        self._look()

    def _look(self) -> None:
        for pid, name in list(self.running.items()):
            code = self._ended(pid)
            if code is None:
                continue
            if pid != self._awaited:
                raise ChildEnded(name, code)
            self._code = code

    def _ended(self, pid: int) -> int | None:
        try:
            ended, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # it is no child of ours, and none of our business
            del self.running[pid]
            return 1
        if not ended:
            return None
        del self.running[pid]
        return os.waitstatus_to_exitcode(status)

    def _signal(self, number: int) -> None:
        for pid in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)
