"""The account page: an overview, one short form for each change, sign-in and sign-out."""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlencode

from vestibule.account.context import Context
from vestibule.account.page import addresses, edits, profile
from vestibule.account.page.api import JsonObject, SettingsApi, SignInAgain, Trouble
from vestibule.account.page.changes import Changes
from vestibule.account.page.forms import Form
from vestibule.account.page.logins import Finished, Logins, Making, own_page
from vestibule.account.page.overview import PASSKEY, overview
from vestibule.account.page.relying_party import RelyingParty, SignInFailed
from vestibule.account.page.sessions import Open, Sessions
from vestibule.account.problems import IdentityServerAway
from vestibule.crypto import same
from vestibule.errors import AppError
from vestibule.http import PUBLIC, Face, Request, Response, Route, csp, html, redirect
from vestibule.http.headers import raw
from vestibule.ui import assets
from vestibule.ui.browser import ForeignForm, check_origin, fields, language_of, onward, origin_of, remember_language
from vestibule.ui.messages import MissingMessageError, translator
from vestibule.ui.render import Pages

# The glyph of a page that only tells, and its colour.
LOOKS = {
    "signed_out": ("check", "good"),
    "deleted": ("check", "good"),
    "away": ("pause", ""),
    "suspended": ("pause", ""),
    "error": ("alert", "bad"),
}

# Refusals that end a session of the page; each is a page of its own.
GONE = ("gone", "suspended")

Show = Callable[[Request, Open, JsonObject], Awaitable[Response]]


