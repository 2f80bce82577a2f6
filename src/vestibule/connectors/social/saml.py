"""The standard connector `saml`: people whom a SAML 2.0 identity provider knows, as a social provider beside others.

The response is checked as that of a company's provider is (`connectors/sso/saml.py`, decision 0012), against the
certificate of the configuration and no other. A provider of one's own choice vouches for no address by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from vestibule.connectors.factory import Factory
from vestibule.connectors.logos import BUILDING
from vestibule.connectors.oauth import fields, profile
from vestibule.connectors.oauth.engine import Handshake
from vestibule.connectors.oauth.fields import TRUST, Config, Field
from vestibule.connectors.oauth.profile import Profile
from vestibule.connectors.outgoing import Outgoing
from vestibule.connectors.saml.requests import SHA256, SHA512
from vestibule.connectors.sso import saml
from vestibule.connectors.sso.providers import SamlConfig
from vestibule.connectors.sso.saml import IdentityProvider, Json, ServiceProvider
from vestibule.errors import ConnectorInvalidConfig, ConnectorInvalidResponse

FIELDS = (
    Field("entityID", "Our entity id: the audience of its answers", required=True),
    Field("idpMetadataXml", "Metadata of the provider (XML)", "MultilineText", required=True),
    Field("x509Certificate", "Certificate of the provider", "MultilineText", required=True),
    Field("assertionConsumerServiceUrl", "Where its answers go", required=True, is_address=True),
    Field("signInEndpoint", "Sign-in address, in place of that of the metadata", is_address=True),
    Field("signAuthnRequest", "Sign requests", "Switch"),
    Field("privateKey", "Private key that signs requests (PEM, RSA)", "MultilineText", is_confidential=True),
    Field("privateKeyPass", "Password of the private key", is_confidential=True),
    Field("requestSignatureAlgorithm", "Signature", "Select", choices=(SHA256, SHA512), default=SHA256),
    Field("encryptAssertion", "Encrypted assertions", "Switch", description="Not supported: leave it off."),
    Field("profileMap", "Attributes with id, email, phone, name and avatar", "Json"),
    TRUST,
)
MAPPED = ("id", "email", "phone", "name", "avatar")
CLAIMS = {name: name for name in MAPPED} | {"email_verified": "email_verified"}
README = """# SAML

Create the connector, set `assertionConsumerServiceUrl` to `https://YOUR_SERVER/api/authn/saml/CONNECTOR_ID`, and give
the provider that address and your `entityID`. Its response or assertion must be signed with the certificate above, and
not be encrypted. `profileMap` says in which attributes a person stands; without it the id is the NameID.
"""


@dataclass(frozen=True)
class Asserted:
    """A person, and by which assertion of which provider until when (epoch ms) that can be said again."""

    profile: Profile
    assertion: str
    expires_at: int


@dataclass(frozen=True, kw_only=True)
class SamlFactory(Factory[Config]):
    """The kind of connector; its provider posts to us, so that nothing comes back with the browser but its state."""

    kind: Literal["Social"] = "Social"

    def read(self, config: dict[str, object]) -> Config:
        """Return a cleaned configuration with its defaults; raises ConnectorInvalidConfig."""
        read = fields.read(config, FIELDS)
        if read.get("encryptAssertion"):
            raise ConnectorInvalidConfig(data={"message": "Encrypted assertions are not supported."})
        if read.get("signAuthnRequest"):
            _private_key(read)
        return read

    async def begin(self, outgoing: Outgoing, config: Config, handshake: Handshake, relay_state: str, now: int) -> str:
        """Return where to send the browser at `now` (epoch ms); the nonce names the request.

        Raises ConnectorInvalidConfig, ConnectorInvalidMetadata, ConnectorInvalidCertificate, ServerBusy.
        """
        read = self.read(config)
        theirs, key = await _provider(outgoing, read), _private_key(read) if read.get("signAuthnRequest") else None
        algorithm = str(read["requestSignatureAlgorithm"])
        return saml.onward(theirs, _ours(read), handshake.nonce, relay_state, now, key, algorithm)

    async def finish(
        self, outgoing: Outgoing, config: Config, handshake: Handshake, response: str, now: int
    ) -> Asserted:
        """Check a response at `now` (epoch ms); raises ConnectorAuthorizationFailed, and as `begin`."""
        read = self.read(config)
        theirs = await _provider(outgoing, read)
        told = await saml.answered(theirs, _ours(read), handshake.nonce, response, now)
        assertion = f"{told['issuer']}\0{told['id']}"
        return Asserted(_person(told, read), assertion, int(told["expiresAt"]))


def _ours(config: Config) -> ServiceProvider:
    return ServiceProvider(str(config["entityID"]), str(config["assertionConsumerServiceUrl"]))


async def _provider(outgoing: Outgoing, config: Config) -> IdentityProvider:
    """Return the provider of the metadata with the certificate of the configuration, which alone is believed."""
    told = await saml.identity_provider(outgoing, SamlConfig(metadata=str(config["idpMetadataXml"])))
    by_hand = SamlConfig(
        entity_id=told.entity_id,
        sign_in_endpoint=str(config.get("signInEndpoint") or told.sign_in_endpoint),
        x509_certificate=str(config["x509Certificate"]),
    )
    return replace(told, **vars(await saml.identity_provider(outgoing, by_hand)))


def _private_key(config: Config) -> bytes:
    """Return the key that signs requests in PEM without a password; raises ConnectorInvalidConfig."""
    word = config.get("privateKeyPass")
    try:
        key = serialization.load_pem_private_key(
            str(config.get("privateKey", "")).encode(), word.encode() if isinstance(word, str) else None
        )
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ConnectorInvalidConfig(data={"message": "`privateKey` is not a key of RSA."})
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConnectorInvalidConfig(data={"message": "`privateKey` cannot be read with `privateKeyPass`."}) from error


def _person(told: Json, config: Config) -> Profile:
    """Read a person; raises ConnectorInvalidResponse where an attribute has several values, or nobody is named."""
    raw: Mapping[str, list[str]] = {**told["attributes"], "nameID": [told["nameId"]] if told["nameId"] else []}
    given = config.get("profileMap")
    paths = given if isinstance(given, dict) else {}
    sources = {name: str(paths.get(name, "nameID" if name == "id" else name)) for name in MAPPED}
    found = {name: [value for value in raw.get(source, []) if value] for name, source in sources.items()}
    several = [name for name, values in found.items() if len(values) > 1]
    if several:
        raise ConnectorInvalidResponse(data={"message": f"The assertion has several values for {several[0]}."})
    person = {name: values[0] for name, values in found.items() if values}
    return profile.read(person, CLAIMS, trusted=config.get("trustUnverifiedEmail") is True, raw={})


SAML = SamlFactory(
    id="saml",
    target="saml",
    name={"en": "SAML", "fr": "SAML", "de": "SAML"},
    description={
        "en": "People whom a SAML 2.0 identity provider of your choice knows.",
        "fr": "Les personnes que connaît un fournisseur d'identité SAML 2.0 de votre choix.",
        "de": "Menschen, die ein SAML-2.0-Identitätsanbieter Ihrer Wahl kennt.",
    },
    logo=BUILDING,
    readme=README,
    form_items=tuple(field.form_item() for field in FIELDS),
    platform="Universal",
    is_standard=True,
)
