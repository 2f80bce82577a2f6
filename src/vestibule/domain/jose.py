"""One signing key and what it can do (RFC 7515, RFC 7517). joserfc does the cryptography."""

import base64
import binascii

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSAlgModel  # type: ignore[attr-defined]

from vestibule.errors import TokenRejected

JoseKey = ECKey | RSAKey | OKPKey
RSA_BITS = 4096
PUBLIC_MEMBERS = ("kty", "crv", "x", "y", "n", "e")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


class _Only(jws.JWSRegistry):
    """Knows one algorithm. joserfc warns that the name EdDSA gives way to Ed25519 (RFC 9864); clients know EdDSA."""

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm])
        self._only = algorithm

    def get_alg(self, name: str) -> JWSAlgModel:
        """Return the algorithm; raises UnsupportedAlgorithmError for any other name."""
        if name != self._only:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_REGISTRIES = {name: _Only(name) for name in ("ES384", "ES256", "RS256", "EdDSA")}


class Key:
    """A private key with its algorithm; `kid` is the thumbprint of RFC 7638."""

    __slots__ = ("_headers", "_key", "algorithm", "kid", "public")

    def __init__(self, algorithm: str, private_jwk: bytes) -> None:
        members: dict[str, str | list[str]] = {k: v for k, v in _decode(private_jwk).items() if isinstance(v, str)}
        self._key: JoseKey = _KINDS[str(members["kty"])].import_key(members)
        self.algorithm = algorithm
        self.kid = self._key.thumbprint()
        shown = {name: value for name, value in members.items() if name in PUBLIC_MEMBERS}
        self.public = _encode({**shown, "use": "sig", "kid": self.kid, "alg": algorithm})
        self._headers: dict[str | None, bytes] = {}

    def private(self) -> bytes:
        """Return the private JWK as JSON; for sealing only."""
        return _encode(self._key.as_dict(private=True))

    def sign(self, payload: object, typ: str | None) -> str:
        """Return a compact JWS over the JSON of `payload`."""
        head = self._headers.get(typ)
        if head is None:
            header = {"alg": self.algorithm, **({"typ": typ} if typ else {}), "kid": self.kid}
            head = self._headers[typ] = _base64url(_encode(header))
        message = head + b"." + _base64url(_encode(payload))
        signature = _REGISTRIES[self.algorithm].get_alg(self.algorithm).sign(message, self._key)
        return (message + b"." + _base64url(signature)).decode()

    def verify(self, token: str) -> dict[str, object]:
        """Return the claims of a compact JWS signed with this key; raises TokenRejected."""
        try:
            opened = jws.deserialize_compact(token, self._key, registry=_REGISTRIES[self.algorithm])
            return _decode(opened.payload)
        except (JoseError, ValueError, msgspec.MsgspecError) as error:
            raise TokenRejected("the signature or the payload is not right") from error


_KINDS: dict[str, type[ECKey] | type[RSAKey] | type[OKPKey]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}


def generate(algorithm: str) -> Key:
    """Make a key for ES384, ES256, RS256 or EdDSA; raises ValueError for another algorithm."""
    made: JoseKey
    match algorithm:
        case "ES384":
            made = ECKey.generate_key("P-384")
        case "ES256":
            made = ECKey.generate_key("P-256")
        case "RS256":
            made = RSAKey.generate_key(RSA_BITS)
        case "EdDSA":
            made = OKPKey.generate_key("Ed25519")
        case _:
            raise ValueError(f"not a signing algorithm of this server: {algorithm}")
    return Key(algorithm, _encode(made.as_dict(private=True)))


def protected_header(token: str) -> dict[str, object]:
    """Decode the header of a compact JWS without believing it; raises TokenRejected."""
    head, dot, _ = token.partition(".")
    if not dot or token.count(".") != 2:
        raise TokenRejected("not a compact JWS")
    try:
        return _decode(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise TokenRejected("malformed header") from error


def _base64url(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