class AccountPages:
    """The handlers, over one context."""

    def __init__(self, ctx: Context, sessions: Sessions, party: RelyingParty, api: SettingsApi) -> None:
        self._ctx = ctx
        self._sessions = sessions
        self._logins = Logins(ctx, party, sessions.cookies)
        self._party = party
        self._api = api
        self._pages = Pages(["vestibule.account.page"])
        self.changes = Changes(api)

    async def login(self, request: Request) -> Response:
        """GET /login: on to the identity server; `back` is the page to return to."""
        answer = redirect(addresses.HOME)
        back = dict(request.query_items).get("back", addresses.HOME)
        answer.headers["location"] = await self._logins.begin(request, language_of(request), back, answer)
        return answer

    async def new_passkey(self, request: Request) -> Response:
        """GET /passkeys/new: the identity server makes it, after a fresh sign-in; its pages know its own host."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            answer = redirect(addresses.HOME)
            making = Making(session.row.user_id, await self._passkeys(session.access_token))
            begun = self._logins.begin(request, language_of(request), addresses.PASSKEYS, answer, making=making)
            answer.headers["location"] = await begun
            return answer

        return await self.signed_in(request, show)

    async def _passkeys(self, token: str) -> frozenset[str]:
        held = (await self._api.call(token, "GET", "/factors"))["factors"]
        return frozenset(factor["id"] for factor in held if factor["type"] == PASSKEY)

    async def _has_made(self, done: Finished) -> bool:
        """Whether there is a passkey now that there was not, of the person who went to make one."""
        making = done.making
        if making is None or making.user_id != done.user_id:
            return False
        return bool(await self._passkeys(done.tokens.access_token) - making.held)

    async def callback(self, request: Request) -> Response:
        """GET /callback: back from the identity server. Signs in only with a token that the settings API accepts."""
        earlier = await self._sessions.find(request)
        try:
            done = await self._logins.finish(request)
            await self._api.call(done.tokens.access_token, "GET", "")
            is_made = await self._has_made(done)
        except (SignInFailed, SignInAgain) as error:
            self._ctx.log.warning("page_sign_in_failed", reason=str(error) or "the settings API refuses the token")
            if earlier is not None:  # an answer that came twice, or late, to somebody who is signed in
                return redirect(addresses.HOME)
            return self.plain(request, "sign_in_failed", 400, addresses.LOGIN)
        except Trouble as trouble:
            return self._refused(request, trouble)
        if earlier is not None:
            await self._sessions.give_way(earlier, done.user_id, done.tokens)
        if is_made:
            await self._sessions.end_all(done.user_id)
        answer = redirect(f"{addresses.PASSKEYS}?saved=passkey" if is_made else done.back)
        await self._sessions.start(done.user_id, done.tokens, answer)
        return answer

    async def logout(self, request: Request) -> Response:
        """POST /logout: end the session here, whatever the identity server says; then end the one there."""
        check_origin(request)
        session = await self._sessions.find(request)
        if session is not None:
            await posted(request, session)
            await self._sessions.end(session)
        try:
            answer = redirect(await self._party.sign_out_url())
        except IdentityServerAway:
            self._ctx.log.warning("sign_out_incomplete", reason="the identity server does not answer")
            answer = redirect(addresses.SIGNED_OUT)
        self._sessions.forget(answer)
        return answer

    async def signed_out(self, request: Request) -> Response:
        """GET /signed-out."""
        return self.plain(request, "signed_out", 200, addresses.LOGIN)

    async def home(self, request: Request) -> Response:
        """GET /: the overview."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            t = translator(language_of(request))
            query = dict(request.query_items)
            display = me["name"] or me["username"] or edits.own_address(me)
            safety = await overview(self._api, session.access_token)
            return self.show(
                request,
                session,
                "home.html",
                me=me,
                display=display,
                phone=edits.held("phone", me),
                safety=safety,
                details=profile.summary(me["profile"], language_of(request)),
                saved=told(t, f"saved.{query['saved']}") if "saved" in query else "",
            )

        return await self.signed_in(request, show)

    async def edit(self, request: Request) -> Response:
        """GET /<field>: the form of one change."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            form = await self._form(request, session, me)
            return self.show_form(request, session, form) if form else self.missing(request)

        return await self.signed_in(request, show)

    async def _form(self, request: Request, session: Open, me: JsonObject) -> Form | None:
        field = request.path_params["field"]
        if field in edits.POLICED:
            me = {**me, "policies": await self._api.call(session.access_token, "GET", "/policies")}
        return edits.form(field, me, translator(language_of(request)))

    async def edited(self, request: Request) -> Response:
        """POST /<field>: make one change, or show the form again with what is wrong."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            values = await posted(request, session)
            field, t = request.path_params["field"], translator(language_of(request))
            form = await self._form(request, session, me)
            if form is None:
                return self.missing(request)
            again = await self.changes.apply(field, form, me, session.access_token, values, t)
            if again is not None:
                return self.show_form(request, session, again.form, again.status)
            done = redirect(f"{addresses.HOME}?saved={field}")
            if field == "password":
                self._sessions.hand_over(await self._sessions.restart(session), done)
            return done

        return await self.signed_in(request, show)

    async def signed_in(self, request: Request, show: Show) -> Response:
        """Show a page to whoever is signed in; anybody else is sent to sign in."""
        session = await self._sessions.current(request)
        if session is None:
            return _to_login(request)
        try:
            me = await self._api.call(session.access_token, "GET", "")
            return await show(request, session, me)
        except SignInAgain:
            await self._sessions.end(session)
            return _to_login(request)
        except Trouble as trouble:
            if trouble.code in GONE:
                await self._sessions.end(session)
            return self._refused(request, trouble)

    def _refused(self, request: Request, trouble: Trouble) -> Response:
        """Tell whoever cannot see their account why."""
        if trouble.code in GONE:
            return self.plain(request, trouble.code, trouble.status, addresses.LOGIN)
        return self.plain(request, "error", trouble.status, addresses.HOME, request.id)

    def show_form(self, request: Request, session: Open, form: Form, status: int = 200) -> Response:
        """Show a form."""
        shown = {name: getattr(form, name) for name in Form.__dataclass_fields__}
        return self.show(request, session, "edit.html", status, wrong=form.wrong, **shown)

    def show(
        self,
        request: Request,
        session: Open,
        template: str,
        status: int = 200,
        *,
        abroad: bool = False,
        **values: object,
    ) -> Response:
        """Show a page to whoever is signed in; a form that leads `abroad` may be redirected to any site."""
        here = request.path + (f"?{request.raw_query}" if request.raw_query else "")
        text = self._pages.render(template, language_of(request), here, csrf=session.csrf, **values)
        # Signing out posts here and is redirected to the identity server: CSP counts that as where the form leads.
        identity_url = self._ctx.settings.identity_url
        policy = csp.policy(form_action=onward(identity_url) if abroad else ("'self'", origin_of(identity_url)))
        return remember_language(request, html(text, status, content_security_policy=policy))

    def plain(self, request: Request, name: str, status: int, link: str, reference: str = "") -> Response:
        """Show a page that only tells something, and leads on to `link`."""
        t = translator(language_of(request))
        words = {part: t(f"account.{name}.{part}") for part in ("heading", "lead", "go")}
        look = LOOKS.get(name, ("alert", ""))
        text = self._pages.render(
            "plain.html", language_of(request), request.path, look=look, link=link, reference=reference, **words
        )
        return remember_language(request, html(text, status))

    def missing(self, request: Request) -> Response:
        """Say that there is nothing at this address."""
        return self.plain(request, "missing", 404, addresses.HOME)

    def render_error(self, request: Request, error: Exception) -> Response:
        """Show any refusal as a page."""
        if isinstance(error, IdentityServerAway):
            away = self.plain(request, "away", 503, addresses.HOME)
            away.raw_headers += raw(error.headers)
            return away
        if isinstance(error, ForeignForm):
            return self.plain(request, "foreign", 403, addresses.HOME)
        status = error.status if isinstance(error, AppError) else 500
        return self.plain(request, "error", status, addresses.HOME, request.id)

    def face(self, more: Sequence[Route]) -> Face:
        """Return the face of the page, with routes that other parts add."""
        table = [
            ("GET", addresses.HOME, self.home, "Overview"),
            ("GET", addresses.LOGIN, self.login, "Sign in"),
            ("GET", addresses.CALLBACK, self.callback, "Back from signing in"),
            ("POST", addresses.LOGOUT, self.logout, "Sign out"),
            ("GET", addresses.SIGNED_OUT, self.signed_out, "Signed out"),
            ("GET", "/{field}", self.edit, "Change something"),
            ("POST", "/{field}", self.edited, "Change something"),
        ]
        made = [Route(method, path, handler, access=PUBLIC, summary=words) for method, path, handler, words in table]
        return Face(
            name="page",
            prefix="",
            routes=[*made, *more, *assets.routes(self._pages)],
            render_error=self.render_error,
            not_found=self.missing,
            method_not_allowed=lambda request, allowed: self.missing(request),
            compress=True,
        )


async def posted(request: Request, session: Open) -> dict[str, str]:
    """Return the fields of a form of ours. Raises ForeignForm (B41)."""
    check_origin(request)
    values = await fields(request)
    if not same(values.pop("csrf", ""), session.csrf):
        raise ForeignForm
    return values


def _to_login(request: Request) -> Response:
    back = own_page(f"{request.path}?{request.raw_query}" if request.raw_query else request.path)
    return redirect(addresses.LOGIN if back == addresses.HOME else f"{addresses.LOGIN}?{urlencode({'back': back})}")


def told(t: Callable[..., str], key: str) -> str:
    """Return a message, or nothing for a key that somebody made up."""
    try:
        return t(key)
    except MissingMessageError:
        return ""
