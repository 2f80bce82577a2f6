"""Pages of what applications may do: the list, and the form that signs out of one."""

from datetime import UTC, datetime
from urllib.parse import quote

from babel.dates import format_date, format_timedelta

from vestibule.account.page import protected
from vestibule.account.page.addresses import APPLICATIONS
from vestibule.account.page.api import JsonObject
from vestibule.account.page.changes import Values
from vestibule.account.page.security import Ask, Asked, Finish, SecurityPages
from vestibule.account.page.sessions import Open
from vestibule.account.page.site import told
from vestibule.http import PUBLIC, Request, Response, Route, redirect
from vestibule.ui.browser import language_of
from vestibule.ui.messages import Translate, translator

UNITS_SECONDS = (86_400, 3600, 60, 1)
"""A time is said in the largest of these of which there is a whole one."""


class ApplicationPages(SecurityPages):
    """The handlers. The page itself is an application, too: the button that signs out is for that one."""

    async def _held(self, session: Open) -> list[JsonObject]:
        held = (await self._api.call(session.access_token, "GET", APPLICATIONS))["applications"]
        return [one for one in held if not one["present"]]

    async def applications(self, request: Request) -> Response:
        """GET /applications: the list."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            language, saved = language_of(request), dict(request.query_items).get("saved")
            t = translator(language)
            items = [_described(one, language, t) for one in await self._held(session)]
            shown = told(t, f"saved.{saved}") if saved else ""
            return self._pages.show(request, session, "applications.html", items=items, saved=shown)

        return await self._pages.signed_in(request, show)

    async def _one(self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate) -> Asked | None:
        wanted = values.get("of") or dict(request.query_items).get("id", "")
        found = next((one for one in await self._held(session) if one["id"] == wanted), None)
        if found is None:
            return None
        lasts = _at_most(found["outlastsSeconds"], language_of(request))
        return Asked("application.end", protected.end_application(found, lasts, me, t))

    async def _end(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        path = f"{APPLICATIONS}/{quote(values.get('of', ''), safe='')}"
        await self._api.call(session.access_token, "DELETE", path, proofs=proofs)
        return redirect(f"{APPLICATIONS}?saved=application-ended")

    def routes(self) -> list[Route]:
        """Return every page."""
        table: list[tuple[str, str, Ask, Finish]] = [
            (f"{APPLICATIONS}/end", "Sign out of an application", self._one, self._end),
        ]
        return [
            Route("GET", APPLICATIONS, self.applications, access=PUBLIC, summary="Applications"),
            *self._forms(table),
        ]


def _at_most(seconds: int, language: str) -> str:
    """Return a time in words, rounded up; an empty text for none."""
    unit = next((one for one in UNITS_SECONDS if seconds >= one), 0)
    return format_timedelta(-(-seconds // unit) * unit, locale=language, threshold=1) if unit else ""


def _described(one: JsonObject, language: str, t: Translate) -> JsonObject:
    day = format_date(datetime.fromtimestamp(one["grantedAt"] / 1000, UTC), "medium", language)
    known = [told(t, f"scope.{scope.rpartition(':')[2]}") for scope in one["scopes"]]
    may = t("application.may", what=", ".join(words for words in known if words)) if any(known) else ""
    return {"id": one["id"], "name": one["name"], "opened": t("application.opened", day=day), "may": may}
