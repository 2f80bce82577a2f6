"""Settings that administrators change while servers run, as last read: rows of `configs`, and the keys of cookies.

A server reads them at its start and every second from then on, so that a change reaches it wherever it was made, and at
once when it makes one itself. Whoever needs one reads an attribute.
"""

import asyncio
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from vestibule.crypto import Sealer
from vestibule.db import Database
from vestibule.domain.oidc_settings import SEEDED, IdTokenSettings, SessionSettings
from vestibule.domain.sign_in_experience import DEFAULT, SignInExperience
from vestibule.model import ServerKey
from vestibule.store import configs, server_keys

EVERY_SECONDS = 1.0
EXPERIENCE, SESSION, ID_TOKEN = "sign-in-experience", "oidc.session", "idToken"

_experience = msgspec.json.Decoder(SignInExperience).decode
_session = msgspec.json.Decoder(SessionSettings).decode
_id_token = msgspec.json.Decoder(IdTokenSettings).decode


@dataclass(frozen=True)
class CookieKey:
    """A key that signs cookies, and since when there is one."""

    secret: bytes
    created_at: int


class LiveSettings:
    """The settings as this server knows them; the defaults until the first `refresh`.

    `shortest` is how many characters a password has at least where administrators have not said it.
    """

    def __init__(self, db: Database, sealer: Sealer, shortest: int) -> None:
        self._db = db
        self._sealer = sealer
        self._shortest = shortest
        self._reading = asyncio.Lock()
        self._opened: dict[str, CookieKey] = {}
        self.experience: SignInExperience = self.completed(DEFAULT)
        self.session: SessionSettings = SessionSettings()
        self.id_token: IdTokenSettings = SEEDED
        self.cookie_keys: list[CookieKey] = [CookieKey(sealer.derived("cookies"), 0)]
        """The newest first."""

    async def refresh(self) -> None:
        """Read them now; raises DatabaseUnavailable and leaves them as they are, SealError."""
        async with self._reading:  # in turn: one that began before a change never comes after it
            async with self._db.read() as tx:
                rows = {str(key): str(value) for key, value in await tx.all(configs.ALL)}
                keys = await tx.all(server_keys.OF_KIND, of_kind="cookie")
            self.experience = self.completed(_experience(rows.get(EXPERIENCE, "{}")))
            self.session = _session(rows.get(SESSION, "{}"))
            self.id_token = _id_token(rows[ID_TOKEN]) if ID_TOKEN in rows else SEEDED
            if keys:
                self._opened = {row.id: self._opened.get(row.id) or self._open(row) for row in keys}
                self.cookie_keys = list(self._opened.values())

    def completed(self, experience: SignInExperience) -> SignInExperience:
        """Return what is in force: what administrators have set, and the operator's setting where they have not."""
        return replace(experience, password_policy=experience.password_policy.at_least(self._shortest))

    def _open(self, row: ServerKey) -> CookieKey:
        return CookieKey(self._sealer.open(row.secret_sealed, *server_keys.SEAL, row.id), row.created_at)
