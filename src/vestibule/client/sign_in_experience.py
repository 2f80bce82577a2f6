"""Operations on the sign-in experience (`/api/sign-in-exp`), whose fields are in the contract's spelling."""

from typing import Any

from msgspec import UNSET, UnsetType

from vestibule.client.models import CaseConflicts, PasswordVerdict
from vestibule.client.operation import Operation, given

PATH = "/api/sign-in-exp"
Record = dict[str, Any]


def get() -> Operation[Record]:
    """Get the whole record."""
    return Operation("GET", PATH, Record)


def update(**fields: Any) -> Operation[Record]:
    """Replace the given fields, such as `signInMode="SignIn"`; returns the whole record."""
    return Operation("PATCH", PATH, Record, body=fields)


def check_password(password: str, user_id: str | UnsetType = UNSET) -> Operation[PasswordVerdict]:
    """Try a password against the policy; `user_id` is needed while the policy refuses the person's own names."""
    body = given(password=password, user_id=user_id)
    return Operation("POST", f"{PATH}/default/check-password", PasswordVerdict, body=body, also=400)


def case_conflicts(limit: int = 20) -> Operation[CaseConflicts]:
    """List user names that differ only by case."""
    path = f"{PATH}/username-policy/case-sensitivity-conflicts"
    return Operation("GET", path, CaseConflicts, {"limit": str(limit)})


def public() -> Operation[Record]:
    """Get what everybody may see of the record."""
    return Operation("GET", "/api/.well-known/sign-in-exp", Record)


def phrases(language: str) -> Operation[dict[str, Any]]:
    """Get the words of the hosted pages in a language."""
    return Operation("GET", "/api/.well-known/phrases", dict[str, Any], {"lng": language})
