"""Enterprise connectors: how people of a company sign in through its own identity provider.

A connector is available to people when its configuration is complete and it has domains: those are how people come
to it. The configuration is tried out before it is stored: the provider is asked for what it says of itself.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from vestibule.connectors.configuration import cleaned
from vestibule.connectors.oauth.oidc import discover
from vestibule.connectors.sso import saml
from vestibule.connectors.sso.oidc import scope_of
from vestibule.connectors.sso.providers import PROVIDERS, AnyConfig, EntraConfig, Provider, SamlConfig, plain
from vestibule.crypto import new_short_id
from vestibule.db import Tx, UniqueViolation
from vestibule.domain.context import Context
from vestibule.domain.email_domains import FORBIDDEN, domain_of, normalised
from vestibule.errors import (
    AppError,
    ConnectorInvalidCertificate,
    ConnectorInvalidConfig,
    ConnectorInvalidMetadata,
    ConnectorNotFound,
    ConnectorTokenStorageRefused,
    EntityNotExistsWithId,
    SsoConnectorNameInUse,
    SsoDomainsDuplicated,
    SsoDomainsForbidden,
    SsoSigningKeyRequired,
)
from vestibule.model import SsoConnectorRow
from vestibule.store import sso_connectors as store
from vestibule.store import sso_signing_keys, token_secrets

Config = dict[str, object]
MAX_DOMAIN = 253
"""Of the characters of a domain (RFC 1035 section 2.3.4, as text); what is longer leads nowhere."""


class ProviderNotFound(ConnectorNotFound):
    """`providerName` names no provider of enterprise connectors."""

    status = 422
    message = "There is no such provider. GET /api/sso-connector-providers lists them."


class TokensRefused(ConnectorTokenStorageRefused):
    """A SAML provider gives no tokens."""

    status = 400


class Branding(TypedDict, total=False):
    """What people see of a connector, in the contract's spelling."""

    displayName: str
    logo: str
    darkLogo: str


@dataclass(frozen=True)
class SsoConnector:
    """A connector, its configuration opened; `domains` are in the form of `email_domains`."""

    id: str
    provider: Provider
    name: str
    config: Config
    domains: tuple[str, ...]
    branding: Branding
    sync_profile: bool
    enable_token_storage: bool
    created_at: int

    @property
    def title(self) -> str:
        """What the contract's lists call it: without a name for people, the kind of provider."""
        return self.branding.get("displayName") or self.provider.title["en"]

    @property
    def company(self) -> str:
        """What people read on our pages: the name for them, else the one that the operator gave it."""
        return self.branding.get("displayName") or self.name

    @property
    def logo(self) -> str:
        """Its picture."""
        return self.branding.get("logo") or self.provider.logo

    @property
    def settings(self) -> AnyConfig:
        """The configuration; raises ConnectorInvalidConfig when it is not complete."""
        return self.provider.read(self.config)

    @property
    def party(self) -> tuple[object, ...]:
        """With whom it deals: tokens that others gave are not kept for them, nor sent to them."""
        return (self.config.get("clientId"), self.config.get("issuer"))

    @property
    def is_available(self) -> bool:
        """Whether people can come to it."""
        try:
            return bool(self.domains) and bool(self.settings)
        except ConnectorInvalidConfig:
            return False


@dataclass(frozen=True, kw_only=True)
class SsoConnectorChange:
    """What is said of a connector; None leaves it as it is, or as it is at first."""

    name: str | None = None
    config: Config | None = None
    domains: Sequence[str] | None = None
    branding: Branding | None = None
    sync_profile: bool | None = None
    enable_token_storage: bool | None = None


async def find(ctx: Context) -> list[SsoConnector]:
    """Return the connectors whose provider is known, the oldest first."""
    async with ctx.db.read() as tx:
        rows = await tx.all(store.ALL)
    return [_opened(ctx, row) for row in rows if row.provider_name in PROVIDERS]


async def available(ctx: Context) -> list[SsoConnector]:
    """Return the connectors that people can come to; none while enterprise sign-in is off."""
    if not ctx.live.experience.single_sign_on_enabled:
        return []
    return [connector for connector in await find(ctx) if connector.is_available]


async def is_any_available(ctx: Context) -> bool:
    """Tell whether there is a connector that people can come to; looks no further than to the first."""
    if not ctx.live.experience.single_sign_on_enabled:
        return False
    async with ctx.db.read() as tx:
        rows = await tx.all(store.ALL)
    return any(_opened(ctx, row).is_available for row in rows if row.provider_name in PROVIDERS)


async def for_email(ctx: Context, email: str | None) -> list[SsoConnector]:
    """Return the available connectors that the domain of an address belongs to; opens no others."""
    domain = domain_of(email) if ctx.live.experience.single_sign_on_enabled else None
    if domain is None or len(domain) > MAX_DOMAIN:
        return []
    async with ctx.db.read() as tx:
        rows = await tx.all(store.OF_DOMAIN, domain=domain)
    found = [_opened(ctx, row) for row in rows if row.provider_name in PROVIDERS]
    return [one for one in found if one.is_available]


