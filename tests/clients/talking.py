"""Scripts in Node that use an SDK: they say one JSON line at a time, and read what the test answers."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def node(script: str, config: dict[str, Any]) -> "subprocess.Popen[str]":
    """Start one of the scripts beside this file."""
    return subprocess.Popen(
        [os.environ.get("VESTIBULE_TEST_NODE", "node"), script],
        cwd=HERE,
        env={**os.environ, "CLIENT_CONFIG": json.dumps(config)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line(process: "subprocess.Popen[str]", kind: str) -> Any:
    """Read the script's next line, which must be of `kind`."""
    if process.stdout is None:
        raise RuntimeError("the script has no output")
    said = json.loads(process.stdout.readline())
    assert said["kind"] == kind
    return said["value"]


def answered(process: "subprocess.Popen[str]", text: str) -> None:
    """Write a line to the script."""
    if process.stdin is None:
        raise RuntimeError("the script has no input")
    process.stdin.write(f"{text}\n")
    process.stdin.flush()
