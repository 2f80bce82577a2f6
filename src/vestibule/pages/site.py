"""The hosted pages: sign in, register, consent, and what to say when there is no sign-in."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from vestibule.crypto import same
from vestibule.domain import interactions
from vestibule.domain.context import Context
from vestibule.domain.cookies import BrowserCookies, CookieKeys
from vestibule.domain.interaction_details import InteractionDetails, details
from vestibule.domain.interactions import params_of
from vestibule.domain.sign_in_experience import SignInExperience
from vestibule.errors import PasswordExpired, SessionNotFound, TooManyAttempts
from vestibule.http import PUBLIC, Face, Request, Response, Route, csp, html, redirect
from vestibule.model import Interaction, User
from vestibule.pages.notices import Notices
from vestibule.pages.words import (
    REGISTER_FAULTS,
    RENEWAL_FAULTS,
    SIGN_IN_FAULTS,
    UNTICKED,
    identifier_hint,
    label_of,
    register_fault,
    renewal_fault,
)
from vestibule.ui import assets
from vestibule.ui.browser import ForeignForm, check_origin, fields, language_of, onward, remember_language
from vestibule.ui.messages import translator
from vestibule.ui.render import Pages

SIGN_IN, REGISTER, CONSENT, UNKNOWN = "/sign-in", "/register", "/consent", "/unknown-session"
SIGN_IN_ALIASES = (
    "/sign-in/cancel",
    "/identifier-sign-in",
    "/single-sign-on",
    "/reset-password",
    "/direct/{method}/{target}",
)
REGISTER_ALIASES = ("/identifier-register",)


@dataclass(frozen=True)
class Step:
    """A step of a sign-in as a page needs it."""

    interaction: Interaction
    details: InteractionDetails
    language: str
    csrf: str

    @property
    def form_action(self) -> tuple[str, ...]:
        """Where this page's forms may lead: ourselves, and by redirects the client."""
        return onward(params_of(self.interaction).redirect_uri)


