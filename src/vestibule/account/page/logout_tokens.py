"""Told by the identity server that somebody is signed out (OpenID Connect Back-Channel Logout 1.0).

The sessions of the page that rest on that sign-in end at once, with the tokens they hold: also when an account is
deleted, of which nothing may stay here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from vestibule.account import store
from vestibule.account.context import Context
from vestibule.account.identity import Identity
from vestibule.account.page.addresses import BACKCHANNEL_LOGOUT
from vestibule.account.problems import IdentityServerAway
from vestibule.account.signatures import LEEWAY_SECONDS, Unverified, parse, verify
from vestibule.errors import OAuthError
from vestibule.http import PUBLIC, Request, Response, Route, empty, json_response

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPES = frozenset({"logout+jwt", "jwt"})
"""The type that section 2.4 recommends, and the one of servers that do not follow it."""
NOT_STORED = {"cache-control": "no-store"}


class _Claims(msgspec.Struct):
    iss: str
    aud: str | list[str]
    iat: float
    exp: float
    events: Mapping[str, object]
    sub: str | None = None
    sid: str | None = None
    toe: float | None = None
    nonce: object = msgspec.UNSET


@dataclass(frozen=True)
class LogoutTokens:
    """The endpoint that logout tokens are posted to."""

    ctx: Context
    identity: Identity

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("POST", BACKCHANNEL_LOGOUT, self.told, access=PUBLIC, summary="Told that somebody is signed out")]

    async def told(self, request: Request) -> Response:
        """POST /backchannel-logout: 200 when no such session is left, 400 for a token that is none (section 2.8).

        503 asks the identity server to come again.
        """
        try:
            given = (await request.form_fields()).get("logout_token", [])
            if len(given) != 1:
                raise Unverified("there is not one logout token")
            claims = await self._verified(given[0])
        except (Unverified, OAuthError) as error:
            self.ctx.log.debug("logout_token_refused", reason=str(error))
            return json_response({"error": "invalid_request"}, 400, headers=NOT_STORED)
        except IdentityServerAway:
            return empty(503, headers=NOT_STORED)
        async with self.ctx.db.write() as tx:
            # It may come late, or twice: what began since goes on, as far as two clocks agree.
            before = round(((claims.toe or claims.iat) + LEEWAY_SECONDS) * 1000)
            await tx.run(store.SIGN_OUT, subject=claims.sub, of_sign_in=claims.sid, before=before)
        return empty(200, headers=NOT_STORED)

    async def _verified(self, text: str) -> _Claims:
        """Check a logout token (section 2.6); raises Unverified, IdentityServerAway."""
        token = parse(text, _Claims)
        claims, now = token.claims, self.ctx.clock.now() / 1000
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if token.header.typ.lower() not in TYPES or claims.iss != self.identity.issuer:
            raise Unverified("it is no logout token of this issuer")
        if self.ctx.settings.page_client_id not in audience:
            raise Unverified("it is for another application")
        if claims.exp + LEEWAY_SECONDS <= now or claims.iat - LEEWAY_SECONDS > now:
            raise Unverified("it has expired, or is of the future")
        if not isinstance(claims.events.get(EVENT), dict) or claims.nonce is not msgspec.UNSET:
            raise Unverified("it tells of something else")
        if claims.sub is None and claims.sid is None:
            raise Unverified("it names nobody")
        await verify(self.identity, token)
        return claims
