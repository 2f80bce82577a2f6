"""What the overview says about factors, tokens, sessions, trusted devices, applications and accounts elsewhere."""

import asyncio
from dataclasses import dataclass

from vestibule.account.page.api import JsonObject, SettingsApi

TOTP, BACKUP_CODES, PASSKEY = "Totp", "BackupCode", "WebAuthn"
LISTS = ("/factors", "/tokens", "/sessions", "/trusted-devices", "/applications", "/identities")


@dataclass(frozen=True)
class Safety:
    """Whether an authenticator app is set up, how many backup codes are left (None: none made), and the other lists."""

    authenticator: JsonObject | None
    backup_codes: JsonObject | None
    passkeys: list[JsonObject]
    tokens: list[JsonObject]
    sessions: list[JsonObject]
    devices: list[JsonObject]
    applications: list[JsonObject]
    elsewhere: JsonObject

    @property
    def has_factor(self) -> bool:
        """Whether there is a factor that backup codes stand in for."""
        return self.authenticator is not None or bool(self.passkeys)

    @property
    def connected(self) -> list[str]:
        """The providers and companies where the person has an account that is connected."""
        return [one["provider"] for one in (*self.elsewhere["identities"], *self.elsewhere["enterprise"])]

    @property
    def codes_left(self) -> int | None:
        """Backup codes that were not used."""
        return None if self.backup_codes is None else self.backup_codes["remainingCodes"]


async def overview(api: SettingsApi, token: str) -> Safety:
    """Ask the settings API for all of it at once."""
    asked = (api.call(token, "GET", path) for path in LISTS)
    held, tokens, sessions, trusted, opened, elsewhere = await asyncio.gather(*asked)
    factors = {factor["type"]: factor for factor in held["factors"]}
    passkeys = [factor for factor in held["factors"] if factor["type"] == PASSKEY]
    return Safety(
        factors.get(TOTP),
        factors.get(BACKUP_CODES),
        passkeys,
        tokens["tokens"],
        sessions["sessions"],
        trusted["devices"],
        [one for one in opened["applications"] if not one["present"]],
        elsewhere,
    )
