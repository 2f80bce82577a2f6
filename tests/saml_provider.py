"""A company's SAML identity provider for tests: a real key, real signatures, and every fault that a test asks for."""

import base64
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

PROTOCOL, ASSERTION = "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion"
ENTITY, ENDPOINT = "https://idp.acme.example/metadata", "https://idp.acme.example/sso"
EPOCH = datetime(2025, 6, 1, tzinfo=UTC)


@cache
def pair(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """Return a key and its certificate, which holds around the time of the tests' clock."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(EPOCH - timedelta(days=365))
    return key, builder.not_valid_after(EPOCH + timedelta(days=730)).sign(key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def metadata(entity: str = ENTITY, endpoint: str = ENDPOINT) -> str:
    """Return what the provider says of itself."""
    bare = "".join(line for line in pem(pair("idp")[1]).splitlines() if not line.startswith("-"))
    return (
        f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}">'
        '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
        f"<X509Certificate>{bare}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        '<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" '
        f'Location="{endpoint}"/></IDPSSODescriptor></EntityDescriptor>'
    )


@dataclass
class Saml:
    """One answer to one request; what is changed before `answer` is what the provider gets wrong."""

    now: int
    request_id: str
    recipient: str
    audience: str
    issuer: str = ENTITY
    name_id: str = "ada-at-acme"
    assertion_id: str = "_assertion-1"
    attributes: dict[str, list[str]] = field(
        default_factory=lambda: {"email": ["ada@acme.example"], "name": ["Ada Lovelace"]}
    )
    destination: str | None = None
    in_response_to: str | None = None
    subject_in_response_to: str | None = None
    confirmed_at: str | None = None
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    begins: int = -60
    ends: int = 300
    sign: str = "assertion"
    key: str = "idp"

    @classmethod
    def asked(cls, authorization_uri: str, now: int) -> "Saml":
        """Read a request as the provider would, and answer it rightly."""
        query = dict(parse_qsl(urlsplit(authorization_uri).query))
        root = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15))
        return cls(now, root.get("ID"), root.get("AssertionConsumerServiceURL"), root[0].text)

    def at(self, seconds: int) -> str:
        """Return a time so many seconds from now."""
        return datetime.fromtimestamp(self.now / 1000 + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def assertion(self) -> Any:
        """Return the assertion, without a signature."""
        told = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in self.attributes.items()
        )
        answered = self.subject_in_response_to or self.request_id
        return etree.fromstring(
            f'<saml:Assertion xmlns:saml="{ASSERTION}" ID="{self.assertion_id}" Version="2.0" '
            f'IssueInstant="{self.at(0)}"><saml:Issuer>{self.issuer}</saml:Issuer><saml:Subject>'
            f"<saml:NameID>{self.name_id}</saml:NameID>"
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
            f'InResponseTo="{answered}" Recipient="{self.confirmed_at or self.recipient}" '
            f'NotOnOrAfter="{self.at(self.ends)}"/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{self.at(self.begins)}" NotOnOrAfter="{self.at(self.ends)}">'
            f"<saml:AudienceRestriction><saml:Audience>{self.audience}</saml:Audience></saml:AudienceRestriction>"
            f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{self.at(0)}"><saml:AuthnContext>'
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
            "</saml:AuthnContext></saml:AuthnStatement>"
            f"<saml:AttributeStatement>{told}</saml:AttributeStatement></saml:Assertion>"
        )

    def signed(self, element: Any) -> Any:
        """Sign an element with the provider's key."""
        key, certificate = pair(self.key)
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        return signer.sign(element, key=key, cert=[certificate], reference_uri=element.get("ID"), id_attribute="ID")

    def tree(self) -> Any:
        """Return the response."""
        answered = "" if self.in_response_to == "" else f'InResponseTo="{self.in_response_to or self.request_id}" '
        destination = "" if self.destination == "" else f'Destination="{self.destination or self.recipient}" '
        root = etree.fromstring(
            f'<samlp:Response xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" ID="_response-1" Version="2.0" '
            f'{answered}{destination}IssueInstant="{self.at(0)}"><saml:Issuer>{self.issuer}</saml:Issuer>'
            f'<samlp:Status><samlp:StatusCode Value="{self.status}"/></samlp:Status></samlp:Response>'
        )
        assertion = self.assertion()
        root.append(self.signed(assertion) if self.sign in {"assertion", "both"} else assertion)
        return self.signed(root) if self.sign in {"response", "both"} else root

    def answer(self) -> str:
        """Return the response as it is posted."""
        return packed(etree.tostring(self.tree()))


def packed(content: bytes) -> str:
    """Return a document as it is posted."""
    return base64.b64encode(content).decode()
