"""`make bench`: run the benchmarks on both stores, with a PostgreSQL server of our own."""

import os
import subprocess
import sys

from tests import postgres
from tests.postgres_stores import run_admin


def main() -> int:
    """Start PostgreSQL when it can be had and run `python -m bench`."""
    try:
        with postgres.server() as address:
            run_admin(address, "CREATE DATABASE bench")
            return _run({"BENCH_POSTGRES_URL": f"{address}/bench"})
    except postgres.NoPostgresError as error:
        print(f"SQLite only: {error}")
        return _run({})


def _run(env: dict[str, str]) -> int:
    return subprocess.run(
        [sys.executable, "-m", "bench", *sys.argv[1:]], env={**os.environ, **env}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
