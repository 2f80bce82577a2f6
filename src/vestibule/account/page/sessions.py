"""Sessions of the page: a cookie that is only a handle; the user's tokens are sealed in the store, and renewed."""

from dataclasses import dataclass

import msgspec

from vestibule.account import store
from vestibule.account.context import Context
from vestibule.account.page.relying_party import RelyingParty, SignInFailed, Tokens
from vestibule.crypto import digest, new_token, same
from vestibule.http import Request, Response

IDLE_MS, ABSOLUTE_MS = 24 * 3_600_000, 14 * 86_400_000
TOUCH_MS, RENEW_BEFORE_MS = 60_000, 60_000
LOGIN_MS = 3_600_000


@dataclass(frozen=True)
class Open:
    """A live session: its id, the user, and an access token that is good now."""

    id: str
    user_id: str
    access_token: str
    csrf: str


class Cookies:
    """The page's two cookies: `__Host-` over https, without prefix on loopback; no script can read them."""

    def __init__(self, *, secure: bool) -> None:
        prefix = "__Host-" if secure else ""
        self.session, self.login = f"{prefix}vestibule_account", f"{prefix}vestibule_account_login"
        self._more = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    def set(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Put a cookie on an answer; no seconds remove it."""
        response.raw_headers.append((b"set-cookie", f"{name}={value}; Max-Age={seconds}{self._more}".encode()))


class Sessions:
    """Starts, finds, renews and ends sessions."""

    def __init__(self, ctx: Context, party: RelyingParty) -> None:
        self._ctx = ctx
        self._party = party
        self.cookies = Cookies(secure=ctx.settings.is_secure)

    async def begin_login(self, request: Request, language: str | None, back: Response) -> str:
        """Remember a sign-in under way, tie it to this browser, and return where to send it."""
        state, nonce, verifier = new_token(), new_token(), new_token()
        browser = new_token()
        secret = self._ctx.sealer.seal(f"{nonce}.{verifier}".encode(), "logins", "secret_sealed", digest(state))
        async with self._ctx.db.write() as tx:
            await tx.run(
                store.INSERT_LOGIN,
                id=digest(state),
                browser_digest=digest(browser),
                secret_sealed=secret,
                expires_at=self._ctx.clock.now() + LOGIN_MS,
            )
        self.cookies.set(back, self.cookies.login, browser, LOGIN_MS // 1000)
        return await self._party.authorization_url(state, nonce, verifier, language)

    async def finish_login(self, request: Request, back: Response) -> None:
        """Turn the identity server's answer into a session. Raises SignInFailed, IdentityServerAway."""
        query = dict(request.query_items)
        state, code = query.get("state", ""), query.get("code", "")
        async with self._ctx.db.write() as tx:
            login = await tx.one(store.TAKE_LOGIN, login_id=digest(state), now=self._ctx.clock.now())
        browser = request.cookies.get(self.cookies.login, "")
        if login is None or not same(login.browser_digest, digest(browser)):
            raise SignInFailed("the state is unknown, used, or of another browser")
        if query.get("iss", self._ctx.settings.issuer) != self._ctx.settings.issuer or not code:
            raise SignInFailed(f"the answer holds no code: {query.get('error', 'no error either')}")
        nonce, verifier = (
            self._ctx.sealer.open(login.secret_sealed, "logins", "secret_sealed", login.id).decode().split(".")
        )
        user_id, tokens = await self._party.exchange(code, verifier, nonce)
        await self.end(request)
        await self._start(user_id, tokens, back)

    async def _start(self, user_id: str, tokens: Tokens, back: Response) -> None:
        cookie, now = new_token(), self._ctx.clock.now()
        session_id = digest(cookie)
        async with self._ctx.db.write() as tx:
            await tx.run(
                store.INSERT_SESSION,
                id=session_id,
                user_id=user_id,
                tokens_sealed=self._sealed(session_id, tokens),
                version=0,
                created_at=now,
                seen_at=now,
                expires_at=now + ABSOLUTE_MS,
            )
        self.cookies.set(back, self.cookies.session, cookie, ABSOLUTE_MS // 1000)
        self.cookies.set(back, self.cookies.login, "", 0)

    def _sealed(self, session_id: str, tokens: Tokens) -> str:
        return self._ctx.sealer.seal(msgspec.json.encode(tokens), "page_sessions", "tokens_sealed", session_id)

    def _opened(self, session: store.PageSession) -> Tokens:
        text = self._ctx.sealer.open(session.tokens_sealed, "page_sessions", "tokens_sealed", session.id)
        return msgspec.json.decode(text, type=Tokens)

    async def _find(self, request: Request) -> store.PageSession | None:
        cookie = request.cookies.get(self.cookies.session)
        if not cookie:
            return None
        now = self._ctx.clock.now()
        async with self._ctx.db.read() as tx:
            return await tx.one(store.GET_SESSION, session_id=digest(cookie), now=now, idle_since=now - IDLE_MS)

    async def current(self, request: Request) -> Open | None:
        """Return the browser's session with a fresh access token, or None. Raises IdentityServerAway."""
        session = await self._find(request)
        if session is None:
            return None
        tokens, now = self._opened(session), self._ctx.clock.now()
        if tokens.expires_at - RENEW_BEFORE_MS <= now:
            try:
                tokens = await self._renewed(session, tokens)
            except SignInFailed:
                await self._delete(session.id)
                return None
        elif now - session.seen_at > TOUCH_MS:
            async with self._ctx.db.write() as tx:
                await tx.run(store.TOUCH_SESSION, session_id=session.id, now=now)
        return Open(
            session.id, session.user_id, tokens.access_token, self._ctx.sealer.keyed_digest(session.id, "page-form")
        )

    async def _renewed(self, session: store.PageSession, tokens: Tokens) -> Tokens:
        """Renew the tokens; of two requests at once the first one's are kept and both are served."""
        renewed = await self._party.renew(tokens)
        sealed, now = self._sealed(session.id, renewed), self._ctx.clock.now()
        async with self._ctx.db.write() as tx:
            await tx.run(
                store.RENEW_SESSION, session_id=session.id, seen_version=session.version, sealed=sealed, now=now
            )
        return renewed

    async def end(self, request: Request) -> None:
        """End the browser's session here and revoke its tokens."""
        session = await self._find(request)
        if session is not None:
            await self._delete(session.id)
            await self._party.revoke(self._opened(session))

    async def end_others(self, session: Open) -> None:
        """End all other sessions of a user, who has just changed the password."""
        async with self._ctx.db.write() as tx:
            await tx.run(store.DELETE_OTHER_SESSIONS, owner=session.user_id, session_id=session.id)

    async def _delete(self, session_id: str) -> None:
        async with self._ctx.db.write() as tx:
            await tx.run(store.DELETE_SESSION, session_id=session_id)
