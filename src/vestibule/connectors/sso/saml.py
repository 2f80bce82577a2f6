"""A company's SAML 2.0 identity provider: who it is, the request that goes there, and what its answer says."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from vestibule.connectors.oauth.calls import Call, exchange, is_good, refused
from vestibule.connectors.oauth.profile import Profile
from vestibule.connectors.outgoing import Outgoing, OutgoingError
from vestibule.connectors.saml.asking import ask
from vestibule.connectors.saml.requests import SHA256, authn_request, redirect_to
from vestibule.connectors.sso.oidc import MAX_ID, MAX_ISSUER, Person
from vestibule.connectors.sso.providers import SamlConfig
from vestibule.errors import (
    ConnectorAuthorizationFailed,
    ConnectorInvalidCertificate,
    ConnectorInvalidMetadata,
)

DEFAULT_MAPPING = {"id": "nameID", "email": "email", "name": "name"}
MAX_TEXTS = {"email": 128, "name": 128, "avatar": 2048, "phone": 128}
Json = dict[str, Any]


@dataclass(frozen=True)
class ServiceProvider:
    """What we are to the company: `entity_id` names us, `recipient` is where its answers go."""

    entity_id: str
    recipient: str


@dataclass(frozen=True)
class IdentityProvider:
    """What the company's provider is to us; certificates in PEM, those that sign."""

    entity_id: str
    sign_in_endpoint: str
    certificates: tuple[str, ...]

    @property
    def certificate(self) -> x509.Certificate:
        """The first certificate."""
        return x509.load_pem_x509_certificate(self.certificates[0].encode())


@dataclass(frozen=True)
class Asserted:
    """A person, and by which assertion until when (epoch ms) that can be said again."""

    person: Person
    assertion_id: str
    expires_at: int


