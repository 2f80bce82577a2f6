"""The authorization endpoint (RFC 6749 section 3.1) and the way back to it from the pages."""

from dataclasses import dataclass

import msgspec

from vestibule.db import Tx
from vestibule.domain import applications, grants, interactions, sessions
from vestibule.domain import cookies as names
from vestibule.domain.audit import Event
from vestibule.domain.authorization import AuthorizationParams
from vestibule.domain.clients import Client
from vestibule.domain.interactions import CONSENT, LOGIN, Outcome
from vestibule.errors import OAuthError, TokenRejected
from vestibule.http import Request, Response, redirect
from vestibule.model import Grant, Interaction, Session
from vestibule.oidc import codes, respond
from vestibule.oidc.checks import CHECKS, Asked
from vestibule.oidc.cookies import Jar
from vestibule.oidc.params import Parameters, sent
from vestibule.oidc.provider import Provider
from vestibule.oidc.screens import consent_page, login_page
from vestibule.store import interactions as store
from vestibule.store import resources, scopes

FIELDS = frozenset(AuthorizationParams.__struct_fields__) - {"resource", "redirect_uri_sent"}
EXPIRED = "authorization request has expired"


@dataclass
class State:
    """An authorization request on its way: who is signed in, and which steps it has just been through."""

    asked: Asked
    session: Session | None = None
    session_cookie: str | None = None
    just_signed_in: bool = False
    grant_id: str | None = None
    hinted: str | None = None


class Authorization:
    """Handlers of `/oidc/auth` and `/oidc/auth/{uid}`."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._secure = provider.ctx.settings.is_secure

    async def begin(self, request: Request) -> Response:
        """Answer an authorization request."""
        try:
            state = await self._accept(await sent(request))
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
                interaction = await interactions.find(provider.ctx, uid, provider.cookies, request.cookies)
            if interaction is None:
                raise OAuthError("invalid_request", EXPIRED)
            if interaction.result is None:
                return redirect(_page(interaction))
            # The client may have changed since: its redirect URI is checked again before it is used.
            state = await self._load(interactions.params_of(interaction))
        except OAuthError as error:
            return self._shown(request, error)
        return await self._checked(request, state, interaction)

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
            if interaction is None:
                state.hinted = await self._hinted_user(state.asked.params.id_token_hint)
            return jar.write(await self._proceed(request, state, jar, interaction))
        except OAuthError as error:
            return respond.refusal(request, self._provider, state.asked.params, error)

    async def _accept(self, params: Parameters) -> State:
        """Check what must hold before the browser may be sent anywhere."""
        params.need("client_id")
        known = {name: value for name in FIELDS if (value := params.get(name)) is not None}
        more = {"resource": params.all("resource"), "redirect_uri_sent": "redirect_uri" in known}
        return await self._load(msgspec.convert({**known, **more}, AuthorizationParams))

    async def _load(self, params: AuthorizationParams) -> State:
        async with self._provider.db.read() as tx:
            client = await applications.find_client(tx, params.client_id)
            known = await tx.all(resources.KNOWN, indicators=params.resource) if params.resource else []
            named = []
            if client is not None and client.is_third_party:
                named = await tx.all(scopes.DESCRIPTIONS, indicators=params.resource, names=params.scopes)
        if client is None:
            raise OAuthError("invalid_client", f"invalid client {params.client_id[:64]}")
        params = self._with_redirect_uri(params, client)
        indicators, names = frozenset(r.indicator for r in known), frozenset(s.name for s in named)
        return State(Asked(params, client, indicators, names))

    def _with_redirect_uri(self, params: AuthorizationParams, client: Client) -> AuthorizationParams:
        """Return the request with its redirect URI, which may be left out when exactly one is registered."""
        registered = client.metadata.redirect_uris
        if not params.redirect_uri:
            if len(registered) != 1:
                raise OAuthError("invalid_request", "missing required parameter 'redirect_uri'")
            params = msgspec.structs.replace(params, redirect_uri=registered[0])
        if not client.has_redirect_uri(params.redirect_uri):
            extra = {"iss": self._provider.issuer} | ({"state": params.state} if params.state else {})
            description = "redirect_uri did not match any of the client's registered redirect_uris"
            raise OAuthError("invalid_redirect_uri", description, extra=extra)
        return params

    async def _hinted_user(self, hint: str | None) -> str | None:
        """Return the subject of `id_token_hint` (OpenID Connect Core section 3.1.2.1)."""
        if hint is None:
            return None
        try:
            return str((await self._provider.keys.verify_hint(hint)).get("sub"))
        except TokenRejected as error:
            raise OAuthError("invalid_request", "could not validate id_token_hint") from error

    async def _proceed(
        self, request: Request, state: State, jar: Jar, interaction: Interaction | None = None
    ) -> Response:
        """Decide what comes next, in one transaction: a page, or a code."""
        params, client = state.asked.params, state.asked.client
        async with self._provider.db.write() as tx:
            state.session = await sessions.find(tx, self._provider.clock, state.session_cookie)
            if interaction is not None:
                await self._take_up(tx, state, interaction, jar)
            session = state.session
            grant = None
            if session is not None:
                clock = self._provider.clock
                grant = await grants.of_session(tx, clock, session.uid, client.id, session.user_id)
            step = self._next_step(state, grant)
            if step is not None:
                return await self._page_for(tx, state, jar, step)
            code = await self._code(tx, state, grant, jar)
        self._note_end(state)
        return respond.to_client(request, self._provider, params, {"code": code})

    async def _take_up(self, tx: Tx, state: State, interaction: Interaction, jar: Jar) -> None:
        """Use up the step that was resumed, and what it achieved."""
        clock = self._provider.clock
        done = await tx.one(store.FINISH, interaction_id=interaction.id, now=clock.now())
        if done is None:
            raise OAuthError("invalid_request", EXPIRED)
        outcome: Outcome = interactions.outcome_of(done)
        if outcome.refused:
            raise OAuthError("access_denied", "End-User aborted interaction")
        if outcome.login and done.user_id is not None and done.signed_in_at is not None:
            started = await sessions.start(tx, clock, done.user_id, done.signed_in_at, state.session)
            state.session, state.session_cookie = started.session, started.cookie
            state.just_signed_in = True
            jar.session(started.cookie)
        elif state.session is not None and state.session.uid == done.session_id:
            state.grant_id = outcome.grant_id
            jar.finished(done)

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
        """`prompt=login`, a session too old for `max_age`, or another user than the hint names."""
        params = state.asked.params
        if state.hinted is not None and state.hinted != session.user_id:
            return True
        if state.just_signed_in or state.grant_id is not None:
            return False
        age = self._provider.clock.now() - session.signed_in_at
        return "login" in params.prompts or (params.max_age is not None and age > int(params.max_age) * 1000)

    async def _page_for(self, tx: Tx, state: State, jar: Jar, step: str) -> Response:
        params, client = state.asked.params, state.asked.client
        if "none" in params.prompts:
            if step == LOGIN:
                raise OAuthError("login_required", "End-User authentication is required")
            raise OAuthError("consent_required", "End-User consent is required")
        ctx, secret = self._provider.ctx, jar.browser
        interaction = await interactions.begin(
            tx, ctx, params, client, step, browser_secret=secret, session=state.session
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
        await sessions.touch(tx, self._provider.clock, session)
        jar.session(state.session_cookie)
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
    return login_page(interactions.params_of(interaction))
