"""The authorization endpoint (RFC 6749 section 3.1) and the way back to it from the pages."""

from dataclasses import dataclass

from vestibule.db import Tx
from vestibule.domain import cookies as names
from vestibule.domain import grants, one_time_tokens, sessions, trusted_devices
from vestibule.domain.audit import Event
from vestibule.domain.interactions import steps
from vestibule.domain.interactions.steps import CONSENT, LOGIN, Outcome
from vestibule.domain.sessions import Lifetime
from vestibule.errors import OAuthError, RequestExpired
from vestibule.http import Request, Response, redirect
from vestibule.model import Grant, Interaction, Session
from vestibule.oidc import asked, codes, respond
from vestibule.oidc.asked import Asked
from vestibule.oidc.checks import CHECKS
from vestibule.oidc.cookies import Jar
from vestibule.oidc.params import sent
from vestibule.oidc.provider import Provider
from vestibule.oidc.screens import consent_page, login_page
from vestibule.store import interactions as store

DAY_SECONDS = 86_400


@dataclass
class State:
    """An authorization request on its way: who is signed in, and which steps it has just been through."""

    asked: Asked
    session: Session | None = None
    session_cookie: str | None = None
    just_signed_in: bool = False
    grant_id: str | None = None
    hinted: str | None = None
    is_of_another: bool = False
    """Whether the request is a magic link for somebody else than who is signed in."""
    goes_straight: bool = False
    """Whether an application of our own gets what it asks for without a step of consent."""
    refusal: OAuthError | None = None
    """What the client is told once the transaction is committed."""


