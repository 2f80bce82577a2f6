"""Pages of access tokens, factors and deletion: lists, forms, and values that are shown once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from babel.dates import format_date

from vestibule.account.devices import device
from vestibule.account.page import addresses, edits, protected
from vestibule.account.page.api import JsonObject, SettingsApi, Trouble
from vestibule.account.page.changes import Values, confirm, with_trouble
from vestibule.account.page.forms import Form
from vestibule.account.page.overview import overview
from vestibule.account.page.proving import Prover
from vestibule.account.page.sessions import Open, Sessions
from vestibule.account.page.site import AccountPages, posted, told
from vestibule.clock import Clock
from vestibule.http import PUBLIC, Handler, Request, Response, Route, redirect
from vestibule.ui.browser import language_of
from vestibule.ui.messages import Translate, translator

TOKENS, FACTORS, DELETED = "/tokens", "/factors", "/deleted"


class Asked(NamedTuple):
    """The form of a page, and the action that its proofs are for."""

    action: str
    form: Form


# Asks, by what the request names; None where there is nothing to change.
Ask = Callable[[Request, Open, JsonObject, Values, Translate], Awaitable[Asked | None]]
# Makes the change with its proofs, and answers.
Finish = Callable[[Request, Open, Values, list[str]], Awaitable[Response]]


class SecurityPages:
    """The handlers, in the frame of the account page."""

    def __init__(self, pages: AccountPages, sessions: Sessions, api: SettingsApi, clock: Clock) -> None:
        self._pages = pages
        self._sessions = sessions
        self._api = api
        self._clock = clock

    async def tokens(self, request: Request) -> Response:
        """GET /tokens: the list."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            language = language_of(request)
            t = translator(language)
            saved = dict(request.query_items).get("saved")
            held = await self._api.call(session.access_token, "GET", TOKENS)
            items = [self._described(token, language, t) for token in held["tokens"]]
            return self._pages.show(
                request, session, "tokens.html", items=items, saved=told(t, f"saved.{saved}") if saved else ""
            )

        return await self._pages.signed_in(request, show)

    def _described(self, token: JsonObject, language: str, t: Translate) -> JsonObject:
        def day(moment: float) -> str:
            return format_date(datetime.fromtimestamp(moment / 1000, UTC), "medium", language)

        ends = token["expiresAt"]
        over = ends is not None and ends <= self._clock.now()
        lines = [t("token.made", day=day(token["createdAt"]))]
        if token["lastUsedAt"] is not None:
            lines.append(t("token.used", day=day(token["lastUsedAt"])))
        return {
            "name": token["name"],
            "over": over,
            "lines": [*lines, t("token.until", day=day(ends)) if ends is not None else t("token.for_ever")],
        }

    async def _new_token(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        return Asked("token.create", protected.new_token(me, t))

    async def _create_token(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        days = values.get("days", "")
        ends = self._clock.now() + int(days) * protected.DAY_MS if days in map(str, protected.LIFETIMES) else None
        body = {"name": values.get("name", "").strip(), "expiresAt": ends}
        made = await self._api.call(session.access_token, "POST", TOKENS, body, proofs=proofs)
        return self._once(request, session, "token", [str(made["value"])], TOKENS)

    async def _named(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        name = values.get("of") or dict(request.query_items).get("name", "")
        held = await self._api.call(session.access_token, "GET", TOKENS)
        if name not in {token["name"] for token in held["tokens"]}:
            return None
        if request.path.endswith("/rename"):
            return Asked("token.rename", protected.rename_token(name, me, t))
        return Asked("token.delete", protected.delete_token(name, me, t))

    async def _rename_token(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        body = {"name": values.get("name", "").strip()}
        await self._api.call(session.access_token, "PATCH", _token(values), body, proofs=proofs)
        return redirect(f"{TOKENS}?saved=token-renamed")

    async def _delete_token(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        await self._api.call(session.access_token, "DELETE", _token(values), proofs=proofs)
        return redirect(f"{TOKENS}?saved=token-deleted")

    async def _authenticator(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        safety = await overview(self._api, session.access_token)
        if safety.authenticator is not None:
            return Asked("factor.remove", protected.remove_authenticator(safety.authenticator, me, t))
        asked = {"secret": values["secret"]} if values.get("secret") else {}
        seed = await self._api.call(session.access_token, "POST", f"{FACTORS}/totp/secret", asked)
        return Asked("factor.add", protected.authenticator(seed, me, t))

    async def _change_authenticator(
        self, request: Request, session: Open, values: Values, proofs: list[str]
    ) -> Response:
        if "of" in values:
            return await self._remove(session, values, proofs, f"{addresses.HOME}?saved=authenticator-removed")
        body = {"secret": values.get("secret", ""), "code": values.get("code", "")}
        path = f"{FACTORS}/totp{session.keeping}"
        await self._api.call(session.access_token, "POST", path, body, proofs=proofs)
        return await self._renewed(session, f"{addresses.HOME}?saved=authenticator")

    async def _backup_codes(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        safety = await overview(self._api, session.access_token)
        if safety.backup_codes is not None:
            return Asked("factor.remove", protected.remove_backup_codes(safety.backup_codes, me, t))
        return Asked("factor.add", protected.backup_codes(me, t)) if safety.has_factor else None

    async def _change_backup_codes(
        self, request: Request, session: Open, values: Values, proofs: list[str]
    ) -> Response:
        if "of" in values:
            return await self._remove(session, values, proofs, f"{addresses.HOME}?saved=backup-removed")
        path = f"{FACTORS}/backup-codes{session.keeping}"
        made = await self._api.call(session.access_token, "POST", path, proofs=proofs)
        again = await self._sessions.restart(session, is_kept=bool(session.keeping))
        answer = self._once(request, again, "backup", made["codes"], addresses.HOME)
        self._sessions.hand_over(again, answer)
        return answer

    async def _remove(self, session: Open, values: Values, proofs: list[str], path: str) -> Response:
        factor = f"{FACTORS}/{quote(values.get('of', ''), safe='')}{session.keeping}"
        await self._api.call(session.access_token, "DELETE", factor, proofs=proofs)
        return await self._renewed(session, path)

    async def _renewed(self, session: Open, path: str) -> Response:
        """Lead on under a new id: with a factor every session of the page has ended, this one's old id too (B40)."""
        answer = redirect(path)
        self._sessions.hand_over(await self._sessions.restart(session, is_kept=bool(session.keeping)), answer)
        return answer

    async def passkeys(self, request: Request) -> Response:
        """GET /passkeys: the list."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            language = language_of(request)
            t, saved = translator(language), dict(request.query_items).get("saved")
            held = (await overview(self._api, session.access_token)).passkeys
            items = [{"id": one["id"], "name": _called(one, t), "lines": _days(one, language, t)} for one in held]
            return self._pages.show(
                request, session, "passkeys.html", items=items, saved=told(t, f"saved.{saved}") if saved else ""
            )

        return await self._pages.signed_in(request, show)

    async def _passkey(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        wanted = values.get("of") or dict(request.query_items).get("id", "")
        for one in (await overview(self._api, session.access_token)).passkeys:
            if one["id"] != wanted:
                continue
            if request.path.endswith("/rename"):
                return Asked("factor.rename", protected.rename_passkey(wanted, _own_name(one), me, t))
            return Asked("factor.remove", protected.remove_passkey(wanted, _called(one, t), me, t))
        return None

    async def _rename_passkey(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        path, body = f"{FACTORS}/{quote(values.get('of', ''), safe='')}", {"name": values.get("name", "").strip()}
        await self._api.call(session.access_token, "PATCH", path, body, proofs=proofs)
        return redirect(f"{addresses.PASSKEYS}?saved=passkey-renamed")

    async def _remove_passkey(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        return await self._remove(session, values, proofs, f"{addresses.PASSKEYS}?saved=passkey-removed")

    async def _leaving(
        self, request: Request, session: Open, me: JsonObject, values: Values, t: Translate
    ) -> Asked | None:
        return Asked("account.delete", protected.delete_account(me, t))

    async def _leave(self, request: Request, session: Open, values: Values, proofs: list[str]) -> Response:
        await self._api.call(session.access_token, "DELETE", "", proofs=proofs)
        await self._sessions.end(session)
        gone = redirect(DELETED)
        self._sessions.forget(gone)
        return gone

    async def deleted(self, request: Request) -> Response:
        """GET /deleted."""
        return self._pages.plain(request, "deleted", 200, addresses.LOGIN)

    def _once(self, request: Request, session: Open, kind: str, values: list[str], back: str) -> Response:
        return self._pages.show(request, session, "once.html", kind=kind, values=values, back=back)

    def _shows(self, ask: Ask) -> Handler:
        """Return the handler that shows a form."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            asked = await ask(request, session, me, {}, translator(language_of(request)))
            return self._pages.show_form(request, session, asked.form) if asked else self._pages.missing(request)

        async def shows(request: Request) -> Response:
            return await self._pages.signed_in(request, show)

        return shows

    def _changes(self, ask: Ask, finish: Finish) -> Handler:
        """Return the handler that confirms, makes the change, or shows the form again with what is wrong."""

        async def change(request: Request, session: Open, me: JsonObject) -> Response:
            t, values = translator(language_of(request)), await posted(request, session)
            asked = await ask(request, session, me, values, t)
            if asked is None:
                return self._pages.missing(request)
            prover = Prover(self._api, session.access_token, asked.action)
            try:
                proofs = await confirm(prover, asked.form, me, values, t, needed=True)
                if isinstance(proofs, Form):
                    return self._pages.show_form(request, session, proofs)
                return await finish(request, session, values, proofs)
            except Trouble as refusal:
                trouble = replace(refusal, code="name-taken") if refusal.code == "taken" else refusal
                again = with_trouble("name", edits.again(asked.form, values, t), trouble, t)
                return self._pages.show_form(request, session, again, trouble.status)

        async def changes(request: Request) -> Response:
            return await self._pages.signed_in(request, change)

        return changes

    def routes(self) -> list[Route]:
        """Return every page."""
        table: list[tuple[str, str, Ask, Finish]] = [
            ("/tokens/new", "New access token", self._new_token, self._create_token),
            ("/tokens/rename", "Rename an access token", self._named, self._rename_token),
            ("/tokens/delete", "Delete an access token", self._named, self._delete_token),
            ("/authenticator", "Authenticator app", self._authenticator, self._change_authenticator),
            ("/backup-codes", "Backup codes", self._backup_codes, self._change_backup_codes),
            (f"{addresses.PASSKEYS}/rename", "Rename a passkey", self._passkey, self._rename_passkey),
            (f"{addresses.PASSKEYS}/remove", "Remove a passkey", self._passkey, self._remove_passkey),
            ("/delete-account", "Delete the account", self._leaving, self._leave),
        ]
        pages = [
            Route("GET", TOKENS, self.tokens, access=PUBLIC, summary="Access tokens"),
            Route("GET", addresses.PASSKEYS, self.passkeys, access=PUBLIC, summary="Passkeys"),
            Route("GET", f"{addresses.PASSKEYS}/new", self._pages.new_passkey, access=PUBLIC, summary="New passkey"),
            Route("GET", DELETED, self.deleted, access=PUBLIC, summary="The account is deleted"),
        ]
        return [*pages, *self._forms(table)]

    def _forms(self, table: list[tuple[str, str, Ask, Finish]]) -> list[Route]:
        """Return the pages of forms: each is shown, and sent."""
        pages = []
        for path, summary, ask, finish in table:
            pages.append(Route("GET", path, self._shows(ask), access=PUBLIC, summary=summary))
            pages.append(Route("POST", path, self._changes(ask, finish), access=PUBLIC, summary=summary))
        return pages


def _called(passkey: JsonObject, t: Translate) -> str:
    """Return the name of a passkey, or where it was made."""
    name = _own_name(passkey)
    if name:
        return name
    made_with = device(passkey["name"])
    told = ", ".join(part for part in (made_with.browser, made_with.system) if part)
    return t("passkey.made_with", device=told) if told else t("passkey.one")


def _own_name(passkey: JsonObject) -> str:
    """Return the name that its owner gave a passkey; the API tells the browser it was made with in the same place."""
    name = passkey["name"] or ""
    return "" if name.startswith("Mozilla/") else str(name)


def _days(passkey: JsonObject, language: str, t: Translate) -> list[str]:
    def day(moment: str) -> str:
        return format_date(datetime.fromisoformat(moment), "medium", language)

    lines = [t("token.made", day=day(passkey["createdAt"]))]
    return [*lines, t("token.used", day=day(passkey["lastUsedAt"]))] if passkey["lastUsedAt"] else lines


def _token(values: Values) -> str:
    return f"{TOKENS}/{quote(values.get('of', ''), safe='')}"
