"""The authorization server's keys and settings through the Management API: listed, rotated, deleted, obeyed."""

from typing import Any

import httpx2
import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from tests.pages.visitor import CALLBACK, Visitor, application, visitor
from tests.world import PASSWORD, World
from vestibule.domain.cookies import SETTLE_MS

pytestmark = pytest.mark.anyio
OIDC = "/configs/oidc"
PRIVATE, COOKIE = f"{OIDC}/private-keys", f"{OIDC}/cookie-keys"


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def listed(world: World, path: str) -> list[dict[str, Any]]:
    answer = await world.call("GET", path)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def rotated(world: World, path: str, **body: Any) -> list[dict[str, Any]]:
    answer = await world.call("POST", f"{path}/rotate", body)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def published(world: World) -> list[dict[str, Any]]:
    return list((await world.client.get("/oidc/jwks")).json()["keys"])


async def signer(world: World) -> str:
    """Return the id of the key that signs a new token."""
    client_id, secret = await world.app("MachineToMachine", management=True)
    answer = await world.client_token(client_id, secret, resource="https://default.logto.app/api", scope="all")
    token = answer["access_token"]
    keys = KeySet.import_key_set({"keys": await published(world)})
    return str(jws.deserialize_compact(token, keys, algorithms=["ES256", "ES384", "RS256"]).headers()["kid"])


# --- signing keys ---


async def test_the_first_signing_key_is_shown_without_what_is_secret(world: World) -> None:
    (key,) = await listed(world, PRIVATE)
    now = world.clock.now()
    assert key == {
        "id": key["id"],
        "createdAt": now // 1000,
        "signingKeyAlgorithm": "EC",
        "status": "Current",
        "effectiveAt": now,
    }


async def test_rotating_signs_with_the_new_key_at_once_and_the_old_one_still_verifies(world: World) -> None:
    await world.management_token()
    (first,) = await listed(world, PRIVATE)
    world.clock.advance(seconds=1)
    keys = await rotated(world, PRIVATE)
    assert [(key["status"], key["id"] == first["id"]) for key in keys] == [("Current", False), ("Previous", True)]
    assert await signer(world) == keys[0]["id"]
    assert await listed(world, PRIVATE) == keys  # the token of the old key is still good


async def test_with_a_grace_period_the_new_key_waits_and_takes_over_by_itself(world: World) -> None:
    (first,) = await listed(world, PRIVATE)
    keys = await rotated(world, PRIVATE, rotationGracePeriod=600)
    assert [key["status"] for key in keys] == ["Current", "Next"]
    assert keys[1]["effectiveAt"] == world.clock.now() + 600_000
    assert [key["kid"] for key in await published(world)] == [key["id"] for key in keys]
    assert await signer(world) == first["id"]
    world.clock.advance(seconds=600)
    assert [key["status"] for key in await listed(world, PRIVATE)] == ["Current", "Previous"]
    assert await signer(world) == keys[1]["id"]


@pytest.mark.parametrize(("family", "algorithm", "kind"), [("RSA", "RS256", "RSA"), ("EC", "ES256", "EC")])
async def test_a_family_can_be_chosen(world: World, family: str, algorithm: str, kind: str) -> None:
    """EC stays what the environment says (ES256 here)."""
    keys = await rotated(world, PRIVATE, signingKeyAlgorithm=family)
    assert keys[0]["signingKeyAlgorithm"] == family
    newest = (await published(world))[0]
    assert (newest["alg"], newest["kty"]) == (algorithm, kind)
    assert await signer(world) == keys[0]["id"]


