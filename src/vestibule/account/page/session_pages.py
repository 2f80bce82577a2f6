"""Pages of where the person is signed in, a list that marks the present session, and of where they are trusted; with
forms that sign out elsewhere, and that trust no longer."""

from collections import Counter
from datetime import UTC, datetime
from urllib.parse import quote

from babel.dates import format_date, format_time

from vestibule.account.page import protected
from vestibule.account.page.addresses import TRUSTED
from vestibule.account.page.api import JsonObject
from vestibule.account.page.changes import Values
from vestibule.account.page.security import Ask, Asked, Finish, SecurityPages
from vestibule.account.page.sessions import Open
from vestibule.account.page.site import told
from vestibule.http import PUBLIC, Request, Response, Route, redirect
from vestibule.ui.browser import language_of
from vestibule.ui.messages import Translate, translator

LIST, OTHERS = "/sessions", "/other-sessions/end"


class SessionPages(SecurityPages):
    """The handlers."""

    async def sessions(self, request: Request) -> Response:
        """GET /sessions: the list."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            language, present = language_of(request), session.sid
            t = translator(language)
            saved = dict(request.query_items).get("saved")
            held = (await self._api.call(session.access_token, "GET", LIST))["sessions"]
            items = [_described(one, present, language, t) for one in held]
            items = told_apart(sorted(items, key=lambda item: not item["present"]))
            return self._pages.show(
                request,
                session,
                "sessions.html",
                items=items,
                others=bool(present) and len(items) > 1,
                saved=told(t, f"saved.{saved}") if saved else "",
            )

        return await self._pages.signed_in(request, show)

    async def _one(self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate) -> Asked | None:
        wanted = values.get("of") or dict(request.query_items).get("id", "")
        held = (await self._api.call(session.access_token, "GET", LIST))["sessions"]
        found = next((one for one in held if one["id"] == wanted and wanted != session.sid), None)
        if found is None:
            return None
        return Asked("session.end", protected.end_session(wanted, _device(found, t), me, t))

    async def _end_one(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        await self._api.call(session.access_token, "DELETE", f"{LIST}/{values.get('of', '')}", proofs=proofs)
        return redirect(f"{LIST}?saved=session-ended")

    async def _others(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        return Asked("session.end", protected.end_other_sessions(me, t)) if session.sid else None

    async def _end_others(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        kept = {"keep": session.sid}
        await self._api.call(session.access_token, "POST", OTHERS, kept, proofs=proofs)
        return redirect(f"{LIST}?saved=sessions-ended")

    async def devices(self, request: Request) -> Response:
        """GET /trusted-devices: the list."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            language, saved = language_of(request), dict(request.query_items).get("saved")
            t = translator(language)
            held = (await self._api.call(session.access_token, "GET", TRUSTED))["devices"]
            items = told_apart([_trusted(one, language, t) for one in held])
            shown = told(t, f"saved.{saved}") if saved else ""
            return self._pages.show(request, session, "trusted_devices.html", items=items, saved=shown)

        return await self._pages.signed_in(request, show)

    async def _device(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        wanted = values.get("of") or dict(request.query_items).get("id", "")
        held = (await self._api.call(session.access_token, "GET", TRUSTED))["devices"]
        found = next((one for one in held if one["id"] == wanted), None)
        return Asked("device.forget", protected.forget_device(wanted, _device(found, t), me, t)) if found else None

    async def _forget(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        path = f"{TRUSTED}/{quote(values.get('of', ''), safe='')}"
        await self._api.call(session.access_token, "DELETE", path, proofs=proofs)
        return redirect(f"{TRUSTED}?saved=device-forgotten")

    async def _every_device(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        return Asked("device.forget", protected.forget_devices(me, t))

    async def _forget_all(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        await self._api.call(session.access_token, "DELETE", TRUSTED, proofs=proofs)
        return redirect(f"{TRUSTED}?saved=devices-forgotten")

    def routes(self) -> list[Route]:
        """Return every page."""
        table: list[tuple[str, str, Ask, Finish]] = [
            (f"{LIST}/end", "Sign out of a session", self._one, self._end_one),
            (f"{LIST}/end-others", "Sign out everywhere else", self._others, self._end_others),
            (f"{TRUSTED}/remove", "Trust a device no longer", self._device, self._forget),
            (f"{TRUSTED}/remove-all", "Trust no device any longer", self._every_device, self._forget_all),
        ]
        return [
            Route("GET", LIST, self.sessions, access=PUBLIC, summary="Sessions"),
            Route("GET", TRUSTED, self.devices, access=PUBLIC, summary="Trusted devices"),
            *self._forms(table),
        ]


def told_apart(items: list[JsonObject]) -> list[JsonObject]:
    """Return things of a list with a `name` that no other of them has: what they are, with a number where needed."""
    seen, kinds = Counter[str](), Counter(item["device"] for item in items)
    for item in items:
        seen[item["device"]] += 1
        item["name"] = f"{item['device']} ({seen[item['device']]})" if kinds[item["device"]] > 1 else item["device"]
    return items


def _device(one: JsonObject, t: Translate) -> str:
    browser, system = one["browser"], one["system"]
    if browser and system:
        return t("session.device", browser=browser, system=system)
    return browser or system or t("session.unknown")


def _day(at: float, language: str) -> str:
    return format_date(datetime.fromtimestamp(at / 1000, UTC), "medium", language)


def _moment(at: float, language: str, t: Translate) -> str:
    time = format_time(datetime.fromtimestamp(at / 1000, UTC), "short", locale=language)
    return t("session.moment", moment=f"{_day(at, language)}, {time}")


def _trusted(one: JsonObject, language: str, t: Translate) -> JsonObject:
    ends, trusted, used = (_day(one[name], language) for name in ("expiresAt", "trustedAt", "lastUsedAt"))
    lines = [t("trusted.until", day=ends), t("trusted.since", day=trusted), t("token.used", day=used)]
    return {"id": one["id"], "device": _device(one, t), "lines": lines}


def _described(one: JsonObject, present: str, language: str, t: Translate) -> JsonObject:
    used, since = (_moment(one[name], language, t) for name in ("lastUsedAt", "signedInAt"))
    lines = [t("session.from", address=one["ip"])] if one["ip"] else []
    lines += [t("session.used", moment=used), t("session.since", moment=since)]
    return {"id": one["id"], "device": _device(one, t), "present": one["id"] == present, "lines": lines}