async def _put_domains(tx: Tx, connector_id: str, domains: Sequence[str]) -> None:
    """Let the addresses of these domains lead to a connector, and no others."""
    await tx.run(store.CLEAR_DOMAINS, of_connector=connector_id)
    for domain in domains:
        if len(domain) <= MAX_DOMAIN:
            await tx.run(store.ADD_DOMAIN, domain=domain, sso_connector_id=connector_id)


async def get(ctx: Context, connector_id: str) -> SsoConnector:
    """Return one connector; raises EntityNotExistsWithId."""
    async with ctx.db.read() as tx:
        return await get_in(tx, ctx, connector_id)


async def get_in(tx: Tx, ctx: Context, connector_id: str) -> SsoConnector:
    """Return one connector as a transaction sees it; raises EntityNotExistsWithId."""
    row = await tx.one(store.GET, id=connector_id)
    if row is None or row.provider_name not in PROVIDERS:
        raise EntityNotExistsWithId
    return _opened(ctx, row)


async def held_in(tx: Tx, ctx: Context, connector_id: str) -> SsoConnector | None:
    """Return one connector, which does not change before the transaction is over; None where there is none."""
    row = await tx.one(store.GET_HELD, id=connector_id)
    return None if row is None or row.provider_name not in PROVIDERS else _opened(ctx, row)


async def create(ctx: Context, provider_name: str, new: SsoConnectorChange) -> SsoConnector:
    """Store a connector, its configuration tried out.

    Raises ProviderNotFound, SsoDomainsForbidden, SsoDomainsDuplicated, SsoSigningKeyRequired, SsoConnectorNameInUse,
    TokensRefused and what `_try` raises.
    """
    provider = PROVIDERS.get(provider_name)
    if provider is None:
        raise ProviderNotFound
    domains = _checked_domains(new.domains or ())
    config = {} if new.config is None else plain(provider.read(cleaned(new.config)))
    await _refuse_name(ctx, new.name, "")
    if config:
        await _try(ctx, provider, config)
    _refuse_tokens(provider, new)
    connector_id = new_short_id()
    row = {
        "id": connector_id,
        "provider_name": provider.name,
        "connector_name": new.name,
        "config_sealed": _sealed(ctx, connector_id, config),
        "domains": json.dumps(domains),
        "branding": json.dumps(new.branding or {}),
        "sync_profile": bool(new.sync_profile),
        "enable_token_storage": bool(new.enable_token_storage),
        "created_at": ctx.clock.now(),
    }
    try:
        async with ctx.db.write() as tx:
            held = await tx.one(store.INSERT, **row)
            await _put_domains(tx, connector_id, domains)
    except UniqueViolation as error:
        raise SsoConnectorNameInUse from error
    if held is None:
        raise EntityNotExistsWithId
    return _opened(ctx, held)


async def update(ctx: Context, connector_id: str, change: SsoConnectorChange) -> SsoConnector:
    """Change a connector; its configuration is replaced as a whole.

    Raises EntityNotExistsWithId, and as `create`.
    """
    connector = await get(ctx, connector_id)
    domains = None if change.domains is None else _checked_domains(change.domains)
    config = None if change.config is None else plain(connector.provider.read(cleaned(change.config)))
    await _refuse_name(ctx, change.name, connector_id)
    if config is not None:
        await _try(ctx, connector.provider, config, connector_id)
    _refuse_tokens(connector.provider, change)
    values = {
        "connector_name": change.name,
        "config_sealed": None if config is None else _sealed(ctx, connector_id, config),
        "domains": None if domains is None else json.dumps(domains),
        "branding": None if change.branding is None else json.dumps(change.branding),
        "sync_profile": change.sync_profile,
        "enable_token_storage": change.enable_token_storage,
    }
    try:
        async with ctx.db.write() as tx:
            held = await tx.one(store.GET_LOCKED, id=connector_id)
            row = await tx.one(store.UPDATE, row_id=connector_id, **values)
            if held is None or row is None:
                raise EntityNotExistsWithId
            if config is not None:
                # Once more, now that no key can stop signing before this is over.
                await active_key(tx, ctx, connector_id, connector.provider.read(config))
            if domains is not None:
                await _put_domains(tx, connector_id, domains)
            if change.enable_token_storage is False or _opened(ctx, held).party != _opened(ctx, row).party:
                await tx.run(token_secrets.DELETE_OF_SSO_CONNECTOR, connector=connector_id)
    except UniqueViolation as error:
        raise SsoConnectorNameInUse from error
    return _opened(ctx, row)


async def remove(ctx: Context, connector_id: str) -> None:
    """Delete a connector, and with it who people are through it; raises EntityNotExistsWithId."""
    async with ctx.db.write() as tx:
        if await tx.run(store.DELETE, row_id=connector_id) == 0:
            raise EntityNotExistsWithId


async def described(ctx: Context, connectors: Sequence[SsoConnector]) -> list[Config | None]:
    """Return for each connector what it and its provider say, asked now; None where the provider says nothing."""
    return list(await asyncio.gather(*(_described(ctx, one) for one in connectors)))


