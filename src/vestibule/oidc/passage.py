"""An authorization request on its way through one answer: who is signed in, what was just achieved, what comes next."""

from vestibule.db import Tx
from vestibule.domain import cookies as names
from vestibule.domain import grants, one_time_tokens, sessions, trusted_devices
from vestibule.domain.audit import Event
from vestibule.domain.interactions import steps
from vestibule.domain.interactions.steps import CONSENT, LOGIN, Outcome
from vestibule.domain.sessions import Lifetime
from vestibule.errors import OAuthError
from vestibule.http import Request, Response, redirect
from vestibule.model import Grant, Interaction, Session
from vestibule.oidc import asked, codes, respond
from vestibule.oidc.asked import Asked
from vestibule.oidc.checks import CHECKS
from vestibule.oidc.cookies import Jar
from vestibule.oidc.provider import Provider
from vestibule.oidc.screens import consent_page, login_page

DAY_SECONDS = 86_400


class Passage:
    """`check`, then in one transaction `hold` and `go_on`, then `answer`; a refusal on the way is the answer."""

    def __init__(self, provider: Provider, request: Request, found: Asked, *, goes_straight: bool = False) -> None:
        """Begin; with `goes_straight` an application of our own needs no step of consent."""
        self._provider = provider
        self._request = request
        self._asked = found
        self._goes_straight = goes_straight
        self._jar = Jar(provider.cookies, request, secure=provider.ctx.settings.is_secure)
        self._session_cookie = provider.cookies.read(request.cookies, names.SESSION)
        self._session: Session | None = None
        self._just_signed_in = self._is_new = False
        self._grant_id: str | None = None
        self._hinted: str | None = None
        self._is_of_another = False
        self._refusal: OAuthError | None = None
        self._made: Response | str | None = None

    @property
    def is_first(self) -> bool:
        """Whether the browser has no session: then there is nothing to hold, and one row to write."""
        return self._session_cookie is None

    async def check(self) -> None:
        """Run the checks after which errors go back to the client; raises OAuthError."""
        for check in CHECKS:
            check(self._asked)
        self._hinted = await asked.hinted_user(self._provider, self._asked.params)

    def refuse(self, error: OAuthError) -> None:
        """Tell the client, whatever else there was to answer."""
        self._refusal = error

    async def hold(self, tx: Tx) -> None:
        """Keep the browser's session for this transaction alone."""
        self._session = await sessions.hold(tx, self._provider.clock, self._session_cookie)
        self._is_of_another = await asked.is_link_of_another(tx, self._asked.params, self._session)

    async def go_on(self, tx: Tx, ended: Interaction | None = None) -> None:
        """Decide what comes next, a page or a code, after the step that has `ended` if there is one.

        Whoever calls holds its user, has used the step up, and holds the session. Raises OAuthError.
        """
        if ended is not None and self._refusal is None:
            await self._take_up(tx, ended)
        if self._refusal is None:
            self._made = await self._page_or_code(tx)

    def answer(self) -> Response:
        """Return the answer, once the transaction is over."""
        if self._refusal is not None:
            answer = respond.refusal(self._request, self._provider, self._asked.params, self._refusal)
        elif isinstance(self._made, str):
            self._note_end()
            answer = respond.to_client(self._request, self._provider, self._asked.params, {"code": self._made})
        elif self._made is not None:
            answer = self._made
        else:
            raise RuntimeError("asked for the answer before the passage was gone")
        return self._jar.write(answer)

    async def _page_or_code(self, tx: Tx) -> Response | str:
        session, client, grant = self._session, self._asked.client, None
        if session is not None and not self._is_new:
            grant = await grants.of_session(tx, self._provider.clock, session.uid, client.id, session.user_id)
        step, params = self._next_step(grant), self._asked.params
        if step != LOGIN and params.one_time_token is not None and params.login_hint is not None:
            # A link to whoever is signed in has done its part (contract 5.12).
            await one_time_tokens.use_up(tx, self._provider.ctx, params.one_time_token, params.login_hint)
        if step == CONSENT and session is not None and self._goes_straight and not client.is_third_party:
            self._grant_id = await grants.record(tx, self._provider.clock, client, session, params, grant)
        elif step is not None:
            return await self._page_for(tx, step)
        return await self._code(tx, grant)

    @property
    def _life(self) -> Lifetime:
        """How long a session lasts."""
        return sessions.lifetime(self._provider.ctx)

    async def _take_up(self, tx: Tx, ended: Interaction) -> None:
        """Take up what the step achieved."""
        self._jar.finished(ended)
        outcome, earlier = steps.outcome_of(ended), self._session
        if outcome.refused:
            self._refusal = OAuthError("access_denied", "End-User aborted interaction")
        elif outcome.login and ended.user_id is not None and ended.signed_in_at is not None:
            await self._start(tx, ended.user_id, ended.signed_in_at, outcome)
        elif earlier is not None and earlier.uid == ended.session_id:
            self._grant_id = outcome.grant_id

    async def _start(self, tx: Tx, user_id: str, signed_in_at: int, outcome: Outcome) -> None:
        """Start the session of a fresh sign-in."""
        clock, earlier = self._provider.clock, self._session
        started = await sessions.start(tx, clock, user_id, signed_in_at, earlier, self._life)
        self._is_new = earlier is None or earlier.uid != started.session.uid
        self._session, self._session_cookie = started.session, started.cookie
        self._just_signed_in = True
        self._jar.session(started.cookie, self._life.idle // 1000)
        if outcome.trusts:
            ctx = self._provider.ctx
            cookie = await trusted_devices.trust(tx, ctx, self._jar.device, user_id)
            self._jar.trusted(cookie, ctx.live.experience.trusted_device.days * DAY_SECONDS)
        if self._hinted not in {None, user_id}:
            self._refusal = OAuthError("login_required", "End-User is not the one whom id_token_hint names")

    def _next_step(self, grant: Grant | None) -> str | None:
        params, client, session = self._asked.params, self._asked.client, self._session
        if session is None or self._must_sign_in(session):
            return LOGIN
        if self._grant_id is not None:
            return None
        covered = grant is not None and grants.covers(grant, params.scopes, params.resource)
        if client.type != "Native" and covered and "consent" not in params.prompts:
            return None
        return CONSENT

    def _must_sign_in(self, session: Session) -> bool:
        """`prompt=login`, a session too old for `max_age`, or another user than a hint names or a link is for."""
        params = self._asked.params
        if self._is_of_another or (self._hinted is not None and self._hinted != session.user_id):
            return True
        if self._just_signed_in or self._grant_id is not None:
            return False
        if "login" in params.prompts or params.max_age is None:
            return "login" in params.prompts
        age, limit = self._provider.clock.now() - session.signed_in_at, int(params.max_age) * 1000
        return limit == 0 or age > limit

    async def _page_for(self, tx: Tx, step: str) -> Response:
        params, client, jar = self._asked.params, self._asked.client, self._jar
        if "none" in params.prompts:
            if step == LOGIN:
                raise OAuthError("login_required", "End-User authentication is required")
            raise OAuthError("consent_required", "End-User consent is required")
        interaction = await steps.begin(
            tx,
            self._provider.ctx,
            params,
            client,
            step,
            browser_secret=jar.browser,
            session=self._session,
            device=jar.device,
        )
        jar.interaction(interaction, params.ui_locales)
        return redirect(login_page(params) if step == LOGIN else consent_page(client.id))

    def _note_end(self) -> None:
        session = self._session
        if session is not None:
            client_id = self._asked.client.id
            event = Event(
                key="Interaction.End", user_id=session.user_id, application_id=client_id, session_id=session.uid
            )
            self._provider.ctx.trail.record(event)

    async def _code(self, tx: Tx, grant: Grant | None) -> str:
        session, grant_id = self._session, self._grant_id or (grant.id if grant else None)
        if session is None or grant_id is None or self._session_cookie is None:
            raise OAuthError("server_error", "nothing to issue a code for")
        await sessions.touch(tx, self._provider.clock, session, self._life)
        self._jar.session(self._session_cookie, self._life.idle // 1000)
        return await codes.issue(
            tx,
            self._provider.clock,
            client=self._asked.client,
            session=session,
            grant_id=grant_id,
            params=self._asked.params,
        )
