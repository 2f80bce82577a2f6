"""Authorization Code Grant, RFC 6749 section 4.1.3, with proof keys (RFC 7636)."""

import base64
from hashlib import sha256

from vestibule.crypto import same
from vestibule.domain.clients import Client
from vestibule.model import AuthorizationCode
from vestibule.oidc import codes, issue, refresh
from vestibule.oidc.codes import CodeParams
from vestibule.oidc.errors import invalid_grant
from vestibule.oidc.grants import Grant, Issued
from vestibule.oidc.issue import Granted, TokenResponse
from vestibule.oidc.params import Parameters
from vestibule.oidc.provider import Provider

VERIFIER_LENGTHS = range(43, 129)
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


async def authorization_code(provider: Provider, client: Client, params: Parameters) -> Issued:
    """Redeem a code. The first to redeem it wins; any later try ends what the first one got."""
    (text,) = params.need("code")
    async with provider.db.read() as tx:
        found = await codes.find(tx, text)
    if found is None or found[0].application_id != client.id:
        raise invalid_grant("unknown code, or another client's")
    code, user = found
    if code.consumed_at is not None:
        # RFC 6749 section 4.1.2: revoke what the code was exchanged for, then refuse.
        await codes.revoke(provider.ctx, code)
        raise invalid_grant("the code was used before")
    if code.expires_at <= provider.clock.now() or user.is_suspended:
        raise invalid_grant("the code has expired, or its user may no longer sign in")
    kept = codes.decode_params(code.params)
    _check_redirect_uri(kept, params)
    _check_verifier(kept, params.get("code_verifier"))
    granted = Granted(
        code.grant_id,
        client,
        user,
        code.session_uid,
        kept.scopes,
        kept.resources,
        kept.nonce,
        kept.auth_time,
        kept.sid,
    )
    return await _redeem(provider, code, granted, params.all("resource"))


async def _redeem(provider: Provider, code: AuthorizationCode, granted: Granted, asked: tuple[str, ...]) -> Issued:
    async with provider.db.read() as tx:  # signing is done before the transaction opens
        made = await issue.access(tx, provider, granted, await issue.audience_for(tx, granted, asked))
        id_token = await issue.id_token(tx, provider, granted)
    tokens = [*issue.stored(provider, granted, made)]
    refresh_token = None
    if refresh.is_due(granted.client, granted.scopes):
        refresh_token, stored = refresh.make(provider, granted)
        tokens.append(stored)
    if not await codes.redeem(provider.ctx, code, tokens):
        raise invalid_grant("the code was used in parallel, or its grant is revoked")
    answer = TokenResponse(
        access_token=made.token,
        expires_in=made.seconds,
        token_type="Bearer",  # noqa: S106
        scope=made.scope,
        id_token=id_token,
        refresh_token=refresh_token,
    )
    return Issued(answer, granted.user.id)


def _check_redirect_uri(kept: CodeParams, params: Parameters) -> None:
    """Section 4.1.3: identical when the authorization request had one."""
    sent = params.get("redirect_uri")
    if sent is None and kept.redirect_uri_sent:
        params.need("redirect_uri")
    if sent is not None and sent != kept.redirect_uri:
        raise invalid_grant("another redirect URI")


def _check_verifier(kept: CodeParams, verifier: str | None) -> None:
    """RFC 7636 section 4.6, and RFC 9700 section 4.8.2: no verifier without a challenge."""
    if kept.code_challenge is None:
        if verifier is not None:
            raise invalid_grant("a verifier although there was no challenge")
        return
    if verifier is None or len(verifier) not in VERIFIER_LENGTHS or not set(verifier) <= UNRESERVED:
        raise invalid_grant("no verifier, or a malformed one")
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not same(challenge, kept.code_challenge):
        raise invalid_grant("another verifier")


GRANT = Grant("authorization_code", authorization_code)
