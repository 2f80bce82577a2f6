"""Operations on a user's sessions (`/api/users/{userId}/sessions`)."""

from typing import Literal

from vestibule.client.models import UserSession, UserSessions
from vestibule.client.operation import Nothing, Operation, segment


def _path(user_id: str, *rest: str) -> str:
    return "/".join(["/api/users", segment(user_id), "sessions", *rest])


def find(user_id: str) -> Operation[UserSessions]:
    """List a user's live sessions."""
    return Operation("GET", _path(user_id), UserSessions)


def get(user_id: str, session_id: str) -> Operation[UserSession]:
    """Return a session by its `payload.uid`."""
    return Operation("GET", _path(user_id, segment(session_id)), UserSession)


def end(
    user_id: str, session_id: str, *, revoke_grants: Literal["all", "firstParty"] | None = None
) -> Operation[Nothing]:
    """End a session and what is bound to it; `revoke_grants` ends what was granted in it as well."""
    query = {} if revoke_grants is None else {"revokeGrantsTarget": revoke_grants}
    return Operation("DELETE", _path(user_id, segment(session_id)), Nothing, query=query)