def validity(certificate: x509.Certificate) -> tuple[int, int]:
    """Return from when and until when a certificate holds, in epoch ms."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return int(begins.timestamp() * 1000), int(ends.timestamp() * 1000)


def service_provider(public_url: str, connector_id: str) -> ServiceProvider:
    """Return what we are to the company of a connector."""
    return ServiceProvider(
        f"{public_url}/enterprise-sso/{connector_id}", f"{public_url}/api/authn/single-sign-on/saml/{connector_id}"
    )


async def identity_provider(outgoing: Outgoing, config: SamlConfig) -> IdentityProvider:
    """Return the provider that a configuration names.

    Raises ConnectorGeneral, ConnectorInvalidMetadata, ConnectorInvalidCertificate, ServerBusy.
    """
    if isinstance(config.x509_certificate, str):
        told: Json = {"entityId": config.entity_id, "signInEndpoint": config.sign_in_endpoint}
        return await _provider(outgoing, told, [_bare(config.x509_certificate)])
    text = config.metadata if isinstance(config.metadata, str) else await _fetched(outgoing, str(config.metadata_url))
    told = await ask({"do": "metadata", "metadata": text})
    if "refused" in told:
        kind = ConnectorInvalidCertificate if told["refused"] == "certificate" else ConnectorInvalidMetadata
        raise kind(told["message"], data={"message": told["message"]})
    return await _provider(outgoing, told, told["certificates"])


def _bare(certificate: str) -> str:
    return "".join(line for line in certificate.split() if not line.startswith("-") and not line.endswith("-"))


async def _provider(outgoing: Outgoing, told: Json, certificates: list[str]) -> IdentityProvider:
    entity_id, endpoint = str(told["entityId"]), str(told["signInEndpoint"])
    if len(entity_id) > MAX_ISSUER:
        raise ConnectorInvalidMetadata(data={"message": "The provider's name is too long."})
    try:
        await outgoing.refuse_plain(endpoint)
    except OutgoingError as error:
        raise ConnectorInvalidMetadata(data={"message": f"The provider's sign-in address: {error}"}) from error
    try:
        loaded = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in certificates]
    except ValueError as error:
        raise ConnectorInvalidCertificate(data={"message": "The certificate cannot be read."}) from error
    return IdentityProvider(entity_id, endpoint, tuple(one.public_bytes(Encoding.PEM).decode() for one in loaded))


async def _fetched(outgoing: Outgoing, url: str) -> str:
    answer = await exchange(outgoing, Call(method="GET", url=url, headers={"accept": "application/samlmetadata+xml"}))
    if not is_good(answer):
        raise refused(answer, {}, url)
    try:
        return answer.body.decode()
    except UnicodeDecodeError as error:
        raise ConnectorInvalidMetadata(data={"message": "The metadata is no text."}) from error


async def begin(
    outgoing: Outgoing,
    config: SamlConfig,
    ours: ServiceProvider,
    request_id: str,
    relay_state: str,
    now: int,
    private_key: bytes | None,
) -> str:
    """Return the address to send the browser to, at `now` (epoch ms), signed with a private key in PEM if there is one.

    Raises as `identity_provider`.
    """
    algorithm = config.request_signature_algorithm or SHA256
    theirs = await identity_provider(outgoing, config)
    return onward(theirs, ours, request_id, relay_state, now, private_key, algorithm)


def onward(
    theirs: IdentityProvider,
    ours: ServiceProvider,
    request_id: str,
    relay_state: str,
    now: int,
    private_key: bytes | None,
    algorithm: str,
) -> str:
    """Return the address with the request, at `now` (epoch ms)."""
    issued_at = datetime.fromtimestamp(now // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    request = authn_request(request_id, issued_at, theirs.sign_in_endpoint, ours.recipient, ours.entity_id)
    return redirect_to(theirs.sign_in_endpoint, request, relay_state, private_key, algorithm)


async def finish(
    outgoing: Outgoing, config: SamlConfig, ours: ServiceProvider, request_id: str, response: str, now: int
) -> Asserted:
    """Check a response at `now` (epoch ms).

    Raises ConnectorAuthorizationFailed, whose `data.error` names the check that failed, and as `identity_provider`.
    """
    theirs = await identity_provider(outgoing, config)
    told = await answered(theirs, ours, request_id, response, now)
    return Asserted(_person(told, config), str(told["id"]), int(told["expiresAt"]))


async def answered(theirs: IdentityProvider, ours: ServiceProvider, request_id: str, response: str, now: int) -> Json:
    """Return what a response says that stands every check; raises ConnectorAuthorizationFailed, ServerBusy."""
    told = await ask({
        "do": "response", "response": response, "now": now, "entityId": theirs.entity_id,
        "certificates": list(theirs.certificates), "audience": ours.entity_id, "recipient": ours.recipient,
        "requestId": request_id,
    })  # fmt: skip
    if "refused" in told:
        raise _failed(told["message"], told["refused"])
    return told


def _failed(sentence: str, word: str) -> ConnectorAuthorizationFailed:
    return ConnectorAuthorizationFailed(sentence, data={"message": sentence, "error": word})


def _person(told: Json, config: SamlConfig) -> Person:
    """Read a person by the mapping, destination by destination: one source may serve several."""
    raw: dict[str, list[str]] = {**told["attributes"], "nameID": [told["nameId"]] if told["nameId"] else []}
    mapping = {**DEFAULT_MAPPING, **config.mapping}
    wanted = {**mapping, "avatar": "avatar", "phone": "phone"}
    found = {name: _one(raw, name, source) for name, source in wanted.items()}
    person_id = found.get("id")
    if not person_id or len(person_id) > MAX_ID:
        raise _failed("The assertion has no usable id for the person.", "subject")
    kept = {name: value for name, value in found.items() if value}
    sources = {*mapping.values(), "nameID"}
    more: Mapping[str, object] = {
        name: values[0] if len(values) == 1 else values
        for name, values in raw.items()
        if name and name not in sources and values
    }
    profile = Profile(id=person_id, name=found["name"], avatar=found["avatar"], email=found["email"])
    return Person(issuer=str(told["issuer"]), profile=profile, detail={**more, **kept})


def _one(raw: Mapping[str, list[str]], name: str, source: str) -> str | None:
    values = [value for value in raw.get(source, []) if value]
    if len(values) > 1:
        raise _failed(f"The assertion has several values for {name}.", "attributes")
    if not values or len(values[0]) > MAX_TEXTS.get(name, MAX_ID) or "\0" in values[0]:
        return None
    return values[0]
