"""The authorization endpoint (RFC 6749 section 3.1) and the way back to it from the pages."""

from vestibule.domain import cookies as names
from vestibule.domain import sessions
from vestibule.domain.clients import Client
from vestibule.domain.interactions import steps
from vestibule.domain.interactions.steps import CONSENT
from vestibule.errors import OAuthError, RequestExpired
from vestibule.http import Request, Response, redirect
from vestibule.model import Interaction
from vestibule.oidc import asked, respond
from vestibule.oidc.params import sent
from vestibule.oidc.passage import Passage
from vestibule.oidc.provider import Provider
from vestibule.oidc.screens import consent_page, login_page


class Authorization:
    """Handlers of `/oidc/auth` and `/oidc/auth/{uid}`, and what our own pages end with in their place."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def begin(self, request: Request) -> Response:
        """Answer an authorization request."""
        try:
            passage = Passage(self._provider, request, await asked.accept(self._provider, await sent(request)))
        except OAuthError as error:
            return self._shown(request, error)
        try:
            await passage.check()
            db = self._provider.db
            async with db.single() if passage.is_first else db.write() as tx:
                await passage.hold(tx)
                await passage.go_on(tx)
        except OAuthError as error:
            passage.refuse(error)
        return passage.answer()

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
            passage = Passage(provider, request, await asked.look_up(provider, steps.params_of(interaction)))
        except OAuthError as error:
            return self._shown(request, error)
        try:
            await passage.check()
            await self._resume(passage, interaction)
        except OAuthError as error:
            passage.refuse(error)
        return passage.answer()

    async def _resume(self, passage: Passage, interaction: Interaction) -> None:
        """Use the step up and go on, in one transaction; raises OAuthError, RequestExpired."""
        async with self._provider.db.write() as tx:
            if interaction.user_id is not None:
                await sessions.hold_user(tx, interaction.user_id)
            await passage.hold(tx)
            ended = await steps.take_ended(tx, self._provider.ctx, interaction)
            if ended is None:
                raise RequestExpired
            await passage.go_on(tx, ended)

    async def hand_over(self, request: Request, interaction: Interaction, client: Client) -> Passage:
        """Return the way on from a step that a page is about to end: `resume` and an automatic consent, at once.

        For pages that have found the step by this browser's cookies, and its client. Raises OAuthError where the
        redirect URI is the client's no longer.
        """
        found = await asked.look_up(self._provider, steps.params_of(interaction), client)
        passage = Passage(self._provider, request, found, goes_straight=True)
        try:
            await passage.check()
        except OAuthError as error:
            passage.refuse(error)
        return passage

    def _shown(self, request: Request, error: OAuthError) -> Response:
        """Answer the browser itself, with a page for people."""
        shown = respond.to_browser(request, self._provider, error)
        if shown is None:
            raise error
        return shown


def _page(interaction: Interaction) -> str:
    if interaction.prompt == CONSENT:
        return consent_page(interaction.client_id)
    return login_page(steps.params_of(interaction))
