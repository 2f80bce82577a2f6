"""The providers of enterprise connectors, one record each; the contract's names, our words and pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, to_builtins
from msgspec.structs import replace

from vestibule.connectors import configuration
from vestibule.connectors.factory import Words
from vestibule.connectors.logos import BUILDING, monogram
from vestibule.http.issues import Issue, custom

ProviderName = Literal["OIDC", "SAML", "AzureAD", "GoogleWorkspace", "Okta", "AzureAdOidc"]
ProviderType = Literal["oidc", "saml"]
SignatureAlgorithm = Literal[
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
]

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


class EntraConfig(OidcConfig, rename="camel", omit_defaults=False):
    """A client at Microsoft Entra, the one provider whose issuer may stand for many tenants."""


class AttributeMapping(Struct, omit_defaults=True):
    """In which attribute of an assertion the id, the address and the name of a person stand."""

    id: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class SamlConfig(Struct, rename="camel", omit_defaults=True):
    """A SAML identity provider: where its metadata is, or the metadata, or what one would read there.

    The first of these counts, and the others are dropped.
    """

    metadata_url: str | UnsetType = UNSET
    metadata: str | UnsetType = UNSET
    entity_id: str | UnsetType = UNSET
    sign_in_endpoint: str | UnsetType = UNSET
    x509_certificate: str | UnsetType = UNSET
    attribute_mapping: AttributeMapping | UnsetType = UNSET
    sign_authn_request: bool | UnsetType = UNSET
    request_signature_algorithm: SignatureAlgorithm | UnsetType = UNSET

    @property
    def mapping(self) -> dict[str, str]:
        """The mapping, as far as it is said."""
        held = self.attribute_mapping
        return {} if isinstance(held, UnsetType) else dict(to_builtins(held))


OpenIdConfig = OidcConfig | GoogleConfig


def authority(config: SamlConfig | OpenIdConfig) -> tuple[object, ...]:
    """Return whom an operator trusts by a configuration: two connectors with the same one know the same people."""
    if isinstance(config, SamlConfig):
        return ("SAML", config.metadata_url, config.metadata, config.entity_id)
    return ("OpenID", config.issuer)


AnyConfig = OpenIdConfig | SamlConfig


def _check(config: AnyConfig) -> Sequence[Issue]:
    if isinstance(config, SamlConfig):
        one = config.metadata_url or config.metadata
        if one or (config.entity_id and config.sign_in_endpoint and config.x509_certificate):
            return []
        words = "Give `metadataUrl`, or `metadata`, or `entityId`, `signInEndpoint` and `x509Certificate`."
        return [custom(words, [])]
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
        return _narrowed(configuration.read(config, self.config, _check))


def _narrowed(config: AnyConfig) -> AnyConfig:
    """Keep the first way that says which provider it is."""
    if not isinstance(config, SamlConfig):
        return config
    by_hand = ("entity_id", "sign_in_endpoint", "x509_certificate")
    dropped = ("metadata", *by_hand) if config.metadata_url else by_hand if config.metadata else ()
    return replace(config, **dict.fromkeys(dropped, UNSET))


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
        config=EntraConfig,
    ),
)
SAML_WORDS = {
    "en": "Any identity provider that speaks SAML 2.0.",
    "fr": "Tout fournisseur d'identité qui parle SAML 2.0.",
    "de": "Jeder Identitätsanbieter, der SAML 2.0 spricht.",
}
ENTRA_SAML_WORDS = {
    "en": "A company's directory at Microsoft, by SAML 2.0.",
    "fr": "L'annuaire d'une entreprise chez Microsoft, par SAML 2.0.",
    "de": "Das Verzeichnis eines Unternehmens bei Microsoft, über SAML 2.0.",
}
_SAML = (
    Provider(
        name="SAML",
        kind="saml",
        title={"en": "SAML", "fr": "SAML", "de": "SAML"},
        description=SAML_WORDS,
        logo=BUILDING,
        config=SamlConfig,
    ),
    Provider(
        name="AzureAD",
        kind="saml",
        title=dict.fromkeys(("en", "fr", "de"), "Microsoft Entra ID (SAML)"),
        description=ENTRA_SAML_WORDS,
        logo=monogram("Microsoft", "#0f6cbd"),
        config=SamlConfig,
    ),
)
PROVIDERS: Mapping[str, Provider] = {provider.name: provider for provider in (*_LIST, *_SAML)}
