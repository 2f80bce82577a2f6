"""The request that sends a person to a SAML identity provider, by the HTTP-Redirect binding (bindings section 3.4)."""

import base64
import zlib
from collections.abc import Callable
from html import escape
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from vestibule.connectors.oauth.calls import with_query
from vestibule.errors import ConnectorInvalidConfig

SHA256, SHA512 = (
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
)
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {SHA256: hashes.SHA256, SHA512: hashes.SHA512}


def authn_request(request_id: str, issued_at: str, destination: str, recipient: str, entity_id: str) -> str:
    """Return an AuthnRequest (core section 3.4.1); `issued_at` is a time in ISO 8601."""
    return (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
        ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
        f' ID="{escape(request_id)}" Version="2.0" IssueInstant="{escape(issued_at)}"'
        f' Destination="{escape(destination)}" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
        f' AssertionConsumerServiceURL="{escape(recipient)}"><saml:Issuer>{escape(entity_id)}</saml:Issuer>'
        '<samlp:NameIDPolicy AllowCreate="false"/></samlp:AuthnRequest>'
    )


def redirect_to(
    destination: str, request: str, relay_state: str, private_key: bytes | None = None, algorithm: str = SHA256
) -> str:
    """Return where to send the browser; with a private key (PEM) the query is signed (bindings section 3.4.4.1)."""
    packed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = packed.compress(request.encode()) + packed.flush()
    fields = [("SAMLRequest", base64.b64encode(deflated).decode()), ("RelayState", relay_state)]
    if private_key is not None:
        fields.append(("SigAlg", algorithm))
        fields.append(("Signature", _signature(private_key, _query(fields).encode(), algorithm)))
    address, joint = with_query(destination, {}), "&" if "?" in destination else "?"
    return f"{address}{joint}{_query(fields)}"


def _query(fields: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in fields)


def _signature(private_key: bytes, content: bytes, algorithm: str) -> str:
    key = serialization.load_pem_private_key(private_key, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConnectorInvalidConfig("The signing key is no RSA key.")
    return base64.b64encode(key.sign(content, padding.PKCS1v15(), _HASHES[algorithm]())).decode()
