"""Pages of accounts elsewhere: the list, the forms that connect and disconnect, and the way back from a provider."""

from urllib.parse import quote, urlencode

from vestibule.account.page import protected
from vestibule.account.page.addresses import CALLBACK, CONNECTED
from vestibule.account.page.api import JsonObject, Trouble
from vestibule.account.page.changes import Values
from vestibule.account.page.security import Ask, Asked, Finish, SecurityPages
from vestibule.account.page.sessions import Open
from vestibule.account.page.site import told
from vestibule.crypto import digest
from vestibule.http import PUBLIC, Request, Response, Route, redirect
from vestibule.ui.browser import language_of
from vestibule.ui.messages import Translate, translator

LIST = "/identities"

# What can be wrong when somebody comes back from a provider.
FAULTS = ("link-over", "provider-failed", "identity-taken", "already-connected", "unknown")


class ConnectedPages(SecurityPages):
    """The handlers."""

    async def connected(self, request: Request) -> Response:
        """GET /connected: the list."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            t, query = translator(language_of(request)), dict(request.query_items)
            held = await self._api.call(session.access_token, "GET", LIST)
            saved, fault = query.get("saved"), query.get("fault")
            return self._pages.show(
                request,
                session,
                "connected.html",
                held=held,
                saved=told(t, f"saved.{saved}") if saved else "",
                fault=told(t, f"problem.{fault}") if fault in FAULTS else "",
            )

        return await self._pages.signed_in(request, show)

    async def _provider(self, session: Open, part: str, target: str) -> JsonObject | None:
        held = (await self._api.call(session.access_token, "GET", LIST))[part]
        return next((one for one in held if one["target"] == target), None)

    async def _connecting(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        target = values.get("of") or dict(request.query_items).get("to", "")
        found = await self._provider(session, "available", target)
        return Asked("identity.link", protected.connect(found, me, t)) if found else None

    async def _connect(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        body = {"binding": _binding(session)}
        path = f"{LIST}/{quote(values.get('of', ''), safe='')}/start"
        begun = await self._api.call(session.access_token, "POST", path, body, proofs=proofs)
        return redirect(str(begun["redirectTo"]))

    async def back(self, request: Request) -> Response:
        """GET /callback/{target}: back from a provider; only what this session began is finished (B41)."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            body = {"binding": _binding(session), "connectorData": dict(request.query_items)}
            path = f"{LIST}/{quote(request.path_params['target'], safe='')}/finish"
            try:
                await self._api.call(session.access_token, "POST", path, body)
            except Trouble as trouble:
                if trouble.code not in FAULTS:
                    raise
                # Not shown here: links of a page carry its address on, and this one holds what the provider sent.
                return redirect(f"{CONNECTED}?fault={trouble.code}")
            return redirect(f"{CONNECTED}?saved=connected")

        return await self._pages.signed_in(request, show)

    async def posted_back(self, request: Request) -> Response:
        """POST /callback/{target}: providers that answer by a form are led to the same address with a query.

        A browser sends the cookie of a session along with that, and not with another site's form.
        """
        fields = {name: values[-1] for name, values in (await request.form_fields()).items()}
        target = quote(request.path_params["target"], safe="")
        return redirect(f"{CALLBACK}/{target}?{urlencode(fields)}")

    async def _disconnecting(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        target = values.get("of") or dict(request.query_items).get("of", "")
        found = await self._provider(session, "identities", target)
        return Asked("identity.unlink", protected.disconnect(found, me, t)) if found else None

    async def _disconnect(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        path = f"{LIST}/{quote(values.get('of', ''), safe='')}"
        await self._api.call(session.access_token, "DELETE", path, proofs=proofs)
        return redirect(f"{CONNECTED}?saved=disconnected")

    def routes(self) -> list[Route]:
        """Return every page."""
        table: list[tuple[str, str, Ask, Finish]] = [
            (f"{CONNECTED}/new", "Connect an account", self._connecting, self._connect),
            (f"{CONNECTED}/remove", "Disconnect an account", self._disconnecting, self._disconnect),
        ]
        return [
            Route("GET", CONNECTED, self.connected, access=PUBLIC, summary="Connected accounts"),
            Route("GET", f"{CALLBACK}/{{target}}", self.back, access=PUBLIC, summary="Back from a provider"),
            Route("POST", f"{CALLBACK}/{{target}}", self.posted_back, access=PUBLIC, summary="Back from a provider"),
            *self._forms(table),
        ]


def _binding(session: Open) -> str:
    """Return what only this browser's session can know: a callback in any other finishes nothing."""
    return digest(f"link {session.csrf}")
