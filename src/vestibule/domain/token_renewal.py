"""A person's own way to what a provider gave for them: the access token, renewed when it has expired.

A refresh token may be good for one use. Of two who renew at once one keeps what came, the other takes it from there.
One that the provider does not accept any more is not sent again.
"""

import asyncio

from msgspec.structs import replace

from vestibule.connectors.oauth import renewal
from vestibule.connectors.sso import oidc
from vestibule.connectors.sso.providers import SamlConfig
from vestibule.crypto import SealError
from vestibule.domain import connectors, social, sso_connectors, token_secrets
from vestibule.domain.context import Context
from vestibule.domain.token_secrets import TokenSet
from vestibule.errors import (
    AppError,
    ConnectorNotImplemented,
    EntityNotFound,
    SocialCodeInvalid,
    ThirdPartyTokenExpired,
    ThirdPartyTokenNotFound,
)
from vestibule.model import TokenSecret
from vestibule.store import sso_identities
from vestibule.store import token_secrets as store

POLL_SECONDS, POLLS = 0.05, 10
"""How long somebody who was refused waits for what another one may be about to keep."""
TRIES = 3


async def of_social(ctx: Context, user_id: str, target: str) -> TokenSet:
    """Return the live tokens of a social identity.

    Raises ThirdPartyTokenNotFound, ThirdPartyTokenExpired where they cannot be renewed, and the connector errors.
    """
    async with ctx.db.read() as tx:
        held = await tx.one(store.OF_SOCIAL, of_user=user_id, at=target)
    return await _live(ctx, held)


async def of_company(ctx: Context, user_id: str, connector_id: str) -> TokenSet:
    """Return the live tokens of an enterprise identity; raises as `of_social`."""
    async with ctx.db.read() as tx:
        found = await tx.all(sso_identities.THROUGH, user_id=user_id, sso_connector_id=connector_id)
        held = await tx.one(store.OF_SSO, identity=found[0].id) if found else None
    return await _live(ctx, held)


async def _live(ctx: Context, secret: TokenSecret | None) -> TokenSet:
    if secret is None:
        raise ThirdPartyTokenNotFound
    tokens = _opened(ctx, secret)
    if not _is_over(ctx, tokens):
        return tokens
    if not tokens.refresh_token:
        raise ThirdPartyTokenExpired
    try:
        renewed = await _renewed(ctx, secret, tokens)
    except SocialCodeInvalid:
        return await _refused(ctx, secret, tokens)
    except AppError as error:
        return await _taken_from_elsewhere(ctx, secret, error)
    return await _kept(ctx, secret, tokens, renewed)


async def _refused(ctx: Context, secret: TokenSecret, tokens: TokenSet) -> TokenSet:
    """Return what another one is keeping, else forget the refresh token and raise ThirdPartyTokenExpired."""
    for _ in range(POLLS):
        try:
            return await _taken_from_elsewhere(ctx, secret, ThirdPartyTokenExpired())
        except ThirdPartyTokenExpired:
            await asyncio.sleep(POLL_SECONDS)
    await _put(ctx, secret, replace(tokens, refresh_token=""))
    return await _taken_from_elsewhere(ctx, secret, ThirdPartyTokenExpired())


async def _kept(ctx: Context, secret: TokenSecret, tokens: TokenSet, renewed: TokenSet) -> TokenSet:
    """Keep what came, also where the old ones were sealed anew or lost their refresh token meanwhile."""
    for _ in range(TRIES):
        if await _put(ctx, secret, renewed):
            return renewed
        async with ctx.db.read() as tx:
            now = await tx.one(store.GET, row_id=secret.id)
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


def _opened(ctx: Context, secret: TokenSecret) -> TokenSet:
    try:
        return token_secrets.opened(ctx, secret)
    except (SealError, ValueError) as error:
        raise ThirdPartyTokenNotFound from error


def _is_over(ctx: Context, tokens: TokenSet) -> bool:
    return tokens.expires_at is not None and tokens.expires_at <= ctx.clock.now() // 1000


async def _taken_from_elsewhere(ctx: Context, secret: TokenSecret, error: AppError) -> TokenSet:
    """Return what somebody else has kept in the same moment; raises `error` where nobody has."""
    async with ctx.db.read() as tx:
        now = await tx.one(store.GET, row_id=secret.id)
    if now is None or now.value_sealed == secret.value_sealed or _is_over(ctx, _opened(ctx, now)):
        raise error
    return _opened(ctx, now)


async def _renewed(ctx: Context, secret: TokenSecret, tokens: TokenSet) -> TokenSet:
    """Ask the provider; what it leaves out stays as it was.

    Raises SocialCodeInvalid where it does not accept the refresh token any more, and as `of_social`.
    """
    now = ctx.clock.now()
    try:
        if secret.connector_id is not None:
            instance = await connectors.get_instance(ctx, secret.connector_id)
            factory = social.social_of(instance)
            config = factory.read(instance.config)
            told = await renewal.renew(ctx.outgoing, factory.provider, config, tokens.refresh_token, now)
        else:
            company = await sso_connectors.get(ctx, str(secret.sso_connector_id))
            settings = company.settings
            if isinstance(settings, SamlConfig):
                raise ThirdPartyTokenNotFound
            told = await oidc.renew(ctx.outgoing, settings, tokens.refresh_token, now)
    except EntityNotFound as error:
        raise ThirdPartyTokenNotFound from error
    except ConnectorNotImplemented as error:
        raise ThirdPartyTokenExpired from error
    renewed = token_secrets.read(told, now)
    if renewed is None:
        raise ThirdPartyTokenExpired
    old = {name: getattr(tokens, name) for name in ("refresh_token", "scope", "token_type")}
    return replace(renewed, **{name: value for name, value in old.items() if not getattr(renewed, name)})
