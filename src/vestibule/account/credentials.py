"""The account server's own applications: set by the environment, or written once by `vestibule account init`."""

from dataclasses import replace
from pathlib import Path

import msgspec

from vestibule.settings import AccountSettings, SettingError


class Credentials(msgspec.Struct):
    """The file that `vestibule account init` writes (mode 0600)."""

    client_id: str
    client_secret: str
    page_client_id: str
    page_client_secret: str


def with_credentials(settings: AccountSettings) -> AccountSettings:
    """Fill in what the environment leaves open from the credentials file; raises SettingError when it cannot."""
    if settings.client_id and settings.page_client_id:
        return settings
    path = Path(settings.credentials_file)
    try:
        held = msgspec.json.decode(path.read_bytes(), type=Credentials)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingError(
            f"the account server has no application yet: run `vestibule account init`, which writes {path}, "
            "or set VESTIBULE_ACCOUNT_CLIENT_ID and its three companions"
        ) from error
    return replace(settings, **msgspec.structs.asdict(held))


def save(settings: AccountSettings, credentials: Credentials) -> Path:
    """Write the credentials file, readable by its owner only."""
    path = Path(settings.credentials_file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(credentials))
    return path