async def test_only_the_previous_key_can_be_deleted(world: World) -> None:
    await world.management_token()
    (first,) = await listed(world, PRIVATE)
    assert refusal(await world.call("DELETE", f"{PRIVATE}/{first['id']}")) == (
        422,
        "oidc.only_previous_key_can_be_deleted",
    )
    keys = await rotated(world, PRIVATE, rotationGracePeriod=60)
    assert (await world.call("DELETE", f"{PRIVATE}/{keys[1]['id']}")).status_code == 422
    world.clock.advance(seconds=60)
    world.token = ""  # the old key goes, and the token with it
    gone = await world.call("DELETE", f"{PRIVATE}/{first['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert [key["kid"] for key in await published(world)] == [keys[1]["id"]]
    assert refusal(await world.call("DELETE", f"{PRIVATE}/{first['id']}")) == (404, "oidc.key_not_found")
    assert refusal(await world.call("DELETE", f"{PRIVATE}/unknown")) == (404, "oidc.key_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"signingKeyAlgorithm": "ES384"},
        {"rotationGracePeriod": -1},
        {"rotationGracePeriod": "60"},
        {"rotationGracePeriod": 1.5},
    ],
)
async def test_a_senseless_rotation_is_refused(world: World, body: dict[str, Any]) -> None:
    assert refusal(await world.call("POST", f"{PRIVATE}/rotate", body)) == (400, "guard.invalid_input")
    assert len(await listed(world, PRIVATE)) == 1


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/rotate"), ("DELETE", "/x")])
async def test_there_are_two_kinds_of_keys(world: World, method: str, rest: str) -> None:
    answer = await world.call(method, f"{OIDC}/public-keys{rest}", {} if method == "POST" else None)
    assert refusal(answer) == (400, "guard.invalid_input")
    assert answer.json()["data"]["issues"][0]["path"] == ["keyType"]


# --- cookie keys ---


async def test_cookie_keys_are_listed_by_id_and_age_alone(world: World) -> None:
    (key,) = await listed(world, COOKIE)
    assert set(key) == {"id", "createdAt"}
    assert key["createdAt"] == world.clock.now() // 1000


async def signed_in(world: World) -> tuple[Visitor, Any]:
    """Return a browser with a session, and the application it is for."""
    await world.user(username="ada", password=PASSWORD)
    app, ada = await application(world), visitor(world)
    await (await ada.begin(app)).sign_in("ada")
    assert ada.address.startswith(CALLBACK)
    return ada, app


async def test_who_is_signed_in_stays_so_while_cookie_keys_rotate_once(world: World) -> None:
    ada, app = await signed_in(world)
    (first,) = await listed(world, COOKIE)
    keys = await rotated(world, COOKIE)
    assert [key["id"] == first["id"] for key in keys] == [False, True]
    assert await ada.is_signed_in(app)
    world.clock.advance(seconds=SETTLE_MS / 1000 + 1)
    assert await ada.is_signed_in(app)  # its cookies are now signed with the new key
    assert (await world.call("DELETE", f"{COOKIE}/{first['id']}")).status_code == 204
    assert await ada.is_signed_in(app)


async def test_what_a_deleted_cookie_key_has_signed_is_worth_nothing(world: World) -> None:
    ada, app = await signed_in(world)
    (first,) = await listed(world, COOKIE)
    await rotated(world, COOKIE)
    await world.call("DELETE", f"{COOKIE}/{first['id']}")
    assert not await ada.is_signed_in(app)


async def test_a_new_cookie_key_signs_when_every_server_has_had_time_to_notice_it(world: World) -> None:
    from_before = await signed_in(world)
    before = from_before[0].cookie("_session.sig")
    keys = world.server.ctx.live.cookie_keys
    await rotated(world, COOKIE)
    assert world.server.ctx.live.cookie_keys[1:] == keys
    assert await from_before[0].is_signed_in(from_before[1])
    assert from_before[0].cookie("_session.sig") == before
    world.clock.advance(seconds=SETTLE_MS / 1000 + 1)
    assert await from_before[0].is_signed_in(from_before[1])
    assert from_before[0].cookie("_session.sig") != before


async def test_two_cookie_keys_are_kept_at_most(world: World) -> None:
    (first,) = await listed(world, COOKIE)
    second = (await rotated(world, COOKIE))[0]
    third = (await rotated(world, COOKIE))[0]
    assert [key["id"] for key in await listed(world, COOKIE)] == [third["id"], second["id"]]
    assert first["id"] not in {second["id"], third["id"]}


