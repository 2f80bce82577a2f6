"""The user's access token: what is accepted, what is not, and how keys are fetched."""

import asyncio
import base64
import json
from typing import Any

import pytest
from httpx2 import AsyncClient
from joserfc.jwk import ECKey
from starlette.responses import Response

from tests.account.conftest import World, refused
from tests.client.test_tokens import speaking
from vestibule.account.identity import Identity
from vestibule.account.problems import IdentityServerAway
from vestibule.clock import ManualClock

pytestmark = pytest.mark.anyio


async def status(world: World, token: str) -> int:
    """Return how /api/me answers to a token."""
    answer = await world.client.get("/api/me", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200 or refused(answer, 401, "not-signed-in")
    return answer.status_code


async def test_a_good_token_reads_the_account(world: World) -> None:
    answer = await world.call("GET")
    assert answer.status_code == 200
    assert answer.json()["id"] == "ada"
    assert answer.json()["email"] == "ada@example.com"
    assert answer.json()["hasPassword"] is True
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example/oidc"}, {"aud": "https://other.example/api"}, {"aud": None}, {"sub": None},
        {"sub": ""},
        {"exp": None}, {"client_id": None}, {"client_id": "ada"}, {"scope": ["account:read"]}, {"sub": 5},
    ],
)  # fmt: skip
async def test_a_token_for_somebody_else_is_refused(world: World, changes: dict[str, Any]) -> None:
    """B6: wrong issuer, audience, subject; also a machine's token about itself."""
    assert await status(world, world.stub.sign(world.claims(**changes))) == 401


async def test_an_expired_or_early_token_is_refused_with_a_minute_of_leeway(world: World) -> None:
    """B7: exp 61 s past is refused, 59 s is not; nbf alike. Also when the token is in the cache."""
    now = world.clock.now() // 1000
    cases: list[tuple[dict[str, Any], int]] = [
        ({"exp": now - 61}, 401), ({"exp": now - 59}, 200), ({"nbf": now + 61}, 401), ({"nbf": now + 59}, 200),
    ]  # fmt: skip
    for changes, expected in cases:
        assert await status(world, world.stub.sign(world.claims(**changes))) == expected
    token = world.stub.sign(world.claims(exp=now + 10))
    assert await status(world, token) == 200
    world.clock.advance(seconds=71)
    assert await status(world, token) == 401


async def test_forged_headers_are_refused_without_any_request(world: World) -> None:
    """B1, B2, B3, B4, B5: alg none, HMAC, embedded keys, unknown crit, an ID token's type."""
    assert (await world.call("GET")).status_code == 200
    own = ECKey.generate_key("P-256", {"kid": "one"})
    good = world.stub.sign(world.claims())
    payload = good.split(".")[1]
    asked = len(world.stub.asked)
    for header in (
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS256"},
        {"alg": "ES256", "crit": ["x"]},
        {"alg": "RS256"},
    ):
        text = json.dumps({"kid": "one", "typ": "at+jwt", **header}).encode()
        head = base64.urlsafe_b64encode(text).decode().rstrip("=")
        assert await status(world, f"{head}.{payload}.{good.split('.')[2]}") == 401
    assert await status(world, world.stub.sign(world.claims(), own, jwk=own.as_dict(private=False))) == 401
    assert await status(world, world.stub.sign(world.claims(), own, jku="https://evil.example/jwks")) == 401
    assert await status(world, world.stub.sign(world.claims(), typ="JWT")) == 401
    assert len(world.stub.asked) == asked


async def test_garbage_costs_nothing(world: World) -> None:
    """B8, B9: cut, extended and huge tokens."""
    good = world.stub.sign(world.claims())
    for token in (good[:-1], good + "A", good[:20], "x", "..", "a.b.c", good.replace(".", "", 1), "a" * 9000, "é"):
        answer = await world.client.get("/api/me", headers=[(b"authorization", f"Bearer {token}".encode())])
        assert refused(answer, 401, "not-signed-in")
    assert all(len(line) < 1024 for line in world.lines)


