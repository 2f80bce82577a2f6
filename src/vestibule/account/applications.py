"""`/api/me/applications`: what the person lets applications do, and signing out of one of them."""

from vestibule.account import problems
from vestibule.account.access import caller_of
from vestibule.account.context import Context
from vestibule.account.declaring import Row, declared
from vestibule.account.me import presented
from vestibule.account.proven import GONE, ended
from vestibule.account.tokens import TokenChecker
from vestibule.account.wire import applications as wire
from vestibule.client import NotFound, Refused, grants, resources
from vestibule.client.models import User, UserGrant
from vestibule.http import Request, Response, Route, empty, json_response

USUAL_SECONDS = 3600
"""How long an access token lives where the server does not say (contract section 5.5)."""
OVER = {**GONE, "invalid_grant": problems.Unknown()}


class OwnApplications:
    """The handlers, over one context."""

    def __init__(self, ctx: Context, checker: TokenChecker) -> None:
        self._ctx = ctx
        self._checker = checker

    async def _granted(self, user: User) -> dict[str, list[UserGrant]]:
        """Return the live grants of each application: one for every browser that it was opened in."""
        found: dict[str, list[UserGrant]] = {}
        for one in (await self._ctx.send(grants.find(user.id))).grants:
            found.setdefault(one.application.id, []).append(one)
        return found

    async def _lifetimes(self) -> dict[str, float]:
        """Return for how many seconds an access token for each resource is good, as far as the server tells."""
        lives, number = dict[str, float](), 1
        listing = resources.find()
        try:
            while found := await self._ctx.send(listing.at(number)):
                lives |= {one.indicator: one.access_token_ttl for one in found}
                if len(found) < listing.size:
                    break
                number += 1
        except (NotFound, Refused) as error:
            self._ctx.log.warning("resources_not_read", reason=str(error))
        return lives

    async def find(self, request: Request) -> Response:
        """GET /api/me/applications."""
        caller = caller_of(request)
        held = await self._granted(await self._ctx.user(caller.user_id))
        lives = (
            await self._lifetimes() if any(one.payload.resources for given in held.values() for one in given) else {}
        )
        views = [
            wire.ApplicationView.of(given, is_present=name == caller.client_id, lives=lives, usual=USUAL_SECONDS)
            for name, given in held.items()
        ]
        views.sort(key=lambda view: view.granted_at, reverse=True)
        return json_response(wire.ApplicationList(views))

    async def end(self, request: Request) -> Response:
        """DELETE /api/me/applications/{application_id}: every grant of it; one that has ended meanwhile is as good."""
        user = await self._ctx.user(caller_of(request).user_id)
        given = (await self._granted(user)).get(request.path_params["application_id"])
        if given is None:
            raise problems.Unknown
        ends = (grants.revoke(user.id, one.id) for one in given)
        await ended(self._ctx, user, "application.end", presented(request), ends, OVER)
        return empty(204)

    def routes(self) -> list[Route]:
        """Return every route."""
        rows = [
            Row("GET", "/applications", self.find, "application.read", "List what applications may do", None, 200,
                wire.ApplicationList),
            Row("DELETE", "/applications/{application_id}", self.end, "application.end", "Sign out of an application",
                None, 204, None, (problems.Unknown,)),
        ]  # fmt: skip
        return declared(self._checker, "Applications", rows)
