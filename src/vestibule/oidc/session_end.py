"""RP-Initiated Logout 1.0 (contract 1.13). Between page and answer nothing is kept: `xsrf` is a signed ticket."""

import base64
import hmac
from hashlib import sha256
from urllib.parse import urlencode

import msgspec

from vestibule.crypto import digest, same
from vestibule.domain import cookies as names
from vestibule.domain import sessions
from vestibule.domain.audit import Event
from vestibule.domain.clients import Client, find_client
from vestibule.errors import OAuthError, TokenRejected
from vestibule.http import Request, Response, redirect
from vestibule.oidc import respond
from vestibule.oidc.cookies import Jar
from vestibule.oidc.params import Parameters, posted, sent
from vestibule.oidc.provider import Provider

TICKET_MS = 3600 * 1000
NO_DETAILS = "could not find logout details"


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the browser goes after signing out. `session` ties it to one browser session, by digest."""

    session: str
    made_at: int
    redirect_to: str | None = None
    state: str | None = None


_decode = msgspec.json.Decoder(Ticket).decode


class SessionEnd:
    """Handlers of `/oidc/session/end` and what follows."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._key = provider.ctx.sealer.derived("logout")

    async def ask(self, request: Request) -> Response:
        """Show the page that signs out; nothing happens before it is submitted."""
        try:
            params = await sent(request)
            hint = await self._hint(params.get("id_token_hint"))
            target = await self._target(params, hint)
        except OAuthError as error:
            return self._refused(request, error)
        cookie = self._cookie(request)
        async with self._provider.db.read() as tx:
            session = await sessions.find(tx, self._provider.clock, cookie)
        about_them = session is None or (hint is not None and hint.get("sub") == session.user_id)
        ticket = Ticket(digest(cookie or ""), self._provider.clock.now(), target, params.get("state"))
        action = f"{self._provider.issuer}/session/end/confirm"
        automatic = about_them or (hint is None and target is not None)
        return self._provider.renderer.sign_out(request, action, self._sealed(ticket), target, automatic=automatic)

    async def confirm(self, request: Request) -> Response:
        """End the session and what is bound to it, then send the browser where the client wanted it."""
        try:
            params = await posted(request)
            ticket = self._opened(params.get("xsrf") or "", self._cookie(request))
        except OAuthError as error:
            return self._refused(request, error)
        goes = redirect(self._destination(ticket))
        if params.get("logout") is None:
            return goes
        async with self._provider.db.write() as tx:
            session = await sessions.find(tx, self._provider.clock, self._cookie(request))
            if session is not None:
                await sessions.end(tx, self._provider.clock, session)
        if session is not None:
            self._provider.ctx.trail.record(Event(key="Session.End", user_id=session.user_id, session_id=session.uid))
        jar = Jar(self._provider.cookies, request, secure=self._provider.ctx.settings.is_secure)
        jar.no_session()
        return jar.write(goes)

    async def done(self, request: Request) -> Response:
        """Say that the person is signed out."""
        return self._provider.renderer.signed_out(request)

    def _refused(self, request: Request, error: OAuthError) -> Response:
        shown = respond.to_browser(request, self._provider, error)
        if shown is None:
            raise error
        return shown

    def _cookie(self, request: Request) -> str | None:
        return self._provider.cookies.read(request.cookies, names.SESSION)

    async def _hint(self, hint: str | None) -> dict[str, object] | None:
        if hint is None:
            return None
        try:
            return dict(await self._provider.keys.verify_hint(hint))
        except TokenRejected as error:
            raise OAuthError("invalid_request", "could not decode id_token_hint") from error

    async def _target(self, params: Parameters, hint: dict[str, object] | None) -> str | None:
        """Return the checked `post_logout_redirect_uri`; without a client it is ignored (section 3)."""
        client_id, uri = params.get("client_id"), params.get("post_logout_redirect_uri")
        if hint is not None and client_id is not None and hint.get("aud") != client_id:
            raise OAuthError("invalid_request", "client_id does not match the provided id_token_hint")
        client = await self._client(client_id or (str(hint["aud"]) if hint is not None else None))
        if client is None or uri is None:
            return None
        if uri not in client.metadata.post_logout_redirect_uris:
            raise OAuthError("invalid_request", "post_logout_redirect_uri not registered")
        return uri

    async def _client(self, client_id: str | None) -> Client | None:
        if client_id is None:
            return None
        async with self._provider.db.read() as tx:
            client = await find_client(tx, client_id)
        if client is None:
            raise OAuthError("invalid_client", f"invalid client {client_id[:64]}")
        return client

    def _destination(self, ticket: Ticket) -> str:
        if ticket.redirect_to is None:
            return f"{self._provider.issuer}/session/end/success"
        if ticket.state is None:
            return ticket.redirect_to
        mark = "&" if "?" in ticket.redirect_to else "?"
        return f"{ticket.redirect_to}{mark}{urlencode({'state': ticket.state})}"

    def _sealed(self, ticket: Ticket) -> str:
        content = base64.urlsafe_b64encode(msgspec.json.encode(ticket)).decode().rstrip("=")
        return f"{content}.{self._mac(content)}"

    def _opened(self, text: str, cookie: str | None) -> Ticket:
        content, _, mac = text.partition(".")
        if not same(mac, self._mac(content)):
            raise OAuthError("invalid_request", NO_DETAILS)
        ticket = _decode(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
        too_old = self._provider.clock.now() - ticket.made_at > TICKET_MS
        if too_old or not same(ticket.session, digest(cookie or "")):
            raise OAuthError("invalid_request", NO_DETAILS)
        return ticket

    def _mac(self, content: str) -> str:
        return hmac.new(self._key, content.encode(), sha256).hexdigest()