async def test_the_last_cookie_key_stays_and_none_waits(world: World) -> None:
    (only,) = await listed(world, COOKIE)
    assert refusal(await world.call("DELETE", f"{COOKIE}/{only['id']}")) == (422, "oidc.key_required")
    assert refusal(await world.call("DELETE", f"{COOKIE}/unknown")) == (404, "oidc.key_not_found")
    assert refusal(await world.call("POST", f"{COOKIE}/rotate", {"rotationGracePeriod": 60})) == (
        422,
        "oidc.invalid_request",
    )
    assert await rotated(world, COOKIE, rotationGracePeriod=0) != [only]


# --- sessions ---


async def test_sessions_live_as_long_as_it_is_set(world: World) -> None:
    """B43."""
    path = f"{OIDC}/session"
    assert (await world.call("GET", path)).json() == {"ttl": 14 * 86_400}
    assert (await world.call("PATCH", path, {"ttl": 3600})).json() == {"ttl": 3600}
    assert (await world.call("PATCH", path, {})).json() == {"ttl": 3600}
    ada, app = await signed_in(world)
    world.clock.advance(seconds=3599)
    assert await ada.is_signed_in(app)
    world.clock.advance(seconds=3599)
    assert await ada.is_signed_in(app)
    world.clock.advance(seconds=3601)
    assert not await ada.is_signed_in(app)


async def test_the_session_cookie_lives_as_long_as_the_session(world: World) -> None:
    await world.call("PATCH", f"{OIDC}/session", {"ttl": 7200})
    ada, _ = await signed_in(world)
    (kept,) = [cookie for cookie in ada.client.cookies.jar if cookie.name == "_session"]
    assert kept.expires is not None
    (other,) = [cookie for cookie in ada.client.cookies.jar if cookie.name == "_session.sig"]
    assert other.expires is not None
    assert abs(kept.expires - other.expires) <= 2


@pytest.mark.parametrize("ttl", [0, -1, 31_536_001, 1.5, "60", None])
async def test_a_senseless_lifetime_is_refused(world: World, ttl: Any) -> None:
    answer = await world.call("PATCH", f"{OIDC}/session", {"ttl": ttl})
    assert refusal(answer) == (400, "guard.invalid_input")


# --- ID tokens ---


async def id_token(world: World) -> dict[str, Any]:
    """Sign Ada in with every scope about her and return the claims of the ID token."""
    app, ada = await application(world), visitor(world)
    scope = "openid profile roles custom_data identities urn:logto:scope:organizations"
    await (await ada.begin(app, scope=scope)).sign_in("ada")
    code = httpx2.URL(ada.address).params["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": "v" * 50}
    answer = await world.client.post("/oidc/token", data=form | app.login)
    keys = KeySet.import_key_set({"keys": await published(world)})
    opened = jws.deserialize_compact(answer.json()["id_token"], keys, algorithms=["ES256"])
    return dict(msgspec.json.decode(opened.payload))


EXTENDED = {"roles", "custom_data", "identities", "sso_identities", "organizations", "organization_data"}


async def test_id_tokens_carry_the_extended_claims_that_are_enabled(world: World) -> None:
    await world.user(username="ada", password=PASSWORD, customData={"plan": "team"})
    seeded = {"enabledExtendedClaims": ["roles", "organizations", "organization_roles"]}
    assert (await world.call("GET", "/configs/id-token")).json() == seeded
    assert EXTENDED & set(await id_token(world)) == {"roles", "organizations"}
    chosen = {"enabledExtendedClaims": ["custom_data", "identities"]}
    assert (await world.call("PUT", "/configs/id-token", chosen)).json() == chosen
    assert (await world.call("GET", "/configs/id-token")).json() == chosen
    claims = await id_token(world)
    assert EXTENDED & set(claims) == {"custom_data", "identities"}
    assert claims["custom_data"] == {"plan": "team"}
    assert claims["username"] == "ada"
    assert (await world.call("PUT", "/configs/id-token", {})).json() == {}
    assert EXTENDED & set(await id_token(world)) == set()


async def test_an_unknown_claim_is_refused(world: World) -> None:
    answer = await world.call("PUT", "/configs/id-token", {"enabledExtendedClaims": ["password"]})
    assert refusal(answer) == (400, "guard.invalid_input")
