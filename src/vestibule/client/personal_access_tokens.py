"""Operations on the personal access tokens of a user (`/api/users/{userId}/personal-access-tokens`)."""

from vestibule.client.models import PersonalAccessToken
from vestibule.client.operation import Nothing, Operation, segment


def _path(user_id: str, *rest: str) -> str:
    return "/".join(["/api/users", segment(user_id), "personal-access-tokens", *rest])


def find(user_id: str) -> Operation[list[PersonalAccessToken]]:
    """List a user's tokens, expired ones included."""
    return Operation("GET", _path(user_id), list[PersonalAccessToken])


def create(user_id: str, name: str, *, expires_at: int | None = None) -> Operation[PersonalAccessToken]:
    """Create a token; `expires_at` is in epoch milliseconds, None for a token that never ends."""
    body = {"name": name, "expiresAt": expires_at}
    return Operation("POST", _path(user_id), PersonalAccessToken, body=body)


def rename(user_id: str, name: str, new_name: str) -> Operation[PersonalAccessToken]:
    """Give a token another name."""
    body = {"currentName": name, "name": new_name}
    return Operation("PATCH", _path(user_id), PersonalAccessToken, body=body)


def delete(user_id: str, name: str) -> Operation[Nothing]:
    """Delete a token; what it was exchanged for ends with it."""
    return Operation("POST", _path(user_id, "delete"), Nothing, body={"name": name})
