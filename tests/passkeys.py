"""A passkey of our own making: what an authenticator and a browser do together (WebAuthn Level 3)."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.world import JSON

ORIGIN = "http://id.localhost:3001"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Passkey:
    """One credential; the faults of tests are its attributes."""

    id: bytes = b"a passkey of hers"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0
    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    host: str = "id.localhost"
    handle: str = ""

    def create(self, options: JSON) -> JSON:
        """Answer `navigator.credentials.create`; returns the payload of the contract."""
        self.handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._payload(
            clientDataJSON=encoded(self._client_data("webauthn.create", options["challenge"])),
            attestationObject=encoded(cbor2.dumps(statement)),
            transports=["internal", "hybrid"],
        )

    def get(self, options: JSON) -> JSON:
        """Answer `navigator.credentials.get`, having signed once more."""
        self.count += 1
        client_data, data = self._client_data("webauthn.get", options["challenge"]), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._payload(
            clientDataJSON=encoded(client_data),
            authenticatorData=encoded(data),
            signature=encoded(signature),
            userHandle=self.handle,
        )

    def _data(self, more: int) -> bytes:
        flags = (self.flags | more).to_bytes(1, "big")
        return hashlib.sha256(self.host.encode()).digest() + flags + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _payload(self, **response: Any) -> JSON:
        name = encoded(self.id)
        return {"type": "WebAuthn", "id": name, "rawId": name, "response": response, "clientExtensionResults": {}}
