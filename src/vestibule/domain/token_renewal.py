"""A person's own way to what a provider gave for them: the access token, renewed when it has expired.

A refresh token may be good for one use, and a provider that sees it twice may end everything that came of it. So who
renews holds a lease in the row, and whoever comes meanwhile waits for what the first one keeps. One that the provider
does not accept any more is not sent again.
"""

import asyncio
from dataclasses import dataclass

from msgspec.structs import replace

from vestibule.connectors.oauth import renewal
from vestibule.connectors.oauth.calls import Json
from vestibule.connectors.sso import oidc
from vestibule.connectors.sso.providers import SamlConfig
from vestibule.crypto import SealError
from vestibule.domain import connectors, social, sso_connectors, token_secrets
from vestibule.domain.connectors import Instance
from vestibule.domain.context import Context
from vestibule.domain.sso_connectors import SsoConnector
from vestibule.domain.token_secrets import TokenSet
from vestibule.errors import (
    AppError,
    ConnectorGeneral,
    ConnectorNotImplemented,
    InvalidRequest,
    SocialCodeInvalid,
    ThirdPartyTokenExpired,
    ThirdPartyTokenNotFound,
)
from vestibule.model import TokenSecret
from vestibule.store import token_secrets as store

LEASE_MS = 20_000
"""How long a renewal keeps others from one: its requests are given up before, and a node that died in it is waited for
no longer."""
WAITS = (0.05, 0.1, 0.2, *[0.4] * 19)
"""Seconds between looks for what another one is about to keep: 8 in all, fewer than callers wait."""
TRIES = 3


@dataclass(frozen=True)
class Lease:
    """A turn to renew what `secret` holds, at the provider that gave it, until `until` (epoch ms)."""

    secret: TokenSecret
    connector: Instance | SsoConnector
    until: int


async def of_social(ctx: Context, user_id: str, target: str) -> TokenSet:
    """Return the live tokens of a social identity.

    Raises ThirdPartyTokenNotFound, ThirdPartyTokenExpired where they cannot be renewed, and the connector errors.
    """
    async with ctx.db.read() as tx:
        held = await tx.one(store.OF_SOCIAL, of_user=user_id, at=target)
    return await _live(ctx, held)


async def of_company(
    ctx: Context, user_id: str, connector_id: str, *, issuer: str | None = None, identity_id: str | None = None
) -> TokenSet:
    """Return the live tokens that came through an enterprise connector, of one identity and never of another.

    Somebody may have several there, at several tenants: `issuer` and `identity_id` say which. Raises InvalidRequest
    where they do not, and as `of_social`.
    """
    async with ctx.db.read() as tx:
        found = await tx.all(store.THROUGH_COMPANY, of_user=user_id, connector=connector_id)
    asked = [one for one in found if issuer in {None, one.issuer} and identity_id in {None, one.identity_id}]
    if len(asked) > 1:
        raise InvalidRequest(
            "There are several identities behind this connector. Say by `issuer` and `identityId` which one is meant."
        )
    return await _live(ctx, asked[0] if asked else None)


async def _live(ctx: Context, secret: TokenSecret | None) -> TokenSet:
    """Return tokens as they are, as they become, or as another one is making them."""
    for seconds in WAITS:
        if secret is None:
            raise ThirdPartyTokenNotFound
        tokens = _opened(ctx, secret)
        if not _is_over(ctx, tokens):
            return tokens
        if not tokens.refresh_token:
            raise ThirdPartyTokenExpired
        lease = await _lease(ctx, secret)
        if lease is not None:
            try:
                return await _renewed(ctx, lease, tokens)
            finally:
                async with ctx.db.write() as tx:
                    await tx.run(store.RELEASE, row_id=secret.id, until=lease.until)
        await asyncio.sleep(seconds)
        secret = await _again(ctx, secret)
    raise ConnectorGeneral("The token is being renewed, and the provider has not answered yet.")


async def _lease(ctx: Context, secret: TokenSecret) -> Lease | None:
    """Take the turn to renew what was read; None where another one has it, or has replaced it.

    The connector is held, and it is the one that the tokens came from: with another party's they would be gone.
    """
    now, find = ctx.clock.now(), connectors.held_in if secret.connector_id else sso_connectors.held_in
    if secret.renewing_until is not None and secret.renewing_until > now:
        return None
    async with ctx.db.write() as tx:
        connector = await find(tx, ctx, str(secret.connector_id or secret.sso_connector_id))
        if connector is None:
            raise ThirdPartyTokenNotFound
        taken = await tx.run(store.LEASE, row_id=secret.id, held=secret.value_sealed, now=now, until=now + LEASE_MS)
    return Lease(secret, connector, now + LEASE_MS) if taken else None


