"""Operations on the factors of a user (`…/mfa-verifications`) and what they chose about them (`…/logto-configs`)."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from vestibule.client.models import Factor, LogtoConfig, NewBackupCodes, NewTotp
from vestibule.client.operation import Nothing, Operation, given, segment


def _path(user_id: str, what: str = "mfa-verifications") -> str:
    return f"/api/users/{segment(user_id)}/{what}"


def find(user_id: str) -> Operation[list[Factor]]:
    """List a user's factors."""
    return Operation("GET", _path(user_id), list[Factor])


def create_totp(user_id: str, *, secret: str | UnsetType = UNSET) -> Operation[NewTotp]:
    """Add a TOTP generator, with a seed in base32 or a new one."""
    return Operation("POST", _path(user_id), NewTotp, body=given(type="Totp", secret=secret))


def create_backup_codes(user_id: str, *, codes: Sequence[str] | UnsetType = UNSET) -> Operation[NewBackupCodes]:
    """Add ten backup codes, given ones or new ones."""
    return Operation("POST", _path(user_id), NewBackupCodes, body=given(type="BackupCode", codes=codes))


def delete(user_id: str, verification_id: str) -> Operation[Nothing]:
    """Remove a factor."""
    return Operation("DELETE", f"{_path(user_id)}/{segment(verification_id)}", Nothing)


def choices(user_id: str) -> Operation[LogtoConfig]:
    """Get what a user chose about factors."""
    return Operation("GET", _path(user_id, "logto-configs"), LogtoConfig)


def update_choices(
    user_id: str,
    *,
    enabled: bool | UnsetType = UNSET,
    skipped: bool | UnsetType = UNSET,
    skip_mfa_on_sign_in: bool | UnsetType = UNSET,
    passkey_skipped: bool | UnsetType = UNSET,
) -> Operation[LogtoConfig]:
    """Change the given choices."""
    body = {
        "mfa": given(enabled=enabled, skipped=skipped, skip_mfa_on_sign_in=skip_mfa_on_sign_in),
        "passkeySignIn": given(skipped=passkey_skipped),
    }
    return Operation("PATCH", _path(user_id, "logto-configs"), LogtoConfig, body=body)
