"""Operations on users (`/api/users`)."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from vestibule.client.models import HasPassword, Profile, User
from vestibule.client.operation import Nothing, Operation, Page, given, segment

Text = str | None | UnsetType


def _path(user_id: str, *rest: str) -> str:
    return "/".join(["/api/users", segment(user_id), *rest])


def get(user_id: str) -> Operation[User]:
    """Get one user."""
    return Operation("GET", _path(user_id), User)


def find(**search: str | Sequence[str]) -> Page[User]:
    """List users; keyword arguments are the contract's query members (`search`, `mode`, …).

    `search__name` is sent as `search.name`; a list is sent as a repeated member.
    """
    query = {name.replace("__", "."): value for name, value in search.items()}
    return Page(Operation("GET", "/api/users", list[User], query))


def create(
    *,
    username: str | UnsetType = UNSET,
    primary_email: str | UnsetType = UNSET,
    primary_phone: str | UnsetType = UNSET,
    password: str | UnsetType = UNSET,
    password_digest: str | UnsetType = UNSET,
    password_algorithm: str | UnsetType = UNSET,
    name: str | UnsetType = UNSET,
    avatar: Text = UNSET,
    custom_data: dict[str, Any] | UnsetType = UNSET,
    profile: dict[str, Any] | UnsetType = UNSET,
) -> Operation[User]:
    """Create a user; every member is optional."""
    return Operation("POST", "/api/users", User, body=given(**locals()))


def update(
    user_id: str,
    *,
    username: Text = UNSET,
    primary_email: Text = UNSET,
    primary_phone: Text = UNSET,
    name: Text = UNSET,
    avatar: Text = UNSET,
    custom_data: dict[str, Any] | UnsetType = UNSET,
    profile: dict[str, Any] | UnsetType = UNSET,
) -> Operation[User]:
    """Change the given members; None clears one; `custom_data` and `profile` are replaced whole."""
    members = given(
        username=username,
        primary_email=primary_email,
        primary_phone=primary_phone,
        name=name,
        avatar=avatar,
        custom_data=custom_data,
        profile=profile,
    )
    return Operation("PATCH", _path(user_id), User, body=members)


def update_profile(user_id: str, profile: dict[str, Any]) -> Operation[Profile]:
    """Merge profile members."""
    return Operation("PATCH", _path(user_id, "profile"), Profile, body={"profile": profile})


def custom_data(user_id: str) -> Operation[dict[str, Any]]:
    """Get the custom data."""
    return Operation("GET", _path(user_id, "custom-data"), dict[str, Any])


def update_custom_data(user_id: str, values: dict[str, Any]) -> Operation[dict[str, Any]]:
    """Merge custom data at the top level."""
    return Operation("PATCH", _path(user_id, "custom-data"), dict[str, Any], body={"customData": values})


def suspend(user_id: str, suspended: bool = True) -> Operation[User]:
    """Suspend a user, or let the user in again."""
    return Operation("PATCH", _path(user_id, "is-suspended"), User, body={"isSuspended": suspended})


def delete(user_id: str) -> Operation[Nothing]:
    """Delete a user."""
    return Operation("DELETE", _path(user_id), Nothing)


def verify_password(user_id: str, password: str) -> Operation[Nothing]:
    """Check a password; raises Refused with `session.invalid_credentials` when it is wrong."""
    return Operation("POST", _path(user_id, "password", "verify"), Nothing, body={"password": password})


def set_password(user_id: str, password: str) -> Operation[User]:
    """Set a password."""
    return Operation("PATCH", _path(user_id, "password"), User, body={"password": password})


def expire_password(user_id: str, expired: bool = True) -> Operation[User]:
    """Mark the password as expired, or lift it; needs `passwordExpiration` at the sign-in experience."""
    return Operation("PATCH", _path(user_id, "password", "expiration"), User, body={"isExpired": expired})


def has_password(user_id: str) -> Operation[HasPassword]:
    """Tell whether the user has a password."""
    return Operation("GET", _path(user_id, "has-password"), HasPassword)