async def _renewed(ctx: Context, lease: Lease, tokens: TokenSet) -> TokenSet:
    """Renew tokens and keep what came; a refresh token that is no good any more is forgotten."""
    secret = lease.secret
    try:
        renewed = await _asked(ctx, lease, tokens)
    except SocialCodeInvalid:
        await _put(ctx, secret, replace(tokens, refresh_token=""))
        return await _taken_from_elsewhere(ctx, secret, ThirdPartyTokenExpired())
    except AppError as error:
        return await _taken_from_elsewhere(ctx, secret, error)
    return await _kept(ctx, secret, tokens, renewed)


async def _kept(ctx: Context, secret: TokenSecret, tokens: TokenSet, renewed: TokenSet) -> TokenSet:
    """Keep what came, also where the old ones were sealed anew or lost their refresh token meanwhile."""
    for _ in range(TRIES):
        if await _put(ctx, secret, renewed):
            return renewed
        now = await _again(ctx, secret)
        if now is None:
            raise ThirdPartyTokenNotFound
        if _opened(ctx, now).access_token != tokens.access_token:
            break
        secret = now
    return await _taken_from_elsewhere(ctx, secret, ThirdPartyTokenNotFound())


async def _put(ctx: Context, secret: TokenSecret, tokens: TokenSet) -> bool:
    """Write tokens in place of those that were read; False where others are there by now."""
    async with ctx.db.write() as tx:
        written = await tx.run(
            store.REPLACE,
            row_id=secret.id,
            held=secret.value_sealed,
            new_value_sealed=token_secrets.sealed_of(ctx, secret.user_id, secret.id, tokens),
            new_metadata=tokens.metadata,
            new_updated_at=ctx.clock.now(),
        )
    return written == 1


async def _again(ctx: Context, secret: TokenSecret) -> TokenSecret | None:
    async with ctx.db.read() as tx:
        return await tx.one(store.GET, row_id=secret.id)


def _opened(ctx: Context, secret: TokenSecret) -> TokenSet:
    try:
        return token_secrets.opened(ctx, secret)
    except (SealError, ValueError) as error:
        raise ThirdPartyTokenNotFound from error


def _is_over(ctx: Context, tokens: TokenSet) -> bool:
    return tokens.expires_at is not None and tokens.expires_at <= ctx.clock.now() // 1000


async def _taken_from_elsewhere(ctx: Context, secret: TokenSecret, error: AppError) -> TokenSet:
    """Return what somebody else has kept in the same moment; raises `error` where nobody has."""
    now = await _again(ctx, secret)
    if now is None or now.value_sealed == secret.value_sealed or _is_over(ctx, _opened(ctx, now)):
        raise error
    return _opened(ctx, now)


async def _asked(ctx: Context, lease: Lease, tokens: TokenSet) -> TokenSet:
    """Ask the provider; what it leaves out stays as it was.

    Raises SocialCodeInvalid where it does not accept the refresh token any more, and as `of_social`.
    """
    now = ctx.clock.now()
    try:
        told = await _told(ctx, lease.connector, tokens.refresh_token, now)
    except ConnectorNotImplemented as error:
        raise ThirdPartyTokenExpired from error
    renewed = token_secrets.read(told, now)
    if renewed is None:
        token_secrets.lost(ctx, "too_long", user_id=lease.secret.user_id)
        raise ThirdPartyTokenExpired
    old = {name: getattr(tokens, name) for name in ("refresh_token", "scope", "token_type")}
    return replace(renewed, **{name: value for name, value in old.items() if not getattr(renewed, name)})


async def _told(ctx: Context, connector: Instance | SsoConnector, refresh_token: str, now: int) -> Json:
    if isinstance(connector, Instance):
        factory = social.social_of(connector)
        return await renewal.renew(ctx.outgoing, factory.provider, factory.read(connector.config), refresh_token, now)
    settings = connector.settings
    if isinstance(settings, SamlConfig):
        raise ThirdPartyTokenNotFound
    return await oidc.renew(ctx.outgoing, settings, refresh_token, now)
