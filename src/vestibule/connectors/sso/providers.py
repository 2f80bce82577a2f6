"""The providers of enterprise connectors, one record each; the contract's names, our words and pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, to_builtins

from vestibule.connectors import configuration
from vestibule.connectors.factory import Words
from vestibule.connectors.logos import BUILDING, monogram
from vestibule.http.issues import Issue, custom

ProviderName = Literal["OIDC", "SAML", "AzureAD", "GoogleWorkspace", "Okta", "AzureAdOidc"]
ProviderType = Literal["oidc", "saml"]

GOOGLE_ISSUER = "https://accounts.google.com"


class GoogleConfig(Struct, rename="camel", omit_defaults=False):
    """A client at Google; `offline_access` asks for a refresh token."""

    client_id: str
    client_secret: str
    scope: str | UnsetType = UNSET
    trust_unverified_email: bool = False
    offline_access: bool | UnsetType = UNSET

    @property
    def issuer(self) -> str:
        """There is one Google."""
        return GOOGLE_ISSUER


class OidcConfig(Struct, rename="camel", omit_defaults=False):
    """A client at an OpenID provider.

    `trust_unverified_email` takes an address for proven of which the provider does not say whether it is.
    """

    client_id: str
    client_secret: str
    issuer: str
    scope: str | UnsetType = UNSET
    trust_unverified_email: bool = False


AnyConfig = OidcConfig | GoogleConfig


def _check(config: AnyConfig) -> Sequence[Issue]:
    if not config.issuer.startswith(("https://", "http://")):
        return [custom("Expected the address of the issuer, such as https://login.example.com.", ["issuer"])]
    return []


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A kind of enterprise connector."""

    name: ProviderName
    kind: ProviderType
    title: Words
    description: Words
    logo: str
    config: type[AnyConfig] = OidcConfig

    def read(self, config: dict[str, object]) -> AnyConfig:
        """Return a cleaned configuration as this provider's struct; raises ConnectorInvalidConfig."""
        return configuration.read(config, self.config, _check)


def plain(config: AnyConfig) -> dict[str, object]:
    """Return a configuration as it is stored: defaults filled in, unknown members gone."""
    return dict(to_builtins(config))


_LIST = (
    Provider(
        name="OIDC",
        kind="oidc",
        title={"en": "OIDC", "fr": "OIDC", "de": "OIDC"},
        description={
            "en": "Any identity provider that speaks OpenID Connect.",
            "fr": "Tout fournisseur d'identité qui parle OpenID Connect.",
            "de": "Jeder Identitätsanbieter, der OpenID Connect spricht.",
        },
        logo=BUILDING,
    ),
    Provider(
        name="GoogleWorkspace",
        kind="oidc",
        title={"en": "Google Workspace", "fr": "Google Workspace", "de": "Google Workspace"},
        description={
            "en": "The accounts that a company has at Google.",
            "fr": "Les comptes d'une entreprise chez Google.",
            "de": "Die Konten eines Unternehmens bei Google.",
        },
        logo=monogram("Google", "#1a73e8"),
        config=GoogleConfig,
    ),
    Provider(
        name="Okta",
        kind="oidc",
        title={"en": "Okta", "fr": "Okta", "de": "Okta"},
        description={
            "en": "A company's directory at Okta, by OpenID Connect.",
            "fr": "L'annuaire d'une entreprise chez Okta, par OpenID Connect.",
            "de": "Das Verzeichnis eines Unternehmens bei Okta, über OpenID Connect.",
        },
        logo=monogram("Okta", "#3d4ea8"),
    ),
    Provider(
        name="AzureAdOidc",
        kind="oidc",
        title={
            "en": "Microsoft Entra ID (OIDC)",
            "fr": "Microsoft Entra ID (OIDC)",
            "de": "Microsoft Entra ID (OIDC)",
        },
        description={
            "en": "A company's directory at Microsoft, by OpenID Connect.",
            "fr": "L'annuaire d'une entreprise chez Microsoft, par OpenID Connect.",
            "de": "Das Verzeichnis eines Unternehmens bei Microsoft, über OpenID Connect.",
        },
        logo=monogram("Microsoft", "#0f6cbd"),
    ),
)
PROVIDERS: Mapping[str, Provider] = {provider.name: provider for provider in _LIST}
