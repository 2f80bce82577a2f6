"""What every page of a sign-in shares: finding the sign-in, checking its forms, rendering under its policy."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from vestibule.crypto import same
from vestibule.domain import messages
from vestibule.domain.clients import Client
from vestibule.domain.context import Context
from vestibule.domain.cookies import BrowserCookies, CookieKeys
from vestibule.domain.interactions import steps, submitting
from vestibule.domain.interactions.details import InteractionDetails, details
from vestibule.domain.interactions.state import InteractionEvent
from vestibule.domain.interactions.steps import params_of
from vestibule.domain.sign_in_experience import Identifier, SignInExperience
from vestibule.errors import (
    AppError,
    BackupCodesRequired,
    FactorMissing,
    FactorSuggested,
    MfaRequired,
    MissingProfile,
    PasskeySuggested,
    PasswordExpired,
    SsoEnabled,
    TooManyAttempts,
)
from vestibule.http import Request, Response, csp, html, redirect
from vestibule.model import Interaction
from vestibule.ui.browser import (
    ForeignForm,
    check_origin,
    fields,
    language_of,
    message_language,
    onward,
    remember_language,
)
from vestibule.ui.messages import Translate, translator
from vestibule.ui.render import Pages

SIGN_IN, REGISTER, CONSENT, FACTOR = "/sign-in", "/register", "/consent", "/mfa-verification"
CODE, RECOVERY, NEW_PASSWORD, MORE = "/verification-code", "/forgot-password", "/forgot-password/new", "/continue"
SOCIAL, QUESTION = "/social", "/social/account"
BINDING, LINK, COMPANY = "/mfa-binding", "/one-time-token", "/single-sign-on"

FALLBACKS = {
    "register": REGISTER,
    "identifier-register": REGISTER,
    "single-sign-on": COMPANY,
    "reset-password": RECOVERY,
}
"""Where an application's people go that cannot be led straight to a provider; every other name is the sign-in page."""

NEXT: dict[type[AppError], str] = {
    MfaRequired: FACTOR,
    FactorMissing: BINDING,
    FactorSuggested: BINDING,
    BackupCodesRequired: BINDING,
    PasskeySuggested: f"{BINDING}?factor=passkey",
    PasswordExpired: NEW_PASSWORD,
    MissingProfile: MORE,
    SsoEnabled: COMPANY,
}
"""Where a sign-in goes on that is not done yet, whatever page it was on."""


class WayOn(steps.Onward, Protocol):
    """The way on from a step, and the answer that the authorization endpoint gives to who has gone it."""

    def answer(self) -> Response:
        """Return the answer: mostly the way back to the application."""


HandOver = Callable[[Request, Interaction, Client], Awaitable[WayOn]]
"""Finds the way on from a step that a page is about to end."""


@dataclass(frozen=True)
class Step:
    """A step of a sign-in as a page needs it; `locale` is the language of messages, `language` that of the page."""

    interaction: Interaction
    details: InteractionDetails
    language: str
    locale: str
    csrf: str

    @property
    def t(self) -> Translate:
        """The words of the page."""
        return translator(self.language)

    @property
    def form_action(self) -> tuple[str, ...]:
        """Where this page's forms may lead: ourselves, and by redirects the client."""
        return onward(params_of(self.interaction).redirect_uri)

    def at(self, path: str, **query: str) -> str:
        """Return the address of another page of this sign-in."""
        return f"{path}?{self._query}" + (f"&{urlencode(query)}" if query else "")

    @cached_property
    def _query(self) -> str:
        return urlencode({"app_id": self.details.application_id})


