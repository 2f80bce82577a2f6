"""Operations on a user's factors (`/api/users/{userId}/mfa-verifications`)."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from vestibule.client.models import Factor, NewBackupCodes, NewTotp
from vestibule.client.operation import Nothing, Operation, given, segment


def _path(user_id: str) -> str:
    return f"/api/users/{segment(user_id)}/mfa-verifications"


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
