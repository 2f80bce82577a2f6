"""Whether a password is known to be breached: by the operator's file, and by a range service where one is set.

Of the service's answer nothing depends that a person needs: when it is away, slow or odd, the other rules decide, and
the operator is told. It learns five digits of a digest that thousands of passwords share, never a password.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from vestibule.connectors.outgoing import Outgoing, OutgoingError
from vestibule.domain.breached_file import BreachedFile, BreachedFileError
from vestibule.settings import ServerSettings, SettingError

RANGE_SECONDS = 2.0
PREFIX = 5
"""Hex digits of the SHA-1 that the service is sent."""

Warn = Callable[[str, str], None]
"""Told an event and its reason."""


def _nobody(event: str, reason: str) -> None:
    """Tell nobody."""


class BreachedPasswords:
    """The file that `VESTIBULE_BREACHED_FILE` names, and the service at `VESTIBULE_BREACHED_RANGE_URL`; without
    either, no password is known."""

    def __init__(
        self,
        file: BreachedFile | None = None,
        *,
        range_url: str = "",
        outgoing: Outgoing | None = None,
        warn: Warn = _nobody,
    ) -> None:
        self._file = file
        self._range_url = range_url
        self._outgoing = outgoing
        self._warn = warn

    @classmethod
    def of(cls, settings: ServerSettings, outgoing: Outgoing, warn: Warn = _nobody) -> "BreachedPasswords":
        """Open what the settings name; raises SettingError naming the one that is wrong."""
        url = settings.breached_range_url
        if url and not re.fullmatch(r"https?://[^/?#]+/([^?#]*/)?", url):
            raise SettingError(
                f"VESTIBULE_BREACHED_RANGE_URL: an address such as https://api.pwnedpasswords.com/range/ is expected, "
                f"not {url!r}"
            )
        try:
            file = BreachedFile(Path(settings.breached_file)) if settings.breached_file else None
        except BreachedFileError as error:
            raise SettingError(f"VESTIBULE_BREACHED_FILE: {error}") from error
        return cls(file, range_url=url, outgoing=outgoing, warn=warn)

    async def hold(self, password: str) -> bool:
        """Tell whether the password is known to be breached."""
        return await self._in_file(password) or await self._in_range(password)

    async def _in_file(self, password: str) -> bool:
        if self._file is None:
            return False
        try:
            return await asyncio.to_thread(self._file.holds, password)  # a cold disk must not hold up others
        except OSError as error:
            self._warn("breached_file_unreadable", str(error))
            return False

    async def _in_range(self, password: str) -> bool:
        if not self._range_url or self._outgoing is None:
            return False
        digest = hashlib.sha1(password.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest().upper()
        address, rest = self._range_url + digest[:PREFIX], digest[PREFIX:]
        try:
            # Padded, so that the length of the answer tells a listener nothing; padding has the count 0.
            answer = await self._outgoing.request(
                "GET", address, headers={"add-padding": "true"}, timeout=RANGE_SECONDS
            )
        except OutgoingError as error:
            self._warn("breached_range_unreachable", str(error))
            return False
        if answer.status != 200:
            self._warn("breached_range_unreachable", f"it answered {answer.status}")
            return False
        return any(_is(line, rest) for line in answer.body.split(b"\n"))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _is(line: bytes, rest: str) -> bool:
    suffix, _, count = line.strip().partition(b":")
    return suffix.upper() == rest.encode() and count != b"0"