class Authorization:
    """Handlers of `/oidc/auth` and `/oidc/auth/{uid}`, and what our own pages end with in their place."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._secure = provider.ctx.settings.is_secure

    async def begin(self, request: Request) -> Response:
        """Answer an authorization request."""
        try:
            state = State(await asked.accept(self._provider, await sent(request)))
        except OAuthError as error:
            return self._shown(request, error)
        return await self._checked(request, state)

    async def resume(self, request: Request) -> Response:
        """Go on after a page has done its part; only the browser that began may, and only once."""
        provider, uid = self._provider, request.path_params["uid"]
        held = provider.cookies.read(request.cookies, names.RESUME)
        try:
            interaction = None
            if held == uid:
                interaction = await steps.find(provider.ctx, uid, provider.cookies, request.cookies)
            if interaction is None:
                raise RequestExpired
            if interaction.result is None:
                return redirect(_page(interaction))
            # The client may have changed since: its redirect URI is checked again before it is used.
            state = State(await asked.look_up(self._provider, steps.params_of(interaction)))
        except OAuthError as error:
            return self._shown(request, error)
        return await self._checked(request, state, interaction)

    async def hand_over(self, request: Request, ended: Interaction) -> Response:
        """Go on in the answer to the form that ended a step: `resume` and an automatic consent, without the redirects.

        For pages that have found the step by this browser's cookies.
        """
        try:
            state = State(await asked.look_up(self._provider, steps.params_of(ended)), goes_straight=True)
        except OAuthError as error:
            return self._shown(request, error)
        return await self._checked(request, state, ended)

    def _shown(self, request: Request, error: OAuthError) -> Response:
        """Answer the browser itself, with a page for people."""
        shown = respond.to_browser(request, self._provider, error)
        if shown is None:
            raise error
        return shown

    async def _checked(self, request: Request, state: State, interaction: Interaction | None = None) -> Response:
        """Run the checks and go on; from here on errors go back to the client."""
        jar = Jar(self._provider.cookies, request, secure=self._secure)
        state.session_cookie = self._provider.cookies.read(request.cookies, names.SESSION)
        try:
            for check in CHECKS:
                check(state.asked)
            state.hinted = await asked.hinted_user(self._provider, state.asked.params)
            answer = await self._proceed(request, state, jar, interaction)
        except OAuthError as error:
            answer = respond.refusal(request, self._provider, state.asked.params, error)
        return jar.write(answer)

    async def _proceed(
        self, request: Request, state: State, jar: Jar, interaction: Interaction | None = None
    ) -> Response:
        """Decide what comes next, in one transaction: a page, or a code."""
        async with self._provider.db.write() as tx:
            if interaction is not None and interaction.user_id is not None:
                await sessions.hold_user(tx, interaction.user_id)
            state.session = await sessions.hold(tx, self._provider.clock, state.session_cookie)
            state.is_of_another = await asked.is_link_of_another(tx, state.asked.params, state.session)
            if interaction is not None:
                await self._take_up(tx, state, interaction, jar)
            made = None if state.refusal else await self._page_or_code(tx, state, jar)
        if state.refusal is not None:
            raise state.refusal
        if isinstance(made, Response):
            return made
        self._note_end(state)
        return respond.to_client(request, self._provider, state.asked.params, {"code": str(made)})

    async def _page_or_code(self, tx: Tx, state: State, jar: Jar) -> Response | str:
        session, client, grant = state.session, state.asked.client, None
        if session is not None:
            grant = await grants.of_session(tx, self._provider.clock, session.uid, client.id, session.user_id)
        step, params = self._next_step(state, grant), state.asked.params
        if step != LOGIN and params.one_time_token is not None and params.login_hint is not None:
            # A link to whoever is signed in has done its part (contract 5.12).
            await one_time_tokens.use_up(tx, self._provider.ctx, params.one_time_token, params.login_hint)
        if step == CONSENT and session is not None and state.goes_straight and not client.is_third_party:
            state.grant_id = await grants.record(tx, self._provider.clock, client, session, params, grant)
        elif step is not None:
            return await self._page_for(tx, state, jar, step)
        return await self._code(tx, state, grant, jar)

    @property
    def _life(self) -> Lifetime:
        """How long a session lasts."""
        return sessions.lifetime(self._provider.ctx)

    async def _take_up(self, tx: Tx, state: State, interaction: Interaction, jar: Jar) -> None:
        """Use up the step that was resumed, and what it achieved."""
        clock = self._provider.clock
        done = await tx.one(store.FINISH, interaction_id=interaction.id, now=clock.now())
        if done is None:
            raise RequestExpired
        jar.finished(done)
        outcome: Outcome = steps.outcome_of(done)
        if outcome.refused:
            state.refusal = OAuthError("access_denied", "End-User aborted interaction")
        elif outcome.login and done.user_id is not None and done.signed_in_at is not None:
            started = await sessions.start(tx, clock, done.user_id, done.signed_in_at, state.session, self._life)
            state.session, state.session_cookie = started.session, started.cookie
            state.just_signed_in = True
            jar.session(started.cookie, self._life.idle // 1000)
            if outcome.trusts:
                ctx = self._provider.ctx
                cookie = await trusted_devices.trust(tx, ctx, jar.device, done.user_id)
                jar.trusted(cookie, ctx.live.experience.trusted_device.days * DAY_SECONDS)
            if state.hinted not in {None, done.user_id}:
                state.refusal = OAuthError("login_required", "End-User is not the one whom id_token_hint names")
        elif state.session is not None and state.session.uid == done.session_id:
            state.grant_id = outcome.grant_id

    def _next_step(self, state: State, grant: Grant | None) -> str | None:
        params, client, session = state.asked.params, state.asked.client, state.session
        if session is None or self._must_sign_in(state, session):
            return LOGIN
        if state.grant_id is not None:
            return None
        covered = grant is not None and grants.covers(grant, params.scopes, params.resource)
        if client.type != "Native" and covered and "consent" not in params.prompts:
            return None
        return CONSENT

    def _must_sign_in(self, state: State, session: Session) -> bool:
        """`prompt=login`, a session too old for `max_age`, or another user than a hint names or a link is for."""
        params = state.asked.params
        if state.is_of_another or (state.hinted is not None and state.hinted != session.user_id):
            return True
        if state.just_signed_in or state.grant_id is not None:
            return False
        if "login" in params.prompts or params.max_age is None:
            return "login" in params.prompts
        age, limit = self._provider.clock.now() - session.signed_in_at, int(params.max_age) * 1000
        return limit == 0 or age > limit

    async def _page_for(self, tx: Tx, state: State, jar: Jar, step: str) -> Response:
        params, client = state.asked.params, state.asked.client
        if "none" in params.prompts:
            if step == LOGIN:
                raise OAuthError("login_required", "End-User authentication is required")
            raise OAuthError("consent_required", "End-User consent is required")
        ctx, secret = self._provider.ctx, jar.browser
        interaction = await steps.begin(
            tx, ctx, params, client, step, browser_secret=secret, session=state.session, device=jar.device
        )
        jar.interaction(interaction, params.ui_locales)
        return redirect(login_page(params) if step == LOGIN else consent_page(client.id))

    def _note_end(self, state: State) -> None:
        session = state.session
        if session is not None:
            client_id = state.asked.client.id
            event = Event(
                key="Interaction.End", user_id=session.user_id, application_id=client_id, session_id=session.uid
            )
            self._provider.ctx.trail.record(event)

    async def _code(self, tx: Tx, state: State, grant: Grant | None, jar: Jar) -> str:
        session, grant_id = state.session, state.grant_id or (grant.id if grant else None)
        if session is None or grant_id is None or state.session_cookie is None:
            raise OAuthError("server_error", "nothing to issue a code for")
        await sessions.touch(tx, self._provider.clock, session, self._life)
        jar.session(state.session_cookie, self._life.idle // 1000)
        return await codes.issue(
            tx,
            self._provider.clock,
            client=state.asked.client,
            session=session,
            grant_id=grant_id,
            params=state.asked.params,
        )


def _page(interaction: Interaction) -> str:
    if interaction.prompt == CONSENT:
        return consent_page(interaction.client_id)
    return login_page(steps.params_of(interaction))
