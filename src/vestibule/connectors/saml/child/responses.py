"""Checking a response (SAML 2.0 core and profiles section 4.1.4), check by check; each refusal has its word.

Everything that says who it is is read from what the signature covers, parsed anew from the very bytes that were
signed: another assertion beside it, or around it, is never looked at (B74).
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.processor import get_schema
from signxml.verifier import SignatureConfiguration, XMLVerifier

from vestibule.connectors.saml.child.parsing import (
    ASSERTION,
    PROTOCOL,
    SIGNATURE,
    Element,
    Refused,
    children,
    parse,
    text_of,
)

SKEW = timedelta(seconds=90)
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
METHODS = frozenset({
    SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
    SignatureMethod.SHA256_RSA_MGF1, SignatureMethod.SHA384_RSA_MGF1, SignatureMethod.SHA512_RSA_MGF1,
    SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512,
})  # fmt: skip
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
Json = dict[str, Any]


def prepare() -> None:
    """Load what the library reads from its own files, as long as files can be opened."""
    for name in XMLVerifier.schema_files:
        get_schema(name)


def check(asked: Json) -> Json:
    """Return the assertion's `id`, `issuer`, `nameId`, `attributes` and `expiresAt` (epoch ms); raises Refused.

    `asked` has `response` (base64), `now` (epoch ms), `entityId` and `certificates` of the identity provider, and of
    ours `audience`, `recipient` and `requestId`.
    """
    now = datetime.fromtimestamp(asked["now"] / 1000, UTC)
    response = _response(asked["response"])
    assertion, whole = _signed(response, asked["certificates"], now)
    _check_response(whole if whole is not None else response, asked, is_signed=whole is not None)
    _check_issuer(assertion, asked, required=True)
    expires = [_check_subject(assertion, asked, now), *_check_conditions(assertion, asked, now)]
    expires += _check_session(assertion, now)
    subject = children(assertion, ASSERTION, "Subject")[0]
    names = children(subject, ASSERTION, "NameID")
    return {
        "id": assertion.get("ID"),
        "issuer": asked["entityId"],
        "nameId": text_of(names[0]) if names else None,
        "attributes": _attributes(assertion),
        "expiresAt": int((min(expires) + SKEW).timestamp() * 1000),
    }


def _response(text: str) -> Element:
    try:
        root = parse(base64.b64decode("".join(text.split()), validate=True))
    except binascii.Error as error:
        raise Refused("document", "The response is not base64.") from error
    if root.tag != f"{{{PROTOCOL}}}Response" or root.get("Version") != "2.0":
        raise Refused("document", "The document is no SAML 2.0 response.")
    if children(root, ASSERTION, "EncryptedAssertion"):
        raise Refused("encrypted", "Encrypted assertions are not read. Let the provider sign them, over TLS.")
    return root


def _signed(response: Element, certificates: list[str], now: datetime) -> tuple[Element, Element | None]:
    """Return the one assertion that a signature covers, and the response where it is covered as well."""
    whole = _verified(response, certificates, now)
    if whole is not None:
        return _only(children(whole, ASSERTION, "Assertion")), whole
    assertion = _verified(_only(children(response, ASSERTION, "Assertion")), certificates, now)
    if assertion is None:
        raise Refused("signature", "Neither the response nor its assertion is signed.")
    return assertion, None


def _only(found: list[Element]) -> Element:
    if len(found) != 1:
        raise Refused("assertion", "The response must hold one assertion.")
    return found[0]


def _verified(element: Element, certificates: list[str], now: datetime) -> Element | None:
    """Return an element as it was signed, or None without a signature of its own; raises Refused."""
    signatures = children(element, SIGNATURE, "Signature")
    if not signatures:
        return None
    if len(signatures) > 1:
        raise Refused("signature", "There is more than one signature.")
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    config = SignatureConfiguration(
        location="./", signature_methods=METHODS, digest_algorithms=DIGESTS, verification_time=now,
        ignore_ambiguous_key_info=True,
    )  # fmt: skip
    for certificate in certificates:
        try:
            # What is not the library's word for a bad signature is one all the same: its input is a stranger's.
            result = XMLVerifier().verify(alone, x509_cert=certificate, expect_config=config, id_attribute="ID")
        except (SignXMLException, ValueError, KeyError, TypeError, AttributeError, etree.LxmlError):
            continue
        if isinstance(result, list) or result.signed_xml is None:
            continue
        covered = result.signed_xml
        if covered.tag == element.tag and covered.get("ID") == element.get("ID") and covered.get("ID"):
            return covered
    raise Refused("signature", "The signature is not the provider's, or does not cover what it stands in.")


def _check_response(response: Element, asked: Json, *, is_signed: bool) -> None:
    codes = [one.get("Value") for status in children(response, PROTOCOL, "Status")
             for one in children(status, PROTOCOL, "StatusCode")]  # fmt: skip
    if codes != [SUCCESS]:
        raise Refused("status", "The provider did not sign the person in.")
    if response.get("InResponseTo") != asked["requestId"]:
        raise Refused("in_response_to", "The response answers no request of this sign-in.")
    destination = response.get("Destination")
    if destination != asked["recipient"] and (destination is not None or is_signed):
        raise Refused("destination", "The response is meant for another address.")
    _check_issuer(response, asked, required=False)


def _check_issuer(element: Element, asked: Json, *, required: bool) -> None:
    names = [text_of(one) for one in children(element, ASSERTION, "Issuer")]
    if names != [asked["entityId"]] and (names or required):
        raise Refused("issuer", "The response or its assertion is another provider's.")


def _check_subject(assertion: Element, asked: Json, now: datetime) -> datetime:
    subjects = children(assertion, ASSERTION, "Subject")
    if len(subjects) != 1:
        raise Refused("subject", "The assertion must be about one person.")
    held = [one for one in children(subjects[0], ASSERTION, "SubjectConfirmation") if one.get("Method") == BEARER]
    data = [one for confirmation in held for one in children(confirmation, ASSERTION, "SubjectConfirmationData")]
    if len(data) != 1:
        raise Refused("subject", "The assertion must be confirmed by its bearer, once.")
    if data[0].get("Recipient") != asked["recipient"]:
        raise Refused("recipient", "The assertion is meant for another address.")
    if data[0].get("InResponseTo") != asked["requestId"]:
        raise Refused("in_response_to", "The assertion answers no request of this sign-in.")
    if data[0].get("NotBefore") is not None:
        raise Refused("subject", "A bearer's confirmation has no beginning.")
    return _not_over(data[0].get("NotOnOrAfter"), now, required=True) or now


def _check_conditions(assertion: Element, asked: Json, now: datetime) -> list[datetime]:
    found = children(assertion, ASSERTION, "Conditions")
    if len(found) != 1:
        raise Refused("audience", "The assertion must say whom it is for.")
    begins = found[0].get("NotBefore")
    if begins is not None and _time(begins) > now + SKEW:
        raise Refused("early", "The assertion is not valid yet. Compare the clocks.")
    restrictions = children(found[0], ASSERTION, "AudienceRestriction")
    # Each restriction must hold (core section 2.5.1.4), and one of its audiences is enough.
    if not restrictions or not all(
        asked["audience"] in map(text_of, children(one, ASSERTION, "Audience")) for one in restrictions
    ):
        raise Refused("audience", "The assertion is meant for another service.")
    ends = _not_over(found[0].get("NotOnOrAfter"), now, required=False)
    return [] if ends is None else [ends]


def _check_session(assertion: Element, now: datetime) -> list[datetime]:
    statements = children(assertion, ASSERTION, "AuthnStatement")
    if not statements:
        raise Refused("subject", "The assertion does not say that the person signed in.")
    for one in statements:
        _not_over(one.get("SessionNotOnOrAfter"), now, required=False)
    return []


def _not_over(text: str | None, now: datetime, *, required: bool) -> datetime | None:
    if text is None:
        if required:
            raise Refused("expired", "The assertion does not say when it ends.")
        return None
    ends = _time(text)
    if ends + SKEW <= now:
        raise Refused("expired", "The assertion has expired. Compare the clocks.")
    return ends


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("document", "A time of the assertion cannot be read.") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _attributes(assertion: Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for statement in children(assertion, ASSERTION, "AttributeStatement"):
        for one in children(statement, ASSERTION, "Attribute"):
            values = [text_of(value) for value in children(one, ASSERTION, "AttributeValue")]
            found.setdefault(one.get("Name", ""), []).extend(values)
    return found
