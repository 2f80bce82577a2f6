"""Discovery and the key set."""

import pytest

from tests.oidc.world import PUBLIC_URL, World, worlds
from vestibule.domain.keys import rotate

pytestmark = pytest.mark.anyio

DOCUMENT = {
    "authorization_endpoint": "/auth",
    "device_authorization_endpoint": "/device/auth",
    "end_session_endpoint": "/session/end",
    "introspection_endpoint": "/token/introspection",
    "jwks_uri": "/jwks",
    "pushed_authorization_request_endpoint": "/request",
    "revocation_endpoint": "/token/revocation",
    "token_endpoint": "/token",
    "userinfo_endpoint": "/me",
}
FLAGS = {
    "authorization_response_iss_parameter_supported": True,
    "backchannel_logout_session_supported": True,
    "backchannel_logout_supported": True,
    "claim_types_supported": ["normal"],
    "claims_parameter_supported": False,
    "code_challenge_methods_supported": ["S256"],
    "id_token_signing_alg_values_supported": ["ES384"],
    "issuer": f"{PUBLIC_URL}/oidc",
    "request_uri_parameter_supported": False,
    "response_modes_supported": ["form_post", "fragment", "query"],
    "response_types_supported": ["code id_token", "code", "id_token", "none"],
    "subject_types_supported": ["public"],
}
LISTS = {
    "claims_supported": 32,
    "grant_types_supported": 6,
    "scopes_supported": 13,
    "token_endpoint_auth_methods_supported": 5,
    "token_endpoint_auth_signing_alg_values_supported": 6,
}


@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
async def test_both_paths_serve_the_documented_metadata(world: World, name: str) -> None:
    answer = await world.client().get(f"/oidc/.well-known/{name}", headers={"origin": "https://spa.example"})
    document = answer.json()
    assert {key: document[key] for key in DOCUMENT} == {k: f"{PUBLIC_URL}/oidc{v}" for k, v in DOCUMENT.items()}
    assert {key: document[key] for key in FLAGS} == FLAGS
    assert {key: len(document[key]) for key in LISTS} == LISTS
    assert document.keys() == DOCUMENT.keys() | FLAGS.keys() | LISTS.keys()
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["etag"]


async def test_endpoints_that_are_only_advertised_answer_as_unknown_routes(world: World) -> None:
    for path in ("/oidc/device/auth", "/oidc/request", "/oidc/nothing"):
        answer = await world.post(path, {"client_id": "x"})
        assert answer.status_code == 404
        assert answer.json()["code"] == "oidc.invalid_request"
        expected = f"unrecognized route or not allowed method (POST on {path})"
        assert answer.json()["error_description"] == expected
    assert (await world.client().get("/oidc/token")).status_code == 404


async def test_the_key_set_holds_public_members_only(world: World) -> None:
    """B11: public parameters only; every key has kid, use and alg."""
    answer = await world.client().get("/oidc/jwks")
    (key,) = answer.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "use", "kid", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-384", "sig", "ES384")
    assert len(key["kid"]) == 43
    assert answer.headers["content-type"] == "application/jwk-set+json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache, max-age=0, must-revalidate"
    again = await world.client().get("/oidc/jwks", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(("algorithm", "kind"), [("ES256", "EC"), ("EdDSA", "OKP"), ("RS256", "RSA")])
async def test_another_algorithm_is_one_setting_away(database_url: str, algorithm: str, kind: str) -> None:
    """B11: RSA keys are at least 2048 bits long."""
    async with worlds(database_url, VESTIBULE_SIGNING_ALGORITHM=algorithm) as world:
        (key,) = (await world.client().get("/oidc/jwks")).json()["keys"]
        assert (key["alg"], key["kty"]) == (algorithm, kind)
        assert {"d", "p", "q", "dp", "dq", "qi"}.isdisjoint(key)
        if kind == "RSA":
            assert len(key["n"]) == 683  # 4096 bits
        token = await world.keys.sign({"iss": f"{PUBLIC_URL}/oidc", "exp": 9_999_999_999})
        assert (await world.keys.verify(token))["exp"] == 9_999_999_999


async def test_an_algorithm_is_announced_as_long_as_a_key_of_it_is_published(database_url: str) -> None:
    async def announced(world: World) -> object:
        document = (await world.client().get("/oidc/.well-known/openid-configuration")).json()
        return document["id_token_signing_alg_values_supported"]

    async with worlds(database_url) as world:
        await world.keys.current()
    async with worlds(database_url, VESTIBULE_SIGNING_ALGORITHM="ES256") as world:
        assert await announced(world) == ["ES384"]
        await rotate(world.ctx, 3600)
        world.clock.advance(seconds=5)
        assert await announced(world) == ["ES384", "ES256"]
        world.clock.advance(seconds=3600)
        assert await announced(world) == ["ES256", "ES384"]
        await rotate(world.ctx, 0)
        world.clock.advance(seconds=5)
        assert await announced(world) == ["ES256"]


async def test_the_key_set_lists_current_then_next_then_previous(world: World) -> None:
    async def kids() -> list[str]:
        return [key["kid"] for key in (await world.client().get("/oidc/jwks")).json()["keys"]]

    (first,) = await kids()
    second = await rotate(world.ctx, 0)
    third = await rotate(world.ctx, 3600)
    world.clock.advance(seconds=60)
    assert await kids() == [second, third, first]
    world.clock.advance(seconds=3600)
    assert await kids() == [third, second]
