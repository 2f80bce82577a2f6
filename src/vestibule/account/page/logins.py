"""Sign-ins under way: what was sent along with the browser, and what must come back with the same one (RFC 9700)."""

import re
from dataclasses import dataclass

import msgspec

from vestibule.account import store
from vestibule.account.context import Context
from vestibule.account.page.addresses import HOME
from vestibule.account.page.cookies import Cookies
from vestibule.account.page.relying_party import RelyingParty, SignInFailed, Tokens
from vestibule.crypto import digest, new_token
from vestibule.http import Request, Response

LOGIN_MS = 3_600_000
HANDLE = re.compile(r"[A-Za-z0-9_-]{43}")
OWN_PAGE = re.compile(r"/([a-z-]{1,32}(/[a-z-]{1,32})?)?(\?[!-~]{0,256})?")


class Making(msgspec.Struct, frozen=True):
    """A passkey that is to be made: for whom, and the ids of those that there are."""

    user_id: str
    held: frozenset[str]


class _Secret(msgspec.Struct):
    nonce: str
    verifier: str
    back: str
    making: Making | None = None


@dataclass(frozen=True)
class Finished:
    """Who has signed in, with their tokens, and where to go; `making` where a passkey was to be made."""

    user_id: str
    tokens: Tokens
    back: str
    making: Making | None


class Logins:
    """Begins and finishes sign-ins. A browser may have several under way, one for each tab."""

    def __init__(self, ctx: Context, party: RelyingParty, cookies: Cookies) -> None:
        self._ctx = ctx
        self._party = party
        self._cookies = cookies

    async def begin(
        self, request: Request, language: str | None, back: str, answer: Response, *, making: Making | None = None
    ) -> str:
        """Remember a sign-in and the page to come back to, tie it to this browser, and return where to send it.

        With `making`, a passkey is to be made there.
        """
        state, secret = new_token(), _Secret(new_token(), new_token(), own_page(back), making)
        action = "" if making is None else "add-passkey"
        url = await self._party.authorization_url(state, secret.nonce, secret.verifier, language, action)
        browser = request.cookies.get(self._cookies.login, "")
        if not HANDLE.fullmatch(browser):
            browser = new_token()
        async with self._ctx.db.write() as tx:
            await tx.run(
                store.INSERT_LOGIN,
                id=digest(state),
                browser_digest=digest(browser),
                secret_sealed=self._sealed(digest(state), secret),
                expires_at=self._ctx.clock.now() + LOGIN_MS,
            )
        self._cookies.set(answer, self._cookies.login, browser, LOGIN_MS // 1000)
        return url

    async def finish(self, request: Request) -> Finished:
        """Redeem what the browser brought back, once. Raises SignInFailed, IdentityServerAway."""
        query, issuer = dict(request.query_items), self._ctx.settings.issuer
        login_id, browser = digest(query.get("state", "")), digest(request.cookies.get(self._cookies.login, ""))
        async with self._ctx.db.write() as tx:
            login = await tx.one(store.TAKE_LOGIN, login_id=login_id, browser=browser, now=self._ctx.clock.now())
        if login is None:
            raise SignInFailed("the state is unknown, used, or of another browser")
        if query.get("iss", issuer) != issuer or not query.get("code"):
            raise SignInFailed(f"the answer holds no code: {query.get('error', 'no error either')}")
        sealed = self._ctx.sealer.open(login.secret_sealed, "logins", "secret_sealed", login.id)
        secret = msgspec.json.decode(sealed, type=_Secret)
        user_id, tokens = await self._party.exchange(query["code"], secret.verifier, secret.nonce)
        return Finished(user_id, tokens, secret.back, secret.making)

    def _sealed(self, login_id: str, secret: _Secret) -> str:
        return self._ctx.sealer.seal(msgspec.json.encode(secret), "logins", "secret_sealed", login_id)


def own_page(path: str) -> str:
    """Return the path when it is one of this site's pages, and the overview otherwise."""
    return path if OWN_PAGE.fullmatch(path) else HOME
