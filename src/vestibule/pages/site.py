"""The hosted pages as one face: sign in, register, consent, and what to say when there is no sign-in."""

from urllib.parse import quote, urlencode

from vestibule.domain import connectors
from vestibule.domain.context import Context
from vestibule.domain.cookies import CookieKeys
from vestibule.domain.interactions import assertions
from vestibule.domain.interactions.by_company import ARRIVAL, CALLBACK
from vestibule.domain.interactions.details import whence
from vestibule.errors import (
    AppError,
    ConnectorSessionNotFound,
    IdentifierNotFound,
    InteractionNotStarted,
    InvalidCredentials,
    SessionNotFound,
)
from vestibule.http import PUBLIC, Face, Request, Response, Route, redirect
from vestibule.pages.binding import BindingForms
from vestibule.pages.codes import CodeForms
from vestibule.pages.company import CompanyForms
from vestibule.pages.consent import ConsentForms
from vestibule.pages.factors import FactorForms
from vestibule.pages.links import LinkForms
from vestibule.pages.more import MoreForms
from vestibule.pages.notices import Notices
from vestibule.pages.recovery import RecoveryForms
from vestibule.pages.register import RegisterForms
from vestibule.pages.sign_in import SignInForms
from vestibule.pages.socials import SocialForms
from vestibule.pages.step import (
    BINDING,
    CODE,
    COMPANY,
    CONSENT,
    FACTOR,
    LINK,
    MORE,
    NEW_PASSWORD,
    NEXT,
    QUESTION,
    RECOVERY,
    REGISTER,
    SIGN_IN,
    SOCIAL,
    HandOver,
    company_of,
    with_query,
)
from vestibule.ui import assets
from vestibule.ui.arrivals import Arrivals
from vestibule.ui.browser import ForeignForm
from vestibule.ui.render import Pages

UNKNOWN = "/unknown-session"
LOST = (InteractionNotStarted, IdentifierNotFound, InvalidCredentials)
"""What a page was about is over, although the sign-in is not: it begins again."""
SIGN_IN_ALIASES = (
    "/sign-in/cancel",
    "/identifier-sign-in",
    "/direct/{method}/{target}",
)
REGISTER_ALIASES = ("/identifier-register",)