class SignInPages:
    """The handlers, over one context and one set of templates."""

    def __init__(self, ctx: Context, cookies: CookieKeys, pages: Pages, notices: Notices) -> None:
        self._ctx = ctx
        self._cookies = cookies
        self._pages = pages
        self._notices = notices

    @property
    def _experience(self) -> SignInExperience:
        return self._ctx.live.experience

    async def _step(self, request: Request) -> Step:
        app_id = next((value for key, value in request.query_items if key == "app_id"), None)
        interaction = await interactions.current(self._ctx, BrowserCookies(request.cookies, app_id))
        shown = await details(self._ctx, interaction)
        secret = f"{interaction.id}\0{self._cookies.browser(request.cookies)}"
        csrf = self._ctx.sealer.keyed_digest(secret, "page-form")
        return Step(interaction, shown, language_of(request, shown.ui_locales, brand=self._pages.brand), csrf)

    async def _posted(self, request: Request) -> tuple[Step, dict[str, str]]:
        check_origin(request)
        step, values = await self._step(request), await fields(request)
        if not same(values.get("csrf", ""), step.csrf):
            raise ForeignForm
        return step, values

    def _page(self, request: Request, step: Step, template: str, status: int = 200, **values: object) -> Response:
        here = request.path + (f"?{request.raw_query}" if request.raw_query else "")
        text = self._pages.render(
            template,
            step.language,
            here,
            csrf=step.csrf,
            application=step.details.application_name,
            app_id=step.details.application_id,
            **values,
        )
        lost = self._experience.unknown_session_redirect_url
        leads = dict.fromkeys((*step.form_action, *(onward(lost) if lost else ())))
        policy = csp.policy(form_action=tuple(leads), images=self._pages.brand.pictures)
        return remember_language(request, html(text, status, content_security_policy=policy))

    async def sign_in(self, request: Request) -> Response:
        """GET /sign-in."""
        step = await self._step(request)
        if not self._experience.lets_sign_in and step.interaction.prompt != interactions.CONSENT:
            return redirect(_with_query(REGISTER, request))
        return _done(step) or self._sign_in_page(request, step, step.details.login_hint or "")

    def _sign_in_page(
        self, request: Request, step: Step, identifier: str, fault: str = "", status: int = 200
    ) -> Response:
        experience, t = self._experience, translator(step.language)
        minutes = experience.sentinel_policy.lockout_ms // 60_000
        unticked = fault == UNTICKED
        return self._page(
            request,
            step,
            "sign_in.html",
            status,
            identifier=identifier,
            label=label_of(experience.sign_in_identifiers),
            fault=t(fault, minutes=minutes) if fault and not unticked else "",
            ticks=experience.asks_to_agree_at_sign_in,
            unticked=t(fault) if unticked else "",
            other=_with_query(REGISTER, request) if experience.lets_register else "",
        )

    async def sign_in_posted(self, request: Request) -> Response:
        """POST /sign-in: an unknown account and a wrong password read and cost the same (B50)."""
        step, values = await self._posted(request)
        identifier, password = values.get("identifier", ""), values.get("password", "")
        if self._experience.asks_to_agree_at_sign_in and values.get("agree") != "yes":
            return self._sign_in_page(request, step, identifier, UNTICKED, 422)
        fresh = values.get("new_password")
        try:
            if fresh is None:
                onward = await interactions.sign_in(self._ctx, step.interaction, identifier, password, request.ip)
            else:
                onward = await interactions.renew(self._ctx, step.interaction, identifier, password, fresh, request.ip)
            return redirect(onward)
        except PasswordExpired as error:
            return self._renewal_page(request, step, identifier, "", error.status)
        except RENEWAL_FAULTS as error:
            words = renewal_fault(translator(step.language), error)
            return self._renewal_page(request, step, identifier, words, error.status)
        except tuple(SIGN_IN_FAULTS) as error:
            status = 429 if isinstance(error, TooManyAttempts) else error.status
            status = 422 if status == 401 else status
            page = self._sign_in_page(request, step, identifier, SIGN_IN_FAULTS[type(error)], status)
            page.headers.update(error.headers)
            return page

    def _renewal_page(self, request: Request, step: Step, identifier: str, fault: str, status: int) -> Response:
        length = self._experience.password_policy.effective.length
        return self._page(
            request, step, "renewal.html", status, identifier=identifier, fault=fault, length=length,
            ticks=self._experience.asks_to_agree_at_sign_in,
        )  # fmt: skip

    async def cancel(self, request: Request) -> Response:
        """POST /sign-in/cancel: back to the application, which is told so."""
        step, _ = await self._posted(request)
        return redirect(await interactions.abort(self._ctx, step.interaction))

    async def register(self, request: Request) -> Response:
        """GET /register."""
        step = await self._step(request)
        if not self._experience.lets_register:
            return redirect(_with_query(SIGN_IN, request))
        return _done(step) or self._register_page(request, step, step.details.login_hint or "", {})

    def _register_page(
        self, request: Request, step: Step, identifier: str, faults: Mapping[str, str], status: int = 200
    ) -> Response:
        experience, t = self._experience, translator(step.language)
        kinds = experience.sign_up.identifiers
        return self._page(
            request,
            step,
            "register.html",
            status,
            identifier=identifier,
            label=label_of(kinds),
            hint=identifier_hint(t, kinds),
            length=experience.password_policy.effective.length,
            ticks=experience.asks_to_agree_at_sign_up,
            fault=faults.get("", ""),
            faults=faults,
            other=_with_query(SIGN_IN, request) if experience.lets_sign_in else "",
        )

    async def register_posted(self, request: Request) -> Response:
        """POST /register."""
        step, values = await self._posted(request)
        identifier, password = values.get("identifier", "").strip(), values.get("password", "")
        if self._experience.asks_to_agree_at_sign_up and values.get("agree") != "yes":
            words = {"agree": translator(step.language)(UNTICKED)}
            return self._register_page(request, step, identifier, words, 422)
        try:
            return redirect(await interactions.register(self._ctx, step.interaction, identifier, password))
        except tuple(REGISTER_FAULTS) as error:
            words = register_fault(translator(step.language), error, self._experience.sign_up.identifiers)
            status = 422 if error.status < 500 else error.status
            page = self._register_page(request, step, identifier, words, status)
            page.headers.update(error.headers)
            return page

    async def consent(self, request: Request) -> Response:
        """GET /consent: automatic for our own applications, a question for others."""
        step = await self._step(request)
        if not step.details.is_third_party:
            return redirect(await interactions.consent(self._ctx, step.interaction, granted=True), 302)
        if step.details.user is None:
            raise SessionNotFound
        t = translator(step.language)
        lines = [t(f"scope.{scope.rpartition(':')[2]}") for scope in step.details.scopes]
        lines += [scope.description or scope.name for scope in step.details.resource_scopes]
        return self._page(
            request,
            step,
            "consent.html",
            host=step.details.redirect_host,
            logo=step.details.logo_uri or "",
            person=display_name(step.details.user),
            lines=lines or [t("scope.openid")],
        )

    async def consent_posted(self, request: Request) -> Response:
        """POST /consent."""
        step, values = await self._posted(request)
        return redirect(
            await interactions.consent(self._ctx, step.interaction, granted=values.get("decision") == "allow")
        )

    async def to_sign_in(self, request: Request) -> Response:
        """Screens that this server does not have on their own lead to sign-in."""
        return redirect(_with_query(SIGN_IN, request))

    async def to_register(self, request: Request) -> Response:
        """The same for sign-up."""
        return redirect(_with_query(REGISTER, request))

    async def unknown(self, request: Request) -> Response:
        """GET /unknown-session."""
        return self._notices.page(request, "unknown", 200)

    async def home(self, request: Request) -> Response:
        """GET /: this server has no page of its own."""
        return self._notices.page(request, "home", 200)

    def render_error(self, request: Request, error: Exception) -> Response:
        """Show any refusal as a page; a page without its sign-in leads to the one that says so."""
        if isinstance(error, SessionNotFound):
            return redirect(self._experience.unknown_session_redirect_url or UNKNOWN, 302)
        return self._notices.error(request, error)

    def _not_allowed(self, request: Request, allowed: frozenset[str]) -> Response:
        return self._notices.page(request, "missing", 405, headers={"Allow": ", ".join(sorted(allowed))})

    def routes(self) -> list[Route]:
        """Return every page."""
        table = [
            ("GET", "/", self.home, "What this server is"),
            ("GET", SIGN_IN, self.sign_in, "Sign in"),
            ("POST", SIGN_IN, self.sign_in_posted, "Sign in"),
            ("POST", f"{SIGN_IN}/cancel", self.cancel, "Give up"),
            ("GET", REGISTER, self.register, "Register"),
            ("POST", REGISTER, self.register_posted, "Register"),
            ("GET", CONSENT, self.consent, "Consent"),
            ("POST", CONSENT, self.consent_posted, "Consent"),
            ("GET", UNKNOWN, self.unknown, "No sign-in"),
            *(("GET", path, self.to_sign_in, "Sign in") for path in SIGN_IN_ALIASES),
            *(("GET", path, self.to_register, "Register") for path in REGISTER_ALIASES),
        ]
        made = [Route(method, path, handler, access=PUBLIC, summary=words) for method, path, handler, words in table]
        return [*made, *assets.routes(self._pages)]

    def face(self, more: list[Route]) -> Face:
        """Return the face of the pages, with routes that other parts add."""
        return Face(
            name="pages",
            prefix="",
            routes=[*self.routes(), *more],
            render_error=self.render_error,
            not_found=lambda request: self._notices.page(request, "missing", 404),
            method_not_allowed=self._not_allowed,
            compress=True,
        )


def display_name(user: User) -> str:
    """Return what a person is called by: name, user name, e-mail address, phone number."""
    return user.name or user.username or user.primary_email or f"+{user.primary_phone}"


def _done(step: Step) -> Response | None:
    """Lead on to the question for consent whoever has signed in already."""
    if step.interaction.prompt != interactions.CONSENT:
        return None
    return redirect(f"{CONSENT}?{urlencode({'app_id': step.details.application_id})}")


def _with_query(path: str, request: Request) -> str:
    return f"{path}?{request.raw_query}" if request.raw_query else path
