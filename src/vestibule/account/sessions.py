"""`/api/me/sessions`: where the person is signed in, and signing out there; what ends when a factor changes."""

from msgspec import UNSET, UnsetType

from vestibule.account import problems, store
from vestibule.account.access import caller_of
from vestibule.account.context import Context
from vestibule.account.declaring import Row, declared
from vestibule.account.me import presented
from vestibule.account.proven import GONE, ended
from vestibule.account.tokens import TokenChecker
from vestibule.account.wire import sessions as wire
from vestibule.client import NotFound, Refused, sessions
from vestibule.client.models import User
from vestibule.http import Request, Response, Route, empty, json_response

OVER = {**GONE, "session_not_found": problems.Unknown()}


async def end_elsewhere(ctx: Context, user_id: str, kept: str | UnsetType = UNSET) -> None:
    """End the sessions of the page and those at the identity server, but what belongs to the one that is kept (B40).

    Vestibule's has ended them with the change itself. Another may not: it is asked to, and where it does not listen the
    change stays, and the operator is told.
    """
    async with ctx.db.write() as tx:
        await tx.run(store.END_SESSIONS, owner=user_id, kept=None if kept is UNSET else kept)
    try:
        for one in (await ctx.send(sessions.find(user_id))).sessions:
            if one.payload.uid != kept:
                await ctx.send(sessions.end(user_id, one.payload.uid))
    except (problems.Problem, NotFound, Refused) as error:
        ctx.log.warning("sessions_not_ended", reason=str(error) or type(error).__name__)


class OwnSessions:
    """The handlers, over one context."""

    def __init__(self, ctx: Context, checker: TokenChecker) -> None:
        self._ctx = ctx
        self._checker = checker

    async def _listed(self, user: User) -> list[wire.SessionView]:
        held = (await self._ctx.send(sessions.find(user.id))).sessions
        return sorted(map(wire.SessionView.of, held), key=lambda one: one.last_used_at, reverse=True)

    async def find(self, request: Request) -> Response:
        """GET /api/me/sessions."""
        user = await self._ctx.user(caller_of(request).user_id)
        return json_response(wire.SessionList(await self._listed(user)))

    async def end(self, request: Request) -> Response:
        """DELETE /api/me/sessions/{session_id}."""
        user = await self._ctx.user(caller_of(request).user_id)
        wanted = request.path_params["session_id"]
        # Of the caller's own alone, whatever the identity server would end.
        if wanted not in {one.id for one in await self._listed(user)}:
            raise problems.Unknown
        await self._end(request, user, [wanted])
        return empty(204)

    async def end_others(self, request: Request) -> Response:
        """POST /api/me/other-sessions/end: all but the one to keep, which is the caller's to name."""
        kept = (await request.json(wire.SessionKept)).keep
        user = await self._ctx.user(caller_of(request).user_id)
        listed = {one.id for one in await self._listed(user)}
        if kept not in listed:
            raise problems.InvalidFields({"keep": "This is none of your sessions. Say which one goes on."})
        await self._end(request, user, sorted(listed - {kept}))
        return empty(204)

    async def _end(self, request: Request, user: User, ids: list[str]) -> None:
        """End sessions with all that applications got in them; one that has ended meanwhile is as good."""
        ends = (sessions.end(user.id, session_id, revoke_grants="all") for session_id in ids)
        await ended(self._ctx, user, "session.end", presented(request), ends, OVER)

    def routes(self) -> list[Route]:
        """Return every route."""
        rows = [
            Row("GET", "/sessions", self.find, "session.read", "List where the caller is signed in", None, 200,
                wire.SessionList),
            Row("DELETE", "/sessions/{session_id}", self.end, "session.end", "Sign out of one session", None, 204, None,
                (problems.Unknown,)),
            Row("POST", "/other-sessions/end", self.end_others, "session.end", "Sign out of all other sessions",
                wire.SessionKept, 204, None),
        ]  # fmt: skip
        return declared(self._checker, "Sessions", rows)
