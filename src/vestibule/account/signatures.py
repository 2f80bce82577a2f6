"""Signed tokens of the identity server: read first, believed only after the signature is verified (RFC 8725)."""

import base64
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from vestibule.account.identity import Identity
from vestibule.client.operation import UNREADABLE

C = TypeVar("C")

MAX_BYTES = 8192
LEEWAY_SECONDS = 60
ALGORITHMS = {"ES256": "EC", "ES384": "EC", "RS256": "RSA", "EdDSA": "OKP", "Ed25519": "OKP"}


class Unverified(Exception):
    """A token that is not what it should be; the reason is for the log."""


class Header(msgspec.Struct):
    """The members of a header that are looked at; an embedded key never is."""

    alg: str
    kid: str
    typ: str = "JWT"
    crit: object = None


@dataclass(frozen=True)
class Jwt(Generic[C]):
    """A token taken apart; nothing in it is to be believed before `verify`."""

    text: str
    header: Header
    claims: C


def parse(text: str, kind: type[C]) -> Jwt[C]:
    """Take a token apart; raises Unverified. Costs next to nothing, whatever comes (B9)."""
    if len(text) > MAX_BYTES or text.count(".") != 2:
        raise Unverified("it is not a signed token")
    header_part, claims_part, _ = text.split(".")
    try:
        header = msgspec.json.decode(_bytes(header_part), type=Header)
        claims = msgspec.json.decode(_bytes(claims_part), type=kind)
    except (*UNREADABLE, ValueError) as error:
        raise Unverified("it cannot be read") from error
    if header.alg not in ALGORITHMS or header.crit is not None:
        raise Unverified("its header asks for something else")
    return Jwt(text, header, claims)


async def verify(identity: Identity, token: Jwt[C]) -> None:
    """Verify the signature with the issuer's key of that id; raises Unverified, IdentityServerAway."""
    header = token.header
    public = await identity.key(header.kid)
    if public is None or public.type != ALGORITHMS[header.alg] or public.algorithm not in {None, header.alg}:
        raise Unverified("it is signed with an unknown key")
    try:
        jws.deserialize_compact(token.text, public.key, algorithms=[header.alg])
    except (JoseError, ValueError) as error:
        raise Unverified("its signature is wrong") from error


def _bytes(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
