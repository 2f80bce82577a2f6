"""Settings that administrators change while servers run: rows of `configs`, as last read.

A server reads them at its start and every second from then on, so that a change reaches it wherever it was made, and at
once when it makes one itself. Whoever needs one reads an attribute.
"""

import asyncio

import msgspec

from vestibule.db import Database
from vestibule.domain.sign_in_experience import DEFAULT, SignInExperience
from vestibule.store import configs

EVERY_SECONDS = 1.0
EXPERIENCE = "sign-in-experience"

_experience = msgspec.json.Decoder(SignInExperience).decode


class LiveSettings:
    """The settings as this server knows them; the defaults until the first `refresh`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._reading = asyncio.Lock()
        self.experience: SignInExperience = DEFAULT

    async def refresh(self) -> None:
        """Read them now; raises DatabaseUnavailable and leaves them as they are."""
        async with self._reading:  # in turn: one that began before a change never comes after it
            async with self._db.read() as tx:
                rows = {str(key): str(value) for key, value in await tx.all(configs.ALL)}
            self.experience = _experience(rows.get(EXPERIENCE, "{}"))
