"""Sessions of the page: a cookie that is only a handle; the user's tokens are sealed in the store, and renewed."""

import asyncio
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import msgspec

from vestibule.account import store
from vestibule.account.context import Context
from vestibule.account.page.api import SignInAgain
from vestibule.account.page.cookies import Cookies
from vestibule.account.page.relying_party import RelyingParty, SignInFailed, Tokens
from vestibule.account.problems import IdentityServerAway
from vestibule.account.signatures import Unverified, parse
from vestibule.account.tables import SID_LENGTH
from vestibule.crypto import digest, new_token
from vestibule.http import Request, Response

IDLE_MS, ABSOLUTE_MS = 24 * 3_600_000, 14 * 86_400_000
TOUCH_MS, RENEW_BEFORE_MS = 60_000, 60_000
POLL_SECONDS, POLLS = 0.05, 200


class _Named(msgspec.Struct):
    """The claim that names the session (OpenID Connect Back-Channel Logout 1.0 section 2.1)."""

    sid: str = ""


@dataclass(frozen=True)
class Open:
    """A live session, its tokens (from `current` good now), and what each of its forms carries (B41).

    `cookie` is its value, of a session that has just begun: it is stored nowhere, and still to be handed over.
    """

    row: store.PageSession
    tokens: Tokens
    csrf: str
    cookie: str = ""

    @property
    def access_token(self) -> str:
        """The user's token for the settings API."""
        return self.tokens.access_token

    @property
    def sid(self) -> str:
        """The id of the session at the identity server that the person uses now; empty when it was not told."""
        return sid_of(self.tokens)

    @property
    def keeping(self) -> str:
        """The query that keeps this session while all others end; empty when it has no name."""
        return f"?{urlencode({'keep': self.sid})}" if self.sid else ""


def sid_of(tokens: Tokens) -> str:
    """Return the claim `sid` of the ID token; empty when there is none."""
    try:
        return parse(tokens.id_token, _Named).claims.sid
    except Unverified:
        return ""