async def _described(ctx: Context, connector: SsoConnector) -> Config | None:
    try:
        return await _said(ctx, connector.id, connector.settings)
    except AppError:
        return _both_sides(ctx, connector.id, None) if connector.provider.kind == "saml" else None


def _both_sides(ctx: Context, connector_id: str, theirs: saml.IdentityProvider | None) -> Config:
    """Return what a company's SAML provider has to know of us, and what we know of it."""
    ours = saml.service_provider(ctx.settings.public_url, connector_id)
    told: Config = {
        "defaultAttributeMapping": saml.DEFAULT_MAPPING,
        "serviceProvider": {"entityId": ours.entity_id, "assertionConsumerServiceUrl": ours.recipient},
    }
    if theirs is None:
        return told
    begins, ends = saml.validity(theirs.certificate)
    return {
        **told,
        "identityProvider": {
            "entityId": theirs.entity_id,
            "signInEndpoint": theirs.sign_in_endpoint,
            "x509Certificate": theirs.certificates[0],
            "certificateExpiresAt": ends,
            "isCertificateValid": begins <= ctx.clock.now() < ends,
        },
    }


async def _said(ctx: Context, connector_id: str, config: AnyConfig) -> Config:
    if isinstance(config, SamlConfig):
        return _both_sides(ctx, connector_id, await saml.identity_provider(ctx.outgoing, config))
    told = await discover(ctx.outgoing, config.issuer, tenants=isinstance(config, EntraConfig))
    said: Mapping[str, object] = {
        "clientId": config.client_id,
        "clientSecret": config.client_secret,
        "issuer": told.issuer,
        "scope": scope_of(config),
        "trustUnverifiedEmail": config.trust_unverified_email,
        "authorizationEndpoint": told.authorization_endpoint,
        "tokenEndpoint": told.token_endpoint,
        "userinfoEndpoint": told.userinfo_endpoint,
        "jwksUri": told.jwks_uri,
    }
    return {name: value for name, value in said.items() if value is not None}


async def signing_key(ctx: Context, connector_id: str, config: AnyConfig) -> bytes | None:
    """Return the private key in PEM that signs requests, None where none are signed; raises SsoSigningKeyRequired."""
    async with ctx.db.read() as tx:
        return await active_key(tx, ctx, connector_id, config)


async def active_key(tx: Tx, ctx: Context, connector_id: str, config: AnyConfig) -> bytes | None:
    """Do what `signing_key` does in a transaction."""
    if not isinstance(config, SamlConfig) or not config.sign_authn_request:
        return None
    keys = await tx.all(sso_signing_keys.OF_CONNECTOR, connector_id=connector_id)
    active = next((key for key in keys if key.active), None)
    if active is None:
        raise SsoSigningKeyRequired
    return ctx.sealer.open(active.private_sealed, *sso_signing_keys.SEAL, active.id)


async def _try(ctx: Context, provider: Provider, config: Config, connector_id: str = "") -> None:
    """Ask the provider for what it says of itself.

    Raises ConnectorInvalidConfig, ConnectorInvalidMetadata, ConnectorInvalidCertificate.
    """
    read = provider.read(config)
    await signing_key(ctx, connector_id, read)
    try:
        await _said(ctx, "", read)
    except (ConnectorInvalidConfig, ConnectorInvalidMetadata, ConnectorInvalidCertificate):
        raise
    except AppError as error:
        words = f"The provider cannot be used with this configuration. {error.text}"
        raise ConnectorInvalidConfig(words, data={"message": error.text, "error": error.data}) from error


def _checked_domains(given: Sequence[str]) -> list[str]:
    """Return domains in the form in which they are compared; raises SsoDomainsForbidden, SsoDomainsDuplicated."""
    domains = [normalised(domain) for domain in given]
    forbidden = [domain for domain in domains if domain in FORBIDDEN]
    if forbidden:
        raise SsoDomainsForbidden(data={"data": forbidden})
    twice = sorted({domain for domain in domains if domains.count(domain) > 1})
    if twice:
        raise SsoDomainsDuplicated(data={"data": twice})
    return domains


async def _refuse_name(ctx: Context, name: str | None, but: str) -> None:
    if name is None:
        return
    async with ctx.db.read() as tx:
        holder = await tx.value(store.NAMED, connector_name=name)
    if holder not in {None, but}:
        raise SsoConnectorNameInUse


def _refuse_tokens(provider: Provider, change: SsoConnectorChange) -> None:
    if change.enable_token_storage and provider.kind == "saml":
        raise TokensRefused


def _sealed(ctx: Context, connector_id: str, config: Config) -> str:
    return ctx.sealer.seal(json.dumps(config).encode(), store.TABLE, store.COLUMN, connector_id)


def _opened(ctx: Context, row: SsoConnectorRow) -> SsoConnector:
    return SsoConnector(
        row.id,
        PROVIDERS[row.provider_name],
        row.connector_name,
        json.loads(ctx.sealer.open(row.config_sealed, store.TABLE, store.COLUMN, row.id)),
        tuple(json.loads(row.domains)),
        json.loads(row.branding),
        row.sync_profile,
        row.enable_token_storage,
        row.created_at,
    )
