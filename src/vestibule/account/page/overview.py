"""What the overview says about factors and access tokens."""

import asyncio
from dataclasses import dataclass

from vestibule.account.page.api import JsonObject, SettingsApi

TOTP, BACKUP_CODES = "Totp", "BackupCode"


@dataclass(frozen=True)
class Safety:
    """Whether an authenticator app is set up, how many backup codes are left (None: none made), and all tokens."""

    authenticator: JsonObject | None
    backup_codes: JsonObject | None
    tokens: list[JsonObject]

    @property
    def codes_left(self) -> int | None:
        """Backup codes that were not used."""
        return None if self.backup_codes is None else self.backup_codes["remainingCodes"]


async def overview(api: SettingsApi, token: str) -> Safety:
    """Ask the settings API for both at once."""
    held, tokens = await asyncio.gather(api.call(token, "GET", "/factors"), api.call(token, "GET", "/tokens"))
    factors = {factor["type"]: factor for factor in held["factors"]}
    return Safety(factors.get(TOTP), factors.get(BACKUP_CODES), tokens["tokens"])
