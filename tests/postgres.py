"""A PostgreSQL server for the tests: Debian's binaries, run unprivileged in a short temporary folder.

`VESTIBULE_TEST_POSTGRES_URL` (a superuser's address, without a database name) uses a running server instead.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNTS = ("postgres", "nobody")
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class NoPostgresError(Exception):
    """PostgreSQL cannot be had here; the sentence says what to do."""


def binaries() -> Path:
    """Return the folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if not found:
        raise NoPostgresError("install PostgreSQL (apt-get install postgresql) or set VESTIBULE_TEST_POSTGRES_URL")
    return found[-1].parent


def _account() -> pwd.struct_passwd:
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgresError("there is no unprivileged account to run PostgreSQL as")


def _run(arguments: list[str], account: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode != 0:
        raise NoPostgresError(f"{arguments[0]} failed: {done.stdout}{done.stderr}")


@contextmanager
def server() -> Iterator[str]:
    """Run a server until the block ends; yields its address without a database name."""
    given = os.environ.get("VESTIBULE_TEST_POSTGRES_URL")
    if given:
        yield given.rstrip("/")
        return
    programs = binaries()
    account = _account() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="vpg", dir="/tmp"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    try:
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "postgres"]
        _run([*initdb, "--auth=trust", "--no-sync", "-E", "UTF8"], account)
        options = " ".join([f"-p {port} -h 127.0.0.1", *(f"-c {item}" for item in SETTINGS), f"-k {folder}"])
        start = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"]
        _run(start, account)
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        if (data / "postmaster.pid").exists():
            _run([str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"], account)
        shutil.rmtree(folder, ignore_errors=True)