async def test_without_a_token_the_answer_says_what_to_send(world: World) -> None:
    for headers in ({}, {"authorization": "Basic x"}, {"authorization": "Bearer"}):
        answer = await world.client.get("/api/me", headers=headers)
        assert refused(answer, 401, "not-signed-in")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_keys_are_fetched_once_by_many_at_the_same_time(world: World) -> None:
    tokens = [world.stub.sign(world.claims(jti=str(number))) for number in range(20)]
    assert set(await asyncio.gather(*(status(world, token) for token in tokens))) == {200}
    assert world.stub.asked.count("GET /oidc/jwks") == 1


async def test_an_unknown_key_causes_one_refetch_in_half_a_minute(world: World) -> None:
    """A17: a flood of random key ids neither asks again and again nor drops the good key."""
    good = world.stub.sign(world.claims())
    assert await status(world, good) == 200
    world.clock.advance(seconds=30)
    for number in range(20):
        assert await status(world, world.stub.sign(world.claims(), kid=f"unknown{number}")) == 401
    assert world.stub.asked.count("GET /oidc/jwks") == 2
    assert await status(world, world.stub.sign(world.claims(jti="other"))) == 200


async def test_a_rotated_key_is_found(world: World) -> None:
    assert (await world.call("GET")).status_code == 200
    world.stub.key = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
    world.clock.advance(seconds=30)
    assert await status(world, world.stub.sign(world.claims(), kid="two")) == 200


async def test_an_identity_server_that_is_away_gives_503_and_nothing_hangs(world: World) -> None:
    world.stub.broken = lambda path: Response("<h1>Bad Gateway</h1>", 502)
    answer = await world.call("GET")
    assert refused(answer, 503, "identity-server-away")
    assert answer.headers["retry-after"] == "5"
    world.stub.broken = lambda path: Response("<h1>hello</h1>") if path.startswith("/api") else None
    assert refused(await world.call("GET"), 503, "identity-server-away")
    world.stub.broken = lambda path: None
    assert (await world.call("GET")).status_code == 200


async def test_the_machine_token_is_asked_once_and_renewed_after_a_401(world: World) -> None:
    await asyncio.gather(*(world.call("GET") for _ in range(10)))
    assert world.stub.asked.count("POST /oidc/token") == 1
    world.stub.tokens.clear()
    assert (await world.call("GET")).status_code == 200
    assert world.stub.asked.count("POST /oidc/token") == 2


async def test_wrong_machine_credentials_are_503_and_the_log_names_the_setting(world: World) -> None:
    world.stub.broken = lambda path: (
        Response('{"code":"oidc.invalid_client","message":"no"}', 401) if path == "/oidc/token" else None
    )
    assert refused(await world.call("GET"), 503, "identity-server-away")
    assert any("VESTIBULE_ACCOUNT_CLIENT_ID" in line for line in world.lines)


async def test_keys_that_cannot_be_fetched_are_503_and_never_401(world: World) -> None:
    """A client that is told 401 signs its user out; the token may be perfectly good."""
    world.stub.broken = lambda path: Response("", 502) if path == "/oidc/jwks" else None
    for _ in range(2):
        assert refused(await world.call("GET"), 503, "identity-server-away")
    world.stub.broken = lambda path: None
    assert (await world.call("GET")).status_code == 200


async def test_while_keys_cannot_be_fetched_known_ones_go_on_and_new_ones_are_503(world: World) -> None:
    assert (await world.call("GET")).status_code == 200
    world.clock.advance(seconds=30)
    world.stub.broken = lambda path: Response("", 502) if path == "/oidc/jwks" else None
    rotated = world.stub.sign(world.claims(), kid="two")
    for _ in range(3):
        answer = await world.client.get("/api/me", headers={"authorization": f"Bearer {rotated}"})
        assert refused(answer, 503, "identity-server-away")
        assert await status(world, world.stub.sign(world.claims(jti="other"))) == 200
    assert world.stub.asked.count("GET /oidc/jwks") == 2
    world.clock.advance(seconds=600)
    assert await status(world, world.stub.sign(world.claims(jti="late"))) == 200


