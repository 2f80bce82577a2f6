"""OpenID Connect as a client: discovery (OpenID Connect Discovery 1.0) and ID tokens (Core 1.0, 3.1.3.7).

Keys are fetched for each token: a sign-in through a provider makes two calls already, and a key that the provider
has withdrawn is gone at once.
"""

import base64
import re
from collections.abc import Collection
from dataclasses import dataclass

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import JWKRegistry
from joserfc.jws import JWSAlgModel  # type: ignore[attr-defined]

from vestibule.connectors.oauth.calls import Call, Json, exchange, is_good, object_of, refused
from vestibule.connectors.outgoing import Outgoing, OutgoingError
from vestibule.crypto import same
from vestibule.errors import ConnectorInvalidResponse, SocialIdTokenInvalid

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with a public key; a shared secret is no proof of who wrote, and `none` is no signature."""

LEEWAY_SECONDS = 60
MAX_AGE_SECONDS = 600
MAX_KEYS = 64
MAX_TOKEN_CHARS = 64 * 1024
WELL_KNOWN = "/.well-known/openid-configuration"
TENANT = "{tenantid}"
"""Stands in the issuer of a provider with many tenants for the id of one."""
_TENANT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_DECODE = msgspec.json.Decoder(dict[str, object]).decode
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What an ID token must say. Of `issuers` one must match; `{tenantid}` in it stands for the token's own `tid`;
    None where nobody has said who the issuer is, and the keys alone tell. `subject` is the only one, if there is one.

    `nonce` is what the authorization request carried, None where it carried none: then the token must have none.
    """

    issuers: Collection[str] | None
    audience: str
    nonce: str | None
    algorithms: Collection[str] = ALGORITHMS
    leeway: int = LEEWAY_SECONDS
    max_age: int = MAX_AGE_SECONDS
    subject: str | None = None


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a provider says of itself; `names_issuer` tells that its callbacks carry `iss` (RFC 9207)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    names_issuer: bool


async def discover(outgoing: Outgoing, issuer: str, *, tenants: bool = False) -> Metadata:
    """Ask a provider for its addresses; raises ConnectorGeneral, ConnectorInvalidResponse.

    The document must name the issuer that was asked, but for a slash at its end, or with `tenants`
    one segment of its path, where a tenant's placeholder may stand.
    """
    url = f"{issuer.rstrip('/')}{WELL_KNOWN}"
    answer = await exchange(outgoing, Call(method="GET", url=url))
    if not is_good(answer):
        raise refused(answer, {}, url)
    told = object_of(answer)
    texts = {name: value for name, value in told.items() if isinstance(value, str)}
    named = texts.get("issuer", "")
    if not _is_named(named.rstrip("/"), issuer.rstrip("/"), tenants=tenants):
        raise ConnectorInvalidResponse(data={"message": "The provider's metadata names another issuer."})
    try:
        found = Metadata(
            issuer=named,
            authorization_endpoint=texts["authorization_endpoint"],
            token_endpoint=texts["token_endpoint"],
            jwks_uri=texts["jwks_uri"],
            userinfo_endpoint=texts.get("userinfo_endpoint"),
            names_issuer=told.get("authorization_response_iss_parameter_supported") is True,
        )
        for place in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.userinfo_endpoint):
            if place is not None:
                await outgoing.refuse_plain(place)
    except KeyError as error:
        raise ConnectorInvalidResponse(data={"message": f"The provider's metadata lacks {error}."}) from error
    except OutgoingError as error:
        raise ConnectorInvalidResponse(data={"message": f"The provider's metadata cannot be used: {error}"}) from error
    return found


def _is_named(named: str, issuer: str, *, tenants: bool) -> bool:
    """Tell whether a provider names the issuer that was asked; a placeholder elsewhere would name any company."""
    if TENANT not in named:
        return named == issuer
    ours, theirs = issuer.split("/"), named.split("/")
    differing = [(one, other) for one, other in zip(ours, theirs, strict=False) if one != other]
    hosts_are_one = len(ours) == len(theirs) and ours[:3] == theirs[:3]
    return tenants and hosts_are_one and len(differing) == 1 and differing[0][1] == TENANT and named.count("{") == 1


def is_issuer(named: str, issuer: str) -> bool:
    """Tell whether a callback names this issuer; any tenant's id may stand where it has the placeholder of tenants."""
    before, placeholder, after = issuer.partition(TENANT)
    tenant = named.removeprefix(before).removesuffix(after)
    is_one = not placeholder or tenant == TENANT or _TENANT_ID.fullmatch(tenant) is not None
    return is_one and named == (f"{before}{tenant}{after}" if placeholder else issuer)


