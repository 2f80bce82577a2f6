"""ID tokens and discovery documents that are not what they seem."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from tests.connectors.social.trial import reaching
from tests.connectors.social.upstream import NOW, Json, Said, Upstream, id_token, jwks, signing_key, upstreams
from tests.connectors.world import LOOPBACK
from vestibule.connectors.oauth.oidc import Expected, Metadata, discover, verify
from vestibule.errors import AppError, ConnectorGeneral, ConnectorInvalidResponse, SocialIdTokenInvalid

pytestmark = pytest.mark.anyio

ISSUER = "https://id.example"
TENANT = "8a1f0c5e-0000-4000-8000-00000000000a"
GOOD: Json = {"iss": ISSUER, "nonce": "n-1"}


@dataclass
class Checking:
    """A provider that publishes keys, and what its tokens must say."""

    upstream: Upstream

    async def verify(self, token: object, **changes: Any) -> Json:
        outgoing = reaching([LOOPBACK])
        expected = Expected(**{"issuers": [ISSUER], "audience": "client", "nonce": "n-1", **changes})
        try:
            return await verify(outgoing, token, self.upstream.url("jwks"), expected, NOW)
        finally:
            await outgoing.close()

    async def refusal(self, token: object, **changes: Any) -> type[AppError]:
        with pytest.raises(AppError) as refused:
            await self.verify(token, **changes)
        return type(refused.value)

    async def discover(self, issuer: str) -> Metadata:
        outgoing = reaching([LOOPBACK])
        try:
            return await discover(outgoing, issuer)
        finally:
            await outgoing.close()


@pytest.fixture
async def checking() -> AsyncIterator[Checking]:
    async with upstreams() as upstream:
        upstream.answers["jwks"] = Said(jwks())
        yield Checking(upstream)


def signed(header: Json, key: Any, **claims: Any) -> str:
    usual = {"aud": "client", "sub": "p", "iat": NOW // 1000, "exp": NOW // 1000 + 60, **GOOD, **claims}
    return jws.serialize_compact(header, json.dumps(usual), key, algorithms=[header["alg"]])


def encoded(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_a_good_token_says_who_it_is(checking: Checking) -> None:
    assert (await checking.verify(id_token(**GOOD)))["sub"] == "person-1"
    assert (await checking.verify(id_token(**{**GOOD, "aud": ["client"]})))["sub"] == "person-1"
    several = id_token(**{**GOOD, "aud": ["client", "other"], "azp": "client"})
    assert (await checking.verify(several))["sub"] == "person-1"


async def test_a_forged_token_is_refused_however_it_is_signed(checking: Checking) -> None:
    """RFC 8725 section 3.1: no `none`, no shared secret made of the public key, no key that the token brings."""
    public = json.dumps(signing_key().as_dict(private=False)).encode()
    mine = ECKey.generate_key("P-256", {"kid": "k1"})
    good = id_token(**GOOD)
    head, body, signature = good.split(".")
    forged = [
        f"{encoded({'alg': 'none'})}.{body}.",
        f"{encoded({'alg': 'none', 'kid': 'k1'})}.{body}.{signature}",
        signed({"alg": "HS256", "kid": "k1"}, OctKey.import_key(public)),
        signed({"alg": "ES256", "kid": "k1"}, mine),
        signed({"alg": "ES256", "jwk": mine.as_dict(private=False)}, mine),
        signed({"alg": "ES256", "kid": "k2"}, signing_key()),
        f"{head}.{encoded({**GOOD, 'sub': 'another', 'aud': 'client'})}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.x",
        "",
        "a.b.c",
        "x" * 70_000,
        f"{encoded({'alg': ['ES256']})}.{body}.{signature}",
        f"{'W' * 4000}.{body}.{signature}",
    ]
    for token in forged:
        assert await checking.refusal(token) is SocialIdTokenInvalid, token[:80]
    nothing: list[object] = [None, 5, ["x"], {}]
    for value in nothing:
        assert await checking.refusal(value) is SocialIdTokenInvalid


async def test_a_key_without_a_name_is_found_and_one_for_encryption_is_not_used(checking: Checking) -> None:
    token = signed({"alg": "ES256"}, signing_key())
    assert (await checking.verify(token))["sub"] == "p"
    checking.upstream.answers["jwks"] = Said({"keys": [{**jwks()["keys"][0], "use": "enc"}]})
    assert await checking.refusal(token) is SocialIdTokenInvalid
    other = [{"kty": "RSA", "n": "x"}, "x", {"kty": "unheard-of"}, {**jwks()["keys"][0], "alg": "ES384"}]
    checking.upstream.answers["jwks"] = Said({"keys": [*other, *jwks()["keys"]]})
    assert (await checking.verify(token))["sub"] == "p"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES384", "EdDSA"])
async def test_every_usual_signature_is_checked(checking: Checking, algorithm: str) -> None:
    made: dict[str, Any] = {
        "RS256": lambda: RSAKey.generate_key(2048),
        "PS256": lambda: RSAKey.generate_key(2048),
        "ES384": lambda: ECKey.generate_key("P-384"),
        "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
    }
    key = made[algorithm]()
    checking.upstream.answers["jwks"] = Said({"keys": [key.as_dict(private=False)]})
    with pytest.warns() if algorithm == "EdDSA" else nullcontext():
        token = signed({"alg": algorithm}, key)
    assert (await checking.verify(token))["sub"] == "p"
    assert await checking.refusal(token, algorithms=["ES256"]) is SocialIdTokenInvalid


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Said(b"", 500), ConnectorGeneral),
        (Said(b"", 404), ConnectorGeneral),
        (Said(b"", 302, ("Location: http://127.0.0.1/",)), ConnectorGeneral),
        (Said(b"<html>"), ConnectorInvalidResponse),
        (Said({"keys": 5}), ConnectorInvalidResponse),
        (Said({"keys": []}), SocialIdTokenInvalid),
    ],
)
async def test_keys_that_do_not_come_let_nobody_in(checking: Checking, said: Said, kind: type[AppError]) -> None:
    checking.upstream.answers["jwks"] = said
    assert await checking.refusal(id_token(**GOOD)) is kind


async def test_a_token_answers_the_request_that_asked_and_no_other(checking: Checking) -> None:
    assert await checking.refusal(id_token(iss=ISSUER)) is SocialIdTokenInvalid
    assert await checking.refusal(id_token(**GOOD), nonce=None) is SocialIdTokenInvalid
    assert await checking.refusal(id_token(**GOOD), nonce="n-2") is SocialIdTokenInvalid


async def test_the_issuer_of_a_tenant_carries_the_tokens_own_tenant(checking: Checking) -> None:
    issuers = ["https://login.example/{tenantid}/v2.0"]
    token = id_token(**{**GOOD, "iss": f"https://login.example/{TENANT}/v2.0", "tid": TENANT})
    assert (await checking.verify(token, issuers=issuers))["tid"] == TENANT
    for claims in ({"tid": "t2"}, {}, {"tid": 1}, {"iss": "https://login.example/t1/v2.0", "tid": "t1"}):
        other = id_token(**{**GOOD, "iss": f"https://login.example/{TENANT}/v2.0", **claims})
        assert await checking.refusal(other, issuers=issuers) is SocialIdTokenInvalid


async def test_a_provider_is_discovered_and_must_name_itself(checking: Checking) -> None:
    issuer = checking.upstream.url("tenant").removesuffix("/")
    said = {
        "issuer": issuer,
        "authorization_endpoint": "https://id.example/auth",
        "token_endpoint": "https://id.example/token",
        "jwks_uri": "https://id.example/jwks",
        "authorization_response_iss_parameter_supported": True,
    }
    place = "tenant/.well-known/openid-configuration"
    checking.upstream.answers[place] = Said(said)
    found = await checking.discover(issuer)
    assert (found.issuer, found.token_endpoint, found.userinfo_endpoint) == (issuer, "https://id.example/token", None)
    assert found.names_issuer
    for wrong in ({"issuer": "https://evil.example"}, {"issuer": None}, {"jwks_uri": None}, {"token_endpoint": 5}):
        checking.upstream.answers[place] = Said({**said, **wrong})
        with pytest.raises(ConnectorInvalidResponse):
            await checking.discover(issuer)
    checking.upstream.answers[place] = Said(b"", 503)
    with pytest.raises(ConnectorGeneral):
        await checking.discover(issuer)
