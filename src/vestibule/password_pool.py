"""Where passwords are hashed and checked; apart from `crypto`, which the account server loads, too."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher

from vestibule.crypto import new_secret
from vestibule.digests import matches
from vestibule.errors import ServerBusy

T = TypeVar("T")

RECOMMENDED = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's recommendation: argon2id, 19 MiB, two rounds."""


class PasswordPool:
    """Hashes and checks passwords in a bounded pool of threads; sheds load with ServerBusy when its queue is full.

    Peak memory is `threads` times the cost of one hash (19 MiB for ours). `hasher` is there for tests that are about
    anything but its cost.
    """

    def __init__(self, threads: int | None = None, queue: int = 64, *, hasher: PasswordHasher = RECOMMENDED) -> None:
        count = threads or os.cpu_count() or 1
        self._hasher = hasher
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="passwords")
        self._room = count + queue
        self._decoy: str | None = None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._room <= 0:
            raise ServerBusy
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._room += 1

    async def hash(self, password: str) -> str:
        """Return the argon2id digest of a password."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, stored: str | None, algorithm: str | None) -> bool:
        """Tell whether `password` matches the stored digest; no digest costs the same time and never matches."""
        if stored is None or algorithm is None:
            await self._run(lambda: matches("Argon2id", self._decoy_digest(), password))
            return False
        return await self._run(lambda: matches(algorithm, stored, password))

    def _decoy_digest(self) -> str:
        if self._decoy is None:
            self._decoy = self._hasher.hash(new_secret())
        return self._decoy

    def close(self) -> None:
        """End the threads without waiting for queued work."""
        self._pool.shutdown(wait=False, cancel_futures=True)
