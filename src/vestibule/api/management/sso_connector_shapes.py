"""What the routes over enterprise connectors take and answer."""

from typing import Annotated, Any

from msgspec import UNSET, Struct, structs

from vestibule.connectors.factory import Words
from vestibule.connectors.sso.providers import Provider, ProviderName, ProviderType
from vestibule.domain.sso_connectors import Branding, SsoConnector, SsoConnectorChange
from vestibule.http.guard import Length, Maybe, rule
from vestibule.model import TENANT

Name = Annotated[str, rule(Length(1, 128))]


class BrandingBody(Struct, rename="camel", omit_defaults=True):
    """What people see of a connector: a name, and the addresses of pictures by daylight and in the dark."""

    display_name: Maybe[str] = UNSET
    logo: Maybe[str] = UNSET
    dark_logo: Maybe[str] = UNSET

    def given(self) -> Branding:
        """Return what is said; an empty text says nothing."""
        told: Branding = {}
        if self.display_name:
            told["displayName"] = self.display_name
        if self.logo:
            told["logo"] = self.logo
        if self.dark_logo:
            told["darkLogo"] = self.dark_logo
        return told


class SsoConnectorPatch(Struct, rename="camel"):
    """What to change; `config` is replaced as a whole."""

    config: Maybe[dict[str, Any]] = UNSET
    domains: Maybe[list[str]] = UNSET
    branding: Maybe[BrandingBody] = UNSET
    sync_profile: Maybe[bool] = UNSET
    connector_name: Maybe[Name] = UNSET
    enable_token_storage: Maybe[bool] = UNSET

    def change(self) -> SsoConnectorChange:
        """Return it in the domain's words."""
        return SsoConnectorChange(
            name=None if self.connector_name is UNSET else self.connector_name,
            config=None if self.config is UNSET else self.config,
            domains=None if self.domains is UNSET else self.domains,
            branding=None if self.branding is UNSET else self.branding.given(),
            sync_profile=None if self.sync_profile is UNSET else self.sync_profile,
            enable_token_storage=None if self.enable_token_storage is UNSET else self.enable_token_storage,
        )


class SsoConnectorCreate(SsoConnectorPatch, rename="camel", kw_only=True):
    """A new connector of a provider."""

    provider_name: Name
    connector_name: Name


class SsoConnectorOut(Struct, rename="camel"):
    """A connector as it is stored, its configuration in clear."""

    tenant_id: str
    id: str
    provider_name: str
    connector_name: str
    config: dict[str, Any]
    domains: list[str]
    branding: BrandingBody
    sync_profile: bool
    enable_token_storage: bool
    created_at: int


class SsoConnectorDetails(Struct, rename="camel", omit_defaults=True):
    """A connector with what is known of its provider; `providerConfig` is absent where the provider says nothing."""

    tenant_id: str
    id: str
    provider_name: ProviderName
    connector_name: str
    config: dict[str, Any]
    domains: list[str]
    branding: BrandingBody
    sync_profile: bool
    enable_token_storage: bool
    created_at: int
    name: str
    provider_type: ProviderType
    provider_logo: str
    provider_logo_dark: str
    provider_config: Maybe[dict[str, Any]] = UNSET


class ProviderOut(Struct, rename="camel"):
    """A provider in one language."""

    provider_name: ProviderName
    provider_type: ProviderType
    logo: str
    logo_dark: str
    description: str
    name: str


def provider_out(provider: Provider, language: str) -> ProviderOut:
    """Show a provider."""
    name, description = in_language(provider.title, language), in_language(provider.description, language)
    return ProviderOut(provider.name, provider.kind, provider.logo, provider.logo, description, name)


def in_language(words: Words, language: str) -> str:
    """Return a text in a language, or in English."""
    return words.get(language, words["en"])


def sso_connector_out(connector: SsoConnector) -> SsoConnectorOut:
    """Show a connector as it is stored."""
    branding = connector.branding
    return SsoConnectorOut(
        TENANT,
        connector.id,
        connector.provider.name,
        connector.name,
        connector.config,
        list(connector.domains),
        BrandingBody(branding.get("displayName", UNSET), branding.get("logo", UNSET), branding.get("darkLogo", UNSET)),
        connector.sync_profile,
        connector.enable_token_storage,
        connector.created_at,
    )


def details_out(connector: SsoConnector, provider_config: dict[str, Any] | None, language: str) -> SsoConnectorDetails:
    """Show a connector with what is known of its provider."""
    provider = connector.provider
    return SsoConnectorDetails(
        **structs.asdict(sso_connector_out(connector)),
        name=in_language(provider.title, language),
        provider_type=provider.kind,
        provider_logo=provider.logo,
        provider_logo_dark=provider.logo,
        provider_config=UNSET if provider_config is None else provider_config,
    )