async def verify(outgoing: Outgoing, token: object, jwks_uri: str, expected: Expected, now: int) -> Json:
    """Return the claims of an ID token at `now` (epoch ms); raises SocialIdTokenInvalid, and as `discover`."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS:
        raise _invalid("there is none")
    header = _header(token)
    keys = await _keys(outgoing, jwks_uri)
    claims = _signed(token, header, keys, expected.algorithms)
    _check(claims, expected, now // 1000)
    return claims


def usable_until(claims: Json) -> int:
    """Return from when on (epoch ms) a verified token is refused for its times alone."""
    last = min(_seconds(claims, "exp", None) + LEEWAY_SECONDS, _seconds(claims, "iat", None) + MAX_AGE_SECONDS)
    return (int(last) + 1) * 1000


class _Only(jws.JWSRegistry):
    """Knows one algorithm, and takes headers of any length that the token's own bound allows (certificates in them)."""

    max_header_length = MAX_TOKEN_CHARS

    def get_alg(self, name: str) -> JWSAlgModel:
        """Return the algorithm; raises UnsupportedAlgorithmError for any other name."""
        if name not in (self.allowed or ()) or name not in self.algorithms:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


def _header(token: str) -> Json:
    head, dot, _ = token.partition(".")
    try:
        if not dot:
            raise _invalid("it is no signed token")
        return _DECODE(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise _invalid("it is no signed token") from error


async def _keys(outgoing: Outgoing, jwks_uri: str) -> list[Json]:
    answer = await exchange(outgoing, Call(method="GET", url=jwks_uri))
    if not is_good(answer):
        raise refused(answer, {}, jwks_uri)
    keys = object_of(answer).get("keys")
    if not isinstance(keys, list):
        raise ConnectorInvalidResponse(data={"message": "The provider's keys cannot be read."})
    return [key for key in keys[:MAX_KEYS] if isinstance(key, dict) and key.get("use", "sig") == "sig"]


def _signed(token: str, header: Json, keys: list[Json], algorithms: Collection[str]) -> Json:
    """Return the claims when one of the keys of the right kind and name has signed; the token chooses no key."""
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in ALGORITHMS:
        raise _invalid("its algorithm is not accepted")
    registry = _Only(algorithms=[algorithm], strict_check_header=False)
    fitting = [
        key for key in keys if key.get("kty") == _KINDS[algorithm[:2]] and key.get("alg", algorithm) == algorithm
    ]
    for key in fitting if kid is None else [key for key in fitting if key.get("kid") == kid]:
        try:
            members: dict[str, str | list[str]] = {name: value for name, value in key.items() if isinstance(value, str)}
            return _DECODE(jws.deserialize_compact(token, JWKRegistry.import_key(members), registry=registry).payload)
        except (JoseError, ValueError, TypeError, msgspec.MsgspecError, RecursionError):
            continue
    raise _invalid("no key of the provider has signed it")


def _check(claims: Json, expected: Expected, now: int) -> None:
    if expected.issuers is not None:
        said = claims.get("tid")
        tenant = said if isinstance(said, str) and _TENANT_ID.fullmatch(said) else TENANT
        issuers = [issuer.replace(TENANT, tenant) for issuer in expected.issuers]
        if claims.get("iss") not in [issuer for issuer in issuers if TENANT not in issuer]:
            raise _invalid("it is from another issuer")
    _check_audience(claims, expected)
    _check_times(claims, expected, now)
    nonce = claims.get("nonce")
    if (nonce is None) != (expected.nonce is None) or not same(str(nonce), str(expected.nonce)):
        raise _invalid("it answers another request")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise _invalid("it names nobody")
    if expected.subject not in {None, claims["sub"]}:
        raise _invalid("it is about somebody else")


def _check_audience(claims: Json, expected: Expected) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.audience not in audiences or (len(audiences) > 1 and claims.get("azp") != expected.audience):
        raise _invalid("it is for somebody else")
    if claims.get("azp", expected.audience) != expected.audience:
        raise _invalid("it is for somebody else")


def _check_times(claims: Json, expected: Expected, now: int) -> None:
    if _seconds(claims, "exp", None) <= now - expected.leeway:
        raise _invalid("it has expired")
    issued = _seconds(claims, "iat", None)
    if issued > now + expected.leeway or _seconds(claims, "nbf", 0) > now + expected.leeway:
        raise _invalid("it is from the future")
    if issued < now - expected.max_age:
        raise _invalid("it was made too long ago")


def _seconds(claims: Json, name: str, default: int | None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(f"its `{name}` is no time")
    return value


def _invalid(reason: str) -> SocialIdTokenInvalid:
    return SocialIdTokenInvalid(f"The provider's ID token is not accepted: {reason}.", data={"message": reason})
