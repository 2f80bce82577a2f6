"""`/api/users/{userId}/sessions`: a user's sessions at the authorization server, listed and ended."""

from typing import Literal

from msgspec import UNSET, Struct

from vestibule.domain import sessions
from vestibule.domain.authorization import OFFLINE_ACCESS
from vestibule.domain.context import Context
from vestibule.domain.sessions import GrantsTarget, UserSession
from vestibule.errors import SessionOfAnotherUser, UserSessionNotFound
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Maybe


class AuthorizationOut(Struct, rename="camel"):
    """What an application was granted in the session; `persistsLogout` when its tokens live on without it."""

    sid: str
    grant_id: str
    persists_logout: Maybe[bool] = UNSET


class SessionPayload(Struct, rename="camel"):
    """The session; times in epoch seconds. `jti` changes at each sign-in, `uid` is the id in paths."""

    exp: int
    iat: int
    jti: str
    uid: str
    kind: Literal["Session"]
    login_ts: int
    account_id: str
    authorizations: dict[str, AuthorizationOut]


class SubmissionOut(Struct, rename="camel"):
    """The sign-in; `signInContext` says where the session was last used: `ip` and `userAgent`, as far as known."""

    interaction_event: Literal["SignIn"]
    user_id: str
    verification_records: list[dict[str, object]]
    sign_in_context: dict[str, str]


class SessionOut(Struct, rename="camel"):
    """A session as the API shows it; `clientId` is the application of the newest grant, `expiresAt` in epoch ms.

    `lastActiveAt` (epoch ms, right to the minute) is our own addition.
    """

    payload: SessionPayload
    last_submission: SubmissionOut
    client_id: str | None
    account_id: str | None
    expires_at: int
    last_active_at: int


class SessionsOut(Struct):
    """A user's sessions."""

    sessions: list[SessionOut]


class SessionEnd(Struct, rename="camel"):
    """Whose grants end with the session: none, all, or those of first-party applications."""

    revoke_grants_target: Maybe[GrantsTarget] = UNSET


def _out(found: UserSession) -> SessionOut:
    session, newest = found.session, found.grants[0].application_id if found.grants else None
    payload = SessionPayload(
        exp=session.expires_at // 1000,
        iat=session.created_at // 1000,
        jti=session.id,
        uid=session.uid,
        kind="Session",
        login_ts=session.signed_in_at // 1000,
        account_id=session.user_id,
        authorizations={
            grant.application_id: AuthorizationOut(
                session.uid, grant.id, True if OFFLINE_ACCESS in grant.scope.split() else UNSET
            )
            for grant in reversed(found.grants)
        },
    )
    known = {"ip": session.ip, "userAgent": session.user_agent}
    context = {name: value for name, value in known.items() if value is not None}
    submission = SubmissionOut("SignIn", session.user_id, [], context)
    return SessionOut(payload, submission, newest, session.user_id, session.expires_at, session.seen_at)


class Sessions:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/sessions."""
        found = await sessions.of_user(self._ctx, request.path_params["userId"])
        return json_response(SessionsOut([_out(one) for one in found]))

    async def show(self, request: Request) -> Response:
        """GET …/sessions/{sessionId}."""
        found = await sessions.get_of_user(self._ctx, request.path_params["userId"], request.path_params["sessionId"])
        return json_response(_out(found))

    async def end(self, request: Request) -> Response:
        """DELETE …/sessions/{sessionId}."""
        target = request.query(SessionEnd).revoke_grants_target
        user_id, uid = request.path_params["userId"], request.path_params["sessionId"]
        await sessions.end_of_user(self._ctx, user_id, uid, None if target is UNSET else target)
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over sessions."""
    api, base, tags = Sessions(ctx), "/api/users/{userId}/sessions", ("Users",)
    one, missing = f"{base}/{{sessionId}}", (UserSessionNotFound,)
    return [
        Route("GET", base, api.find, access=access, summary="List a user's sessions",
              responses={200: SessionsOut}, tags=tags),
        Route("GET", one, api.show, access=access, summary="Get a session",
              responses={200: SessionOut}, errors=missing, tags=tags),
        Route("DELETE", one, api.end, access=access, summary="End a session",
              query=SessionEnd, responses={204: None}, errors=(*missing, SessionOfAnotherUser), tags=tags),
    ]  # fmt: skip
