"""Tokens to act as a user (`/api/subject-tokens`)."""

from typing import Any

from vestibule.client.models import SubjectToken
from vestibule.client.operation import Operation


def create(user_id: str, context: dict[str, Any] | None = None) -> Operation[SubjectToken]:
    """Create a token that can be exchanged once, within minutes, for an access token of the user."""
    body = {"userId": user_id, "context": context or {}}
    return Operation("POST", "/api/subject-tokens", SubjectToken, body=body)