class Sessions:
    """Starts, finds, renews and ends sessions."""

    def __init__(self, ctx: Context, party: RelyingParty, cookies: Cookies) -> None:
        self._ctx = ctx
        self._party = party
        self.cookies = cookies
        # Renewing takes two calls at most; whoever has not finished by then has died, and another request may try.
        self._lease_ms = (2 * ctx.settings.timeout_seconds + 10) * 1000

    async def start(self, user_id: str, tokens: Tokens, answer: Response) -> None:
        """Start a session under a new id."""
        now = self._ctx.clock.now()
        begun = self._new(user_id, tokens, now, now + ABSOLUTE_MS)
        async with self._ctx.db.write() as tx:
            await tx.run(store.INSERT_SESSION, **msgspec.structs.asdict(begun.row))
        self.hand_over(begun, answer)

    async def restart(self, session: Open, *, is_kept: bool = False) -> Open:
        """Go on under a new id (B37), to be handed over: it lives no longer than the old one would have.

        Raises SignInAgain when a session that its own change has kept has ended meanwhile. A change that keeps none has
        ended it itself.
        """
        row = session.row
        begun = self._new(row.user_id, session.tokens, row.created_at, row.expires_at)
        async with self._ctx.db.write() as tx:
            if not await tx.run(store.DELETE_SESSION, session_id=row.id) and is_kept:
                raise SignInAgain
            await tx.run(store.INSERT_SESSION, **msgspec.structs.asdict(begun.row))
        return begun

    def _new(self, user_id: str, tokens: Tokens, created_at: int, expires_at: int) -> Open:
        cookie, now, sid = new_token(), self._ctx.clock.now(), sid_of(tokens)
        row = store.PageSession(
            id=digest(cookie),
            user_id=user_id,
            tokens_sealed=self._sealed(digest(cookie), tokens),
            version=0,
            created_at=created_at,
            seen_at=now,
            expires_at=expires_at,
            renewing_until=0,
            sid=sid if 0 < len(sid) <= SID_LENGTH else None,
        )
        return replace(self._opened(row), cookie=cookie)

    def hand_over(self, session: Open, answer: Response) -> None:
        """Give the browser the cookie of a session that has just begun."""
        seconds = (session.row.expires_at - session.row.seen_at) // 1000
        self.cookies.set(answer, self.cookies.session, session.cookie, seconds)

    def _sealed(self, session_id: str, tokens: Tokens) -> str:
        return self._ctx.sealer.seal(msgspec.json.encode(tokens), "page_sessions", "tokens_sealed", session_id)

    def _opened(self, row: store.PageSession) -> Open:
        text = self._ctx.sealer.open(row.tokens_sealed, "page_sessions", "tokens_sealed", row.id)
        csrf = self._ctx.sealer.keyed_digest(row.id, "page-form")
        return Open(row, msgspec.json.decode(text, type=Tokens), csrf)

    async def find(self, request: Request) -> Open | None:
        """Return the browser's session as it is, or None."""
        cookie = request.cookies.get(self.cookies.session)
        return await self._load(digest(cookie)) if cookie else None

    async def _load(self, session_id: str) -> Open | None:
        now = self._ctx.clock.now()
        async with self._ctx.db.read() as tx:
            row = await tx.one(store.GET_SESSION, session_id=session_id, now=now, idle_since=now - IDLE_MS)
        return None if row is None else self._opened(row)

    async def current(self, request: Request) -> Open | None:
        """Return the browser's session with a fresh access token, or None. Raises IdentityServerAway."""
        session = await self.find(request)
        for _ in range(POLLS):
            now = self._ctx.clock.now()
            if session is None or session.tokens.expires_at - RENEW_BEFORE_MS > now:
                break
            if await self._may_renew(session.row, now):
                session = await self._renewed(session)
            elif session.tokens.expires_at > now:
                break  # another request renews; this one goes on with what is still good
            else:
                await asyncio.sleep(POLL_SECONDS)
                session = await self._load(session.row.id)
        else:
            raise IdentityServerAway
        if session is not None:
            await self._touch(session.row)
        return session

    async def _may_renew(self, row: store.PageSession, now: int) -> bool:
        """Take the lease: of many requests, on whatever node, one renews, since a refresh token is good once."""
        lease = {"seen_version": row.version, "now": now, "until": now + self._lease_ms}
        async with self._ctx.db.write() as tx:
            return await tx.run(store.LEASE_SESSION, session_id=row.id, **lease) == 1

    async def _renewed(self, session: Open) -> Open | None:
        """Renew the tokens; None when the sign-in is over. Raises IdentityServerAway, and gives the lease back."""
        row = session.row
        try:
            tokens = await self._party.renew(session.tokens)
        except SignInFailed:
            await self._delete(row.id)
            return None
        except IdentityServerAway:
            async with self._ctx.db.write() as tx:
                await tx.run(store.RELEASE_SESSION, session_id=row.id, seen_version=row.version)
            raise
        now = self._ctx.clock.now()
        values = {"seen_version": row.version, "sealed": self._sealed(row.id, tokens), "now": now}
        async with self._ctx.db.write() as tx:
            kept = await tx.run(store.RENEW_SESSION, session_id=row.id, **values)
        if not kept:  # ended in the meantime
            await self._party.revoke(tokens)
            return None
        return replace(session, row=msgspec.structs.replace(row, seen_at=now), tokens=tokens)

    async def _touch(self, row: store.PageSession) -> None:
        now = self._ctx.clock.now()
        if now - row.seen_at > TOUCH_MS:
            async with self._ctx.db.write() as tx:
                await tx.run(store.TOUCH_SESSION, session_id=row.id, now=now)

    async def end_all(self, user_id: str) -> None:
        """End every session of a user here: whoever is signed in to the page does not know of a new factor (B40)."""
        async with self._ctx.db.write() as tx:
            await tx.run(store.END_SESSIONS, owner=user_id, kept=None)

    async def give_way(self, earlier: Open, user_id: str, tokens: Tokens) -> None:
        """End a session whose browser has signed in again.

        Its tokens are revoked, unless the new ones come of the same sign-in there: one grant holds both, and goes.
        """
        if earlier.row.user_id == user_id and earlier.sid and earlier.sid == sid_of(tokens):
            await self._delete(earlier.row.id)
        else:
            await self.end(earlier)

    async def end(self, session: Open) -> None:
        """End a session here and revoke its tokens."""
        await self._delete(session.row.id)
        await self._party.revoke(session.tokens)

    async def _delete(self, session_id: str) -> None:
        async with self._ctx.db.write() as tx:
            await tx.run(store.DELETE_SESSION, session_id=session_id)

    def forget(self, answer: Response) -> None:
        """Take the cookie away from the browser."""
        self.cookies.set(answer, self.cookies.session, "", 0)
