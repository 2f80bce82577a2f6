"""The account page: an overview, one short form for each change, sign-in and sign-out."""

from collections.abc import Awaitable, Callable, Sequence

from vestibule.account.context import Context
from vestibule.account.page import addresses, edits, profile
from vestibule.account.page.api import JsonObject, SettingsApi, SignInAgain
from vestibule.account.page.changes import Changes
from vestibule.account.page.forms import Form
from vestibule.account.page.overview import overview
from vestibule.account.page.relying_party import RelyingParty, SignInFailed
from vestibule.account.page.sessions import Open, Sessions
from vestibule.account.problems import IdentityServerAway
from vestibule.crypto import same
from vestibule.errors import AppError
from vestibule.http import PUBLIC, Face, Request, Response, Route, csp, html, redirect
from vestibule.ui import assets
from vestibule.ui.browser import ForeignForm, check_origin, fields, language_of, origin_of, remember_language
from vestibule.ui.messages import MissingMessageError, translator
from vestibule.ui.render import Pages

# The glyph of a page that only tells, and its colour.
LOOKS = {
    "signed_out": ("check", "good"),
    "deleted": ("check", "good"),
    "away": ("pause", ""),
    "error": ("alert", "bad"),
}

Show = Callable[[Request, Open, JsonObject], Awaitable[Response]]


class AccountPages:
    """The handlers, over one context."""

    def __init__(self, ctx: Context, sessions: Sessions, party: RelyingParty, api: SettingsApi) -> None:
        self._ctx = ctx
        self._sessions = sessions
        self._party = party
        self._api = api
        self._pages = Pages(["vestibule.account.page"])
        self.changes = Changes(api)

    async def login(self, request: Request) -> Response:
        """GET /login: on to the identity server."""
        back = redirect(addresses.HOME)
        url = await self._sessions.begin_login(request, language_of(request), back)
        back.headers["location"] = url
        return back

    async def callback(self, request: Request) -> Response:
        """GET /callback: back from the identity server."""
        back = redirect(addresses.HOME)
        try:
            await self._sessions.finish_login(request, back)
        except SignInFailed as error:
            self._ctx.log.warning("page_sign_in_failed", reason=str(error))
            return self.plain(request, "sign_in_failed", 400, addresses.LOGIN)
        return back

    async def logout(self, request: Request) -> Response:
        """POST /logout: end the session here, then at the identity server."""
        check_origin(request)
        session = await self._sessions.current(request)
        if session is not None and not same((await fields(request)).get("csrf", ""), session.csrf):
            raise ForeignForm
        await self._sessions.end(request)
        back = redirect(await self._party.sign_out_url())
        self._sessions.cookies.set(back, self._sessions.cookies.session, "", 0)
        return back

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
            form = edits.form(request.path_params["field"], me, translator(language_of(request)))
            return self.show_form(request, session, form) if form else self.missing(request)

        return await self.signed_in(request, show)

    async def edited(self, request: Request) -> Response:
        """POST /<field>: make one change, or show the form again with what is wrong."""

        async def show(request: Request, session: Open, me: JsonObject) -> Response:
            values = await posted(request, session)
            field, t = request.path_params["field"], translator(language_of(request))
            form = edits.form(field, me, t)
            if form is None:
                return self.missing(request)
            again = await self.changes.apply(field, form, me, session.access_token, values, t)
            if again is None:
                if field == "password":
                    await self._sessions.end_others(session)
                return redirect(f"{addresses.HOME}?saved={field}")
            return self.show_form(request, session, again.form, again.status)

        return await self.signed_in(request, show)

    async def signed_in(self, request: Request, show: Show) -> Response:
        """Show a page to whoever is signed in; anybody else is sent to sign in."""
        session = await self._sessions.current(request)
        if session is None:
            return redirect(addresses.LOGIN)
        try:
            me = await self._api.call(session.access_token, "GET", "")
            return await show(request, session, me)
        except SignInAgain:
            await self._sessions.end(request)
            return redirect(addresses.LOGIN)

    def show_form(self, request: Request, session: Open, form: Form, status: int = 200) -> Response:
        """Show a form."""
        shown = {name: getattr(form, name) for name in Form.__dataclass_fields__}
        return self.show(request, session, "edit.html", status, wrong=form.wrong, **shown)

    def show(self, request: Request, session: Open, template: str, status: int = 200, **values: object) -> Response:
        """Show a page to whoever is signed in."""
        here = request.path + (f"?{request.raw_query}" if request.raw_query else "")
        text = self._pages.render(template, language_of(request), here, csrf=session.csrf, **values)
        # Signing out posts here and is redirected to the identity server: CSP counts that as where the form leads.
        policy = csp.policy(form_action=("'self'", origin_of(self._ctx.settings.identity_url)))
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
            return self.plain(request, "away", 503, addresses.HOME)
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


def told(t: Callable[..., str], key: str) -> str:
    """Return a message, or nothing for a key that somebody made up."""
    try:
        return t(key)
    except MissingMessageError:
        return ""