class StepPages:
    """Over one context and one set of templates."""

    def __init__(self, ctx: Context, cookies: CookieKeys, pages: Pages, hand_over: HandOver) -> None:
        self.ctx = ctx
        self._hand_over = hand_over
        self._cookies = cookies
        self._pages = pages

    @property
    def experience(self) -> SignInExperience:
        """What is decided about signing in."""
        return self.ctx.live.experience

    async def reachable(self, event: InteractionEvent) -> tuple[Identifier, ...]:
        """Return what a code can be sent to for an event: what is open, as far as messages of the kind can be sent."""
        if not (self.experience.lets_register if event == "Register" else self.experience.lets_sign_in):
            return ()
        held = await messages.kinds(self.ctx)
        return tuple(kind for kind in self.experience.code_identifiers(event) if kind in held)

    async def step(self, request: Request, client_id: str | None = None) -> Step:
        """Find the sign-in of this browser, for `client_id` or whom the query names; raises SessionNotFound."""
        app_id = client_id or next((value for key, value in request.query_items if key == "app_id"), None)
        begun = await steps.current(self.ctx, BrowserCookies(request.cookies, app_id))
        shown = await details(self.ctx, begun)
        secret = f"{begun.interaction.id}\0{self._cookies.browser(request.cookies)}"
        csrf = self.ctx.sealer.keyed_digest(secret, "page-form")
        language = language_of(request, shown.ui_locales, brand=self._pages.brand)
        locale = message_language(request, shown.ui_locales, brand=self._pages.brand)
        return Step(begun.interaction, shown, language, locale, csrf)

    async def posted(self, request: Request) -> tuple[Step, dict[str, str]]:
        """Find the sign-in and read a form of ours (B41); raises SessionNotFound, ForeignForm."""
        check_origin(request)
        step, values = await self.step(request), await fields(request)
        if not same(values.get("csrf", ""), step.csrf):
            raise ForeignForm
        return step, values

    async def finish(self, request: Request, step: Step) -> Response:
        """Sign in whoever was identified, or lead on to what is missing; raises what `submitting.finish` does."""
        onward = await self.onward(request, step)
        try:
            await submitting.finish(self.ctx, step.interaction, onward)
        except tuple(NEXT) as error:
            return next_page(step, error)
        return onward.answer()

    async def onward(self, request: Request, step: Step) -> WayOn:
        """Return the way on from a step that is about to end; raises OAuthError where its client is not what it was."""
        return await self._hand_over(request, step.interaction, step.details.client)

    def page(
        self,
        request: Request,
        step: Step,
        template: str,
        refusal: AppError | None = None,
        *,
        shared: bool = False,
        **values: object,
    ) -> Response:
        """Render a page; after a refusal with its status and headers.

        `shared` says that its values are nobody's own: at the address that we lead to, everybody gets the same page.
        """
        here = request.path + (f"?{request.raw_query}" if request.raw_query else "")
        is_shared = shared and here == step.at(request.path)
        render = self._pages.render_shared if is_shared else self._pages.render
        text = render(
            template,
            step.language,
            here,
            csrf=step.csrf,
            application=step.details.application_name,
            app_id=step.details.application_id,
            **values,
        )
        lost = self.experience.unknown_session_redirect_url
        leads = dict.fromkeys((*step.form_action, *(onward(lost) if lost else ())))
        policy = csp.policy(form_action=tuple(leads), images=self._pages.brand.pictures)
        status, headers = (200, {}) if refusal is None else (_status(refusal), refusal.headers)
        return remember_language(request, html(text, status, content_security_policy=policy, headers=headers))


def _status(refusal: AppError) -> int:
    """A form that is wrong is a 422, whatever an API says; too many tries are a 429, and faults of ours stay such."""
    if isinstance(refusal, TooManyAttempts):
        return 429
    return 422 if refusal.status < 429 else refusal.status


def done(step: Step) -> Response | None:
    """Lead on to the question for consent whoever has signed in already."""
    return redirect(step.at(CONSENT)) if step.interaction.prompt == steps.CONSENT else None


def next_page(step: Step, error: AppError) -> Response:
    """Lead on to the page that asks for what is missing; the address of a way back names no application."""
    path, _, query = NEXT[type(error)].partition("?")
    return redirect(step.at(path, **dict(parse_qsl(query)), **company_of(error)))


def company_of(error: AppError) -> dict[str, str]:
    """Return the company that a refusal leads to, where it is one, as a part of a query."""
    found = error.data.get("ssoConnectors", []) if isinstance(error.data, dict) else []
    return {"connector": found[0]["id"]} if len(found) == 1 else {}


def with_query(path: str, request: Request) -> str:
    """Return another page with the query of this one."""
    return f"{path}?{request.raw_query}" if request.raw_query else path


def is_asked_for(step: Step, way: str) -> bool:
    """Tell whether the application itself asked for a provider (`direct_sign_in`): no other link leads straight on."""
    return params_of(step.interaction).direct_sign_in == way


def fallback(request: Request) -> Response:
    """Lead to the page that an application wants where its provider is not to be had."""
    named = next((value for key, value in request.query_items if key == "fallback"), "")
    return redirect(with_query(FALLBACKS.get(named, SIGN_IN), request))
