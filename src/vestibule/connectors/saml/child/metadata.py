"""The metadata of an identity provider (SAML 2.0 metadata, section 2.4)."""

import base64
import binascii
from typing import Any

from vestibule.connectors.saml.child.parsing import METADATA, SIGNATURE, Element, Refused, children, parse, text_of

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
MAX_CERTIFICATES = 16


def read(asked: dict[str, Any]) -> dict[str, Any]:
    """Return `entityId`, `signInEndpoint` and `certificates` (DER in base64); raises Refused."""
    root = parse(str(asked["metadata"]).encode())
    entities = [root] if root.tag == f"{{{METADATA}}}EntityDescriptor" else children(root, METADATA, "EntityDescriptor")
    providers = [(entity, role) for entity in entities for role in children(entity, METADATA, "IDPSSODescriptor")]
    if len(providers) != 1:
        raise Refused("metadata", "The metadata must describe one identity provider.")
    entity, role = providers[0]
    entity_id, certificates = entity.get("entityID"), _certificates(role)
    places = [one.get("Location") for one in children(role, METADATA, "SingleSignOnService")
              if one.get("Binding") == REDIRECT]  # fmt: skip
    if not entity_id or not places or not places[0]:
        raise Refused("metadata", "The metadata names no entity, or no sign-in address for the HTTP-Redirect binding.")
    if not certificates:
        raise Refused("certificate", "The metadata holds no certificate that signs.")
    return {"entityId": entity_id, "signInEndpoint": places[0], "certificates": certificates}


def _certificates(role: Element) -> list[str]:
    found = []
    for key in children(role, METADATA, "KeyDescriptor"):
        if key.get("use", "signing") == "signing":
            found += [text_of(one) for one in key.iter(f"{{{SIGNATURE}}}X509Certificate")]
    try:
        return [base64.b64encode(base64.b64decode(text)).decode() for text in found[:MAX_CERTIFICATES]]
    except binascii.Error as error:
        raise Refused("certificate", "A certificate of the metadata cannot be read.") from error
