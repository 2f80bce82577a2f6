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


def _kept(session: str | UnsetType) -> dict[str, str]:
    """Name the session that made a change: at Vestibule all others of the user end, elsewhere none does."""
    return {} if session is UNSET else {"keepSession": session}


def create_totp(
    user_id: str, *, secret: str | UnsetType = UNSET, keep_session: str | UnsetType = UNSET
) -> Operation[NewTotp]:
    """Add a TOTP generator, with a seed in base32 or a new one; of the user's sessions only `keep_session` goes on."""
    body, query = given(type="Totp", secret=secret), _kept(keep_session)
    return Operation("POST", _path(user_id), NewTotp, body=body, query=query)


def create_backup_codes(
    user_id: str, *, codes: Sequence[str] | UnsetType = UNSET, keep_session: str | UnsetType = UNSET
) -> Operation[NewBackupCodes]:
    """Add ten backup codes, given ones or new ones; of the user's sessions only `keep_session` goes on."""
    body, query = given(type="BackupCode", codes=codes), _kept(keep_session)
    return Operation("POST", _path(user_id), NewBackupCodes, body=body, query=query)


def delete(user_id: str, verification_id: str, *, keep_session: str | UnsetType = UNSET) -> Operation[Nothing]:
    """Remove a factor; of the user's sessions only `keep_session` goes on."""
    path = f"{_path(user_id)}/{segment(verification_id)}"
    return Operation("DELETE", path, Nothing, query=_kept(keep_session))


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
