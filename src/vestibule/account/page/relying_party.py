"""The page as an OpenID Connect client: authorization code with PKCE, `state`, `nonce`; tokens renewed and revoked."""

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx2
import msgspec

from vestibule.account.context import Context
from vestibule.account.identity import Identity
from vestibule.account.page.addresses import CALLBACK, SIGNED_OUT
from vestibule.account.permissions import SCOPES
from vestibule.account.problems import IdentityServerAway
from vestibule.account.signatures import LEEWAY_SECONDS, Unverified, parse, verify
from vestibule.client.operation import UNREADABLE
from vestibule.crypto import same

IDENTITY_SCOPES = ("openid", "offline_access", "profile", "email")


class SignInFailed(Exception):
    """The answer of the identity server does not make a sign-in; the reason is for the log."""


class Tokens(msgspec.Struct):
    """The user's tokens; `expires_at` is epoch ms."""

    access_token: str
    expires_at: int
    id_token: str = ""
    refresh_token: str | None = None


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: float
    id_token: str = ""
    refresh_token: str | None = None


class _IdClaims(msgspec.Struct):
    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    nonce: str = ""


class _Refusal(msgspec.Struct):
    error: str = ""


@dataclass(frozen=True)
class RelyingParty:
    """Talks to the authorization server on behalf of the page."""

    ctx: Context
    identity: Identity

    async def authorization_url(
        self, state: str, nonce: str, verifier: str, language: str | None, action: str = ""
    ) -> str:
        """Return where to send the browser; for an `action` of the identity server the person signs in afresh."""
        settings, endpoints = self.ctx.settings, await self.identity.endpoints()
        query = {
            "client_id": settings.page_client_id,
            "redirect_uri": settings.public_url + CALLBACK,
            "response_type": "code",
            "scope": " ".join((*IDENTITY_SCOPES, *SCOPES)),
            "resource": settings.resource,
            "prompt": "consent",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        if action:
            query |= {"prompt": "login consent", "vestibule_action": action}
        if language:
            query["ui_locales"] = language
        return f"{endpoints.authorization_endpoint}?{urlencode(query)}"

    async def exchange(self, code: str, verifier: str, nonce: str) -> tuple[str, Tokens]:
        """Redeem a code; returns the user id and the tokens. Raises SignInFailed, IdentityServerAway."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self.ctx.settings.public_url + CALLBACK,
            "resource": self.ctx.settings.resource,
        }
        answer = await self._token(form)
        subject = await self._subject(answer.id_token, nonce)
        return subject, self._tokens(answer, answer.id_token, answer.refresh_token)

    async def renew(self, tokens: Tokens) -> Tokens:
        """Get a new access token for the settings API (RFC 6749 section 6). Raises SignInFailed, IdentityServerAway."""
        if tokens.refresh_token is None:
            raise SignInFailed("there is no refresh token")
        form = {
            "grant_type": "refresh_token",
            "refresh_token": tokens.refresh_token,
            "resource": self.ctx.settings.resource,
        }
        answer = await self._token(form)
        return self._tokens(answer, answer.id_token or tokens.id_token, answer.refresh_token or tokens.refresh_token)

    def _tokens(self, answer: _Answer, id_token: str, refresh_token: str | None) -> Tokens:
        expires_at = self.ctx.clock.now() + int(answer.expires_in * 1000)
        return Tokens(answer.access_token, expires_at, id_token, refresh_token)

    async def revoke(self, tokens: Tokens) -> None:
        """Revoke the refresh token, and with it the grant (RFC 7009); a server that is away does not keep anyone in."""
        if tokens.refresh_token is None:
            return
        try:
            endpoints = await self.identity.endpoints()
            await self._post(endpoints.revocation_endpoint, {"token": tokens.refresh_token})
        except IdentityServerAway:
            self.ctx.log.warning("revocation_postponed", reason="the identity server does not answer")

    async def sign_out_url(self) -> str:
        """Return where the browser ends its session at the identity server (RP-initiated logout)."""
        settings, endpoints = self.ctx.settings, await self.identity.endpoints()
        back = {"client_id": settings.page_client_id, "post_logout_redirect_uri": settings.public_url + SIGNED_OUT}
        return f"{endpoints.end_session_endpoint}?{urlencode(back)}"

    async def _token(self, form: dict[str, str]) -> _Answer:
        endpoints = await self.identity.endpoints()
        answer = await self._post(endpoints.token_endpoint, form)
        if answer.status_code != httpx2.codes.OK:
            raise self._refused(answer)
        try:
            return msgspec.json.decode(answer.content, type=_Answer)
        except UNREADABLE as error:
            raise IdentityServerAway from error

    def _refused(self, answer: httpx2.Response) -> Exception:
        """Only `invalid_grant` says that the sign-in is over; anything else is for the operator or will pass."""
        try:
            reason = msgspec.json.decode(answer.content, type=_Refusal).error
        except UNREADABLE:
            reason = ""
        if reason == "invalid_grant":
            return SignInFailed("the identity server does not know the code or the refresh token any more")
        if reason:
            self.ctx.log.error("page_token_refused", reason=reason, setting="VESTIBULE_ACCOUNT_PAGE_CLIENT_ID")
        return IdentityServerAway()

    async def _post(self, url: str, form: dict[str, str]) -> httpx2.Response:
        settings = self.ctx.settings
        secret = {"client_id": settings.page_client_id, "client_secret": settings.page_client_secret}
        return await self.identity.request("POST", url, {**form, **secret})

    async def _subject(self, id_token: str, nonce: str) -> str:
        """Check an ID token (OpenID Connect Core 1.0 section 3.1.3.7) and return its subject."""
        try:
            parsed = parse(id_token, _IdClaims)
            claims = parsed.claims
            audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
            late = claims.exp + LEEWAY_SECONDS <= self.ctx.clock.now() / 1000
            if claims.iss != self.identity.issuer or audience != [self.ctx.settings.page_client_id] or late:
                raise Unverified("it is for somebody else, or has expired")
            if not same(claims.nonce, nonce):
                raise Unverified("it answers another request")
            await verify(self.identity, parsed)
        except Unverified as error:
            raise SignInFailed(f"the ID token is not accepted: {error}") from error
        return claims.sub


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
