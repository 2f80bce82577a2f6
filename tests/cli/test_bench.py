"""The benchmarks fill a store, drive every operation, and are answered rightly; how fast is not asked here."""

import subprocess
import sys
from pathlib import Path


def test_every_operation_that_is_measured_is_answered_as_it_should_be() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--stores", "sqlite", "--users", "60", "--seconds", "0.3", "--rounds", "1"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "password verify" in done.stdout
    assert "wrong" not in done.stdout