async def test_keys_that_are_not_understood_are_passed_over(world: World) -> None:
    """RFC 7517 section 5: also keys for encryption, keys without id, and what is no key at all."""
    own = {**world.stub.key.as_dict(private=False)}
    world.stub.more_keys = [
        {}, {"kid": "x"}, {"kid": "x", "kty": "new"}, {"kid": 5, "kty": "EC"}, {"kid": "x", "kty": "EC", "crv": "P-1"},
        {"kid": "enc", **own, "use": "enc"}, {"kid": "x", "kty": "EC", "crv": "P-256", "x": 5, "y": None},
        {"kid": "oct", "kty": "oct", "k": "c2VjcmV0"},
    ]  # fmt: skip
    assert (await world.call("GET")).status_code == 200
    for kid in ("enc", "oct", "x"):
        assert await status(world, world.stub.sign(world.claims(), kid=kid)) == 401


async def test_a_key_list_that_is_no_list_is_503(world: World) -> None:
    for nonsense in (b"", b"[]", b"{}", b'{"keys": 5}', b'{"keys": [5]}', b"[" * 100_000, b"<p>"):
        answer = Response(nonsense)
        world.stub.broken = lambda path, answer=answer: answer if path == "/oidc/jwks" else None  # type: ignore[misc]
        assert refused(await world.call("GET"), 503, "identity-server-away")


async def test_a_withdrawn_key_is_soon_forgotten_and_so_are_its_tokens(world: World) -> None:
    token = world.stub.sign(world.claims())
    assert await status(world, token) == 200
    world.stub.key = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
    world.clock.advance(seconds=600)
    assert await status(world, token) == 401


async def test_deeply_nested_tokens_are_refused(world: World) -> None:
    """B9, B89: what breaks a parser is no different from other garbage."""

    def part(text: bytes) -> str:
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    deep = part(b'{"alg":"ES256","kid":"one","crit":' + b"[" * 2500 + b"]" * 2500 + b"}")
    odd = part(b'{"alg":"ES256","kid":"\xff"}')
    good = world.stub.sign(world.claims())
    for header in (deep, odd):
        assert await status(world, f"{header}.{good.partition('.')[2]}") == 401


async def test_the_answer_says_why_a_token_is_refused_and_the_scheme_has_no_case(world: World) -> None:
    """RFC 6750 section 3.1, RFC 9110 section 11.1."""
    token = world.stub.sign(world.claims())
    assert (await world.client.get("/api/me", headers={"authorization": f"bearer {token}"})).status_code == 200
    answer = await world.client.get("/api/me", headers={"authorization": "Bearer x"})
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_those_who_wait_for_keys_wait_once(world: World) -> None:
    """Ten callers in front of a slow identity server share one request and its failure."""
    reached, go = asyncio.Event(), asyncio.Event()

    async def slow(path: str) -> Response | None:
        reached.set()
        await go.wait()
        return Response("", 503)

    world.stub.broken = slow
    calls = [asyncio.create_task(world.call("GET")) for _ in range(10)]
    await reached.wait()
    go.set()
    assert {answer.status_code for answer in await asyncio.gather(*calls)} == {503}
    assert len(world.stub.asked) == 1


async def test_an_identity_server_whose_answer_never_ends_is_given_up() -> None:
    """A time-out that starts anew with each byte would be none."""
    async with (
        speaking(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{", b" ") as url,
        AsyncClient() as http,
    ):
        identity = Identity(http, url, ManualClock(), 0.3)
        with pytest.raises(IdentityServerAway):
            await identity.key("one")
