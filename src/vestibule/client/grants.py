"""Operations on what a user has granted to applications (`/api/users/{userId}/grants`)."""

from typing import Literal

from vestibule.client.models import UserGrants
from vestibule.client.operation import Nothing, Operation, segment


def _path(user_id: str, *rest: str) -> str:
    return "/".join(["/api/users", segment(user_id), "grants", *rest])


def find(user_id: str, *, app_type: Literal["firstParty", "thirdParty"] | None = None) -> Operation[UserGrants]:
    """List a user's live grants, of one kind of application or of both."""
    return Operation("GET", _path(user_id), UserGrants, query={} if app_type is None else {"appType": app_type})


def revoke(user_id: str, grant_id: str) -> Operation[Nothing]:
    """Revoke a grant; its tokens end with it."""
    return Operation("DELETE", _path(user_id, segment(grant_id)), Nothing)