class SignInPages:
    """The handlers, over one context and one set of templates."""

    def __init__(
        self,
        ctx: Context,
        cookies: CookieKeys,
        pages: Pages,
        notices: Notices,
        arrivals: Arrivals,
        hand_over: HandOver,
    ) -> None:
        self._ctx = ctx
        self._arrivals = arrivals
        self._pages = pages
        self._notices = notices
        self._sign_in = SignInForms(ctx, cookies, pages, hand_over)
        self._register = RegisterForms(ctx, cookies, pages, hand_over)
        self._factors = FactorForms(ctx, cookies, pages, hand_over)
        self._binding = BindingForms(ctx, cookies, pages, hand_over)
        self._codes = CodeForms(ctx, cookies, pages, hand_over)
        self._company = CompanyForms(ctx, cookies, pages, hand_over)
        self._socials = SocialForms(ctx, cookies, pages, hand_over)
        self._links = LinkForms(ctx, cookies, pages, hand_over)
        self._recovery = RecoveryForms(ctx, cookies, pages, hand_over)
        self._more = MoreForms(ctx, cookies, pages, hand_over)
        self._consent = ConsentForms(ctx, cookies, pages, hand_over)

    async def to_sign_in(self, request: Request) -> Response:
        """Screens that this server does not have on their own lead to sign-in."""
        return redirect(with_query(SIGN_IN, request))

    async def to_register(self, request: Request) -> Response:
        """The same for sign-up."""
        return redirect(with_query(REGISTER, request))

    async def back(self, request: Request) -> Response:
        """GET /callback/{connectorId}: of a social provider, or of one's company."""
        is_social = await connectors.is_held(self._ctx, request.path_params["connectorId"])
        return await (self._socials.arrive(request) if is_social else self._company.back(request))

    async def arrive(self, request: Request) -> Response:
        """GET /callback/{connectorId}/arrival: from the post of a SAML provider, with the browser's cookies this time.

        A browser that did not begin the sign-in is led to the page of its own, which says that nothing came of it.
        """
        told, connector_id = dict(request.query_items), quote(request.path_params["connectorId"], safe="")
        sign_in, ticket = told.get("sign_in", ""), told.get("ticket", "")
        try:
            return redirect(await assertions.arrive(self._ctx, sign_in, ticket, request.cookies))
        except (ConnectorSessionNotFound, InteractionNotStarted, SessionNotFound):
            return redirect(f"{CALLBACK}{connector_id}")

    async def unknown(self, request: Request) -> Response:
        """GET /unknown-session: back to the application that this browser came from, where that is known."""
        self._arrivals.look(request)
        from_app = await whence(self._ctx, request.cookies)
        if from_app is None:
            return self._notices.page(request, "unknown", 200)
        return self._notices.page(request, "unknown", 200, link=from_app.address, application=from_app.name)

    async def home(self, request: Request) -> Response:
        """GET /: this server has no page of its own."""
        return self._notices.page(request, "home", 200)

    def render_error(self, request: Request, error: Exception) -> Response:
        """Show any refusal as a page; a page without its sign-in leads to the one that says so."""
        misplaced = isinstance(error, SessionNotFound | ForeignForm) and self._arrivals.look(request)
        if misplaced and isinstance(error, ForeignForm):
            return self._notices.page(request, "misplaced", error.status, address=request.public_url)
        if isinstance(error, SessionNotFound):
            return redirect(self._ctx.live.experience.unknown_session_redirect_url or UNKNOWN, 302)
        if isinstance(error, AppError) and type(error) in NEXT:
            path, _, query = NEXT[type(error)].partition("?")
            kept = {name: value for name, value in request.query_items if name == "app_id"} | company_of(error)
            return redirect(f"{path}?{'&'.join(part for part in (query, urlencode(kept)) if part)}")
        if isinstance(error, LOST):
            named = [(name, value) for name, value in request.query_items if name == "app_id"]
            return redirect(f"{SIGN_IN}?{urlencode([*named, ('told', 'over')])}")
        return self._notices.error(request, error)

    def _not_allowed(self, request: Request, allowed: frozenset[str]) -> Response:
        return self._notices.page(request, "missing", 405, headers={"Allow": ", ".join(sorted(allowed))})

    def routes(self) -> list[Route]:
        """Return every page."""
        table = [
            ("GET", "/", self.home, "What this server is"),
            ("GET", SIGN_IN, self._sign_in.show, "Sign in"),
            ("POST", SIGN_IN, self._sign_in.sent, "Sign in"),
            ("POST", f"{SIGN_IN}/cancel", self._sign_in.cancel, "Give up"),
            ("GET", REGISTER, self._register.show, "Register"),
            ("POST", REGISTER, self._register.sent, "Register"),
            ("GET", CODE, self._codes.show, "The code that was sent"),
            ("POST", CODE, self._codes.sent, "The code that was sent"),
            ("POST", f"{CODE}/instead", self._codes.over, "Register, or sign in, instead"),
            ("GET", COMPANY, self._company.show, "Sign in through one's company"),
            ("POST", COMPANY, self._company.sent, "Sign in through one's company"),
            ("GET", "/direct/social/{target}", self._socials.jump, "Sign in through a provider"),
            ("GET", "/direct/sso/{connectorId}", self._company.jump, "Sign in through one's company"),
            ("GET", f"{CALLBACK}{{connectorId}}", self.back, "Back from a provider, or from one's company"),
            ("GET", f"{CALLBACK}{{connectorId}}{ARRIVAL}", self.arrive, "From the post of a SAML provider"),
            ("POST", f"{CALLBACK}{{connectorId}}", self._socials.posted_back, "Back from a provider"),
            ("POST", SOCIAL, self._socials.leave, "Sign in through a provider"),
            ("GET", QUESTION, self._socials.show, "Whether an account is theirs"),
            ("POST", QUESTION, self._socials.answer, "Whether an account is theirs"),
            ("POST", f"{COMPANY}/{{connectorId}}", self._company.agreed, "An account for somebody of a company"),
            ("GET", LINK, self._links.show, "A link that was mailed"),
            ("POST", LINK, self._links.sent, "A link that was mailed"),
            ("GET", MORE, self._more.show, "What an account still needs"),
            ("POST", MORE, self._more.sent, "What an account still needs"),
            ("GET", RECOVERY, self._recovery.show, "A forgotten password"),
            ("POST", RECOVERY, self._recovery.sent, "A forgotten password"),
            ("GET", "/reset-password", self._recovery.to_start, "A forgotten password"),
            ("GET", NEW_PASSWORD, self._recovery.choose, "A new password"),
            ("POST", NEW_PASSWORD, self._recovery.chosen, "A new password"),
            ("GET", FACTOR, self._factors.show, "A second factor"),
            ("POST", FACTOR, self._factors.sent, "A second factor"),
            ("GET", BINDING, self._binding.show, "Set up a second factor"),
            ("POST", BINDING, self._binding.sent, "Set up a second factor"),
            ("GET", CONSENT, self._consent.show, "Consent"),
            ("POST", CONSENT, self._consent.sent, "Consent"),
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
