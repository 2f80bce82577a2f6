"""Asking the child process that reads XML: it starts for one question, without secrets, and ends.

The servers never load an XML library: a fault of one is no fault of theirs, and neither is its memory.
"""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

from vestibule.errors import ConnectorGeneral, ServerBusy

CHILD = "vestibule.connectors.saml.child"
TIMEOUT_SECONDS, AT_ONCE, WAITING = 15.0, 2, 50
KEPT = ("PATH", "PYTHONPATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What the child gets of the environment: nothing that holds a secret."""
Json = dict[str, Any]


class _Queue:
    """How many children run, and how many questions wait."""

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.waiting = 0


_QUEUES: dict[asyncio.AbstractEventLoop, _Queue] = {}


async def ask(question: Json) -> Json:
    """Return the child's answer; `refused` in it says why there is none. Raises ConnectorGeneral, ServerBusy."""
    loop = asyncio.get_running_loop()
    queue = _QUEUES.setdefault(loop, _Queue())
    if queue.waiting >= WAITING:
        raise ServerBusy
    queue.waiting += 1
    try:
        async with queue.slots:
            return await asyncio.to_thread(_run, json.dumps(question).encode())
    finally:
        queue.waiting -= 1


def _run(question: bytes) -> Json:
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", CHILD],
            input=question,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
            env={name: os.environ[name] for name in KEPT if name in os.environ},
        )
        told = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise ConnectorGeneral("The document could not be read in time.") from error
    if not isinstance(told, dict):
        raise ConnectorGeneral("The document could not be read: it asks for more than reading one may take.")
    return told
