"""Operations on enterprise connectors (`/api/sso-connectors`, `/api/sso-connector-providers`)."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from vestibule.client.operation import Nothing, Operation, Page, given, segment

PATH = "/api/sso-connectors"


class SsoProvider(msgspec.Struct, rename="camel", kw_only=True):
    """A kind of enterprise connector; `provider_type` is `oidc` or `saml`."""

    provider_name: str
    provider_type: str
    name: str
    description: str
    logo: str
    logo_dark: str


class SsoConnector(msgspec.Struct, rename="camel", kw_only=True):
    """A way to sign in through a company; `provider_config` is what its provider says of itself at this moment."""

    id: str
    provider_name: str
    connector_name: str
    created_at: float
    config: dict[str, Any] = {}
    domains: list[str] = []
    branding: dict[str, Any] = {}
    sync_profile: bool = False
    enable_token_storage: bool = False
    name: str | None = None
    provider_type: str | None = None
    provider_config: dict[str, Any] | None = None


class SsoSigningKey(msgspec.Struct, rename="camel", kw_only=True):
    """A key that signs requests to a SAML provider; its certificate is what the provider is given."""

    id: str
    certificate: str
    created_at: float
    expires_at: float
    active: bool
    fingerprints: dict[str, Any] = {}


def _path(connector_id: str, *rest: str) -> str:
    return "/".join([PATH, segment(connector_id), *rest])


def providers() -> Operation[list[SsoProvider]]:
    """List what can be set up."""
    return Operation("GET", "/api/sso-connector-providers", list[SsoProvider])


def find() -> Page[SsoConnector]:
    """List the connectors."""
    return Page(Operation("GET", PATH, list[SsoConnector]))


def get(connector_id: str) -> Operation[SsoConnector]:
    """Get one connector."""
    return Operation("GET", _path(connector_id), SsoConnector)


def create(
    provider: str,
    name: str,
    config: dict[str, Any] | UnsetType = UNSET,
    *,
    domains: list[str] | UnsetType = UNSET,
    branding: dict[str, Any] | UnsetType = UNSET,
    sync_profile: bool | UnsetType = UNSET,
    enable_token_storage: bool | UnsetType = UNSET,
) -> Operation[SsoConnector]:
    """Set up a connector; people come to it by addresses in its `domains`."""
    body = given(
        provider_name=provider, connector_name=name, config=config, domains=domains, branding=branding,
        sync_profile=sync_profile, enable_token_storage=enable_token_storage,
    )  # fmt: skip
    return Operation("POST", PATH, SsoConnector, body=body)


def update(
    connector_id: str,
    *,
    name: str | UnsetType = UNSET,
    config: dict[str, Any] | UnsetType = UNSET,
    domains: list[str] | UnsetType = UNSET,
    branding: dict[str, Any] | UnsetType = UNSET,
    sync_profile: bool | UnsetType = UNSET,
    enable_token_storage: bool | UnsetType = UNSET,
) -> Operation[SsoConnector]:
    """Change the given members; `config` is replaced whole."""
    body = given(
        connector_name=name, config=config, domains=domains, branding=branding, sync_profile=sync_profile,
        enable_token_storage=enable_token_storage,
    )  # fmt: skip
    return Operation("PATCH", _path(connector_id), SsoConnector, body=body)


def delete(connector_id: str) -> Operation[Nothing]:
    """Remove a connector, and with it who people are through it."""
    return Operation("DELETE", _path(connector_id), Nothing)


def signing_keys(connector_id: str) -> Operation[list[SsoSigningKey]]:
    """List the keys of a SAML connector."""
    return Operation("GET", _path(connector_id, "signing-keys"), list[SsoSigningKey])


def create_signing_key(connector_id: str, *, active: bool = False) -> Operation[SsoSigningKey]:
    """Make a key; an active one takes over at once."""
    return Operation("POST", _path(connector_id, "signing-keys"), SsoSigningKey, body={"active": active})


def activate_signing_key(connector_id: str, key_id: str, active: bool = True) -> Operation[SsoSigningKey]:
    """Let a key sign, or not."""
    path = _path(connector_id, "signing-keys", segment(key_id))
    return Operation("PATCH", path, SsoSigningKey, body={"active": active})


def delete_signing_key(connector_id: str, key_id: str) -> Operation[Nothing]:
    """Delete a key that does not sign."""
    return Operation("DELETE", _path(connector_id, "signing-keys", segment(key_id)), Nothing)
