"""Refresh Token Grant, RFC 6749 section 6, with rotation and reuse detection (RFC 9700 section 4.14.2)."""

from vestibule.db.chains import Step, run_chain
from vestibule.domain import grants
from vestibule.domain.clients import Client
from vestibule.errors import OAuthError
from vestibule.model import RefreshToken, User
from vestibule.oidc import issue, refresh
from vestibule.oidc.errors import invalid_grant
from vestibule.oidc.grants import Grant, Issued
from vestibule.oidc.issue import Granted, TokenResponse
from vestibule.oidc.params import Parameters
from vestibule.oidc.provider import Provider
from vestibule.store import tokens as store

ORGANIZATIONS_SCOPE = "urn:logto:scope:organizations"


async def refresh_token(provider: Provider, client: Client, params: Parameters) -> Issued:
    """Exchange a refresh token; the user and their permissions are looked at anew."""
    (text,) = params.need("refresh_token")
    now = provider.clock.now()
    async with provider.db.read() as tx:
        found = await refresh.find(tx, text, now)
    if found is None or found[1].application_id != client.id:
        raise invalid_grant("unknown refresh token, or another client's")
    lives, token, user = found
    if token.rotated_at is not None and now - token.rotated_at > refresh.REUSE_MS:
        await _reused(provider, token)
    if not lives or token.chain_started_at + refresh.CHAIN_MS <= now:
        raise invalid_grant("the token has expired or is revoked, or its user may no longer sign in")
    granted = _granted(client, user, token)
    _check_organization(granted, params)
    return await _exchange(provider, text, token, granted, params)


async def _exchange(provider: Provider, text: str, token: RefreshToken, granted: Granted, params: Parameters) -> Issued:
    narrow = _narrowed(granted, params.get("scope"))
    async with provider.db.read() as tx:  # signing is done before the transaction opens
        audience = await issue.audience_for(tx, granted, params.all("resource"))
        made = await issue.access(tx, provider, narrow, audience)
        id_token = await issue.id_token(tx, provider, narrow)
    replacement = await _rotated(provider, text, token, granted, issue.stored(provider, narrow, made))
    if replacement is None:
        raise invalid_grant("the token was rotated or revoked meanwhile")
    answer = TokenResponse(
        access_token=made.token,
        expires_in=made.seconds,
        token_type="Bearer",  # noqa: S106
        scope=made.scope,
        id_token=id_token,
        refresh_token=replacement,
    )
    return Issued(answer, granted.user.id)


async def _rotated(
    provider: Provider, text: str, token: RefreshToken, granted: Granted, access: tuple[Step, ...]
) -> str | None:
    """Store the access token, with a new refresh token where it is time for one.

    Return the refresh token to use from now on: the same or another; None when it is too late.
    """
    now = provider.clock.now()
    alive: Step = store.LIVE_REFRESH, {"id": token.id, "now": now}
    if not refresh.must_rotate(granted.client, token, now) and token.rotated_at is None:
        async with provider.db.single() as tx:
            return text if await run_chain(tx, alive, *access) else None
    replacement, stored = refresh.make(provider, granted, token)
    async with provider.db.single() as tx:
        if await run_chain(tx, (store.ROTATE, {"token_id": token.id, "now": now}), stored, *access):
            return replacement
    # Somebody was faster. The first rotation's moment stays, so that the tolerance cannot be stretched.
    async with provider.db.write() as tx:
        known = await tx.one(store.LIVE_REFRESH, id=token.id, now=now)
        if known is None or known.rotated_at is None:
            return None
        if now - known.rotated_at > refresh.REUSE_MS:
            await grants.revoke(tx, provider.clock, token.grant_id)
            return None
        return replacement if await run_chain(tx, alive, stored, *access) else None


async def _reused(provider: Provider, token: RefreshToken) -> None:
    """Revoke the whole grant, commit, and only then refuse."""
    async with provider.db.write() as tx:
        await grants.revoke(tx, provider.clock, token.grant_id)
    raise invalid_grant("a rotated refresh token was used again")


def _granted(client: Client, user: User, token: RefreshToken) -> Granted:
    kept = refresh.decode_params(token.params)
    return Granted(
        token.grant_id,
        client,
        user,
        token.session_uid,
        tuple(token.scope.split()),
        refresh.decode_resources(token.resources),
        kept.nonce,
        kept.auth_time,
        kept.sid,
    )


def _narrowed(granted: Granted, scope: str | None) -> Granted:
    """Section 6: the scope may become narrower, for this access token, never wider."""
    if scope is None:
        return granted
    asked = scope.split()
    missing = [name for name in asked if name not in granted.scopes]
    if missing:
        extra = {"scope": " ".join(missing)}
        raise OAuthError("invalid_scope", "refresh token missing requested scope", extra=extra)
    return issue.narrowed(granted, asked)


def _check_organization(granted: Granted, params: Parameters) -> None:
    """Nobody belongs to an organization yet."""
    if params.get("organization_id") is None:
        return
    if ORGANIZATIONS_SCOPE not in granted.scopes:
        extra = {"scope": ORGANIZATIONS_SCOPE}
        raise OAuthError("insufficient_scope", "refresh token missing required scope", status=403, extra=extra)
    raise OAuthError("access_denied", "user is not a member of the organization", status=403)


GRANT = Grant("refresh_token", refresh_token)
