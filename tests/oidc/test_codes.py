"""Authorization codes at the token endpoint."""

import asyncio
from typing import Any

import pytest

from tests.oidc.world import PUBLIC_URL, VERIFIER, World
from vestibule.domain.credentials import set_password
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import ensure_default_role
from vestibule.oidc import codes
from vestibule.store.tables import access_tokens, authorization_codes, refresh_tokens, sessions

pytestmark = pytest.mark.anyio

API = "https://api.example"


async def api(world: World, *scopes: str) -> None:
    """A resource whose scopes everybody holds."""
    await ensure_resource(world.ctx, API, "API", {scope: scope for scope in scopes})
    await ensure_default_role(world.ctx, "everybody", "Everybody", API, scopes)


async def test_a_code_becomes_opaque_access_and_an_id_token(world: World) -> None:
    user = await world.user(primary_email="ada@example.com", name="Ada")
    app = await world.application()
    tokens = await world.browser().tokens(app, scope="openid profile email offline_access", nonce="n")
    assert tokens.keys() == {"access_token", "expires_in", "id_token", "scope", "token_type"}
    assert len(tokens["access_token"]) == 43
    assert tokens["scope"] == "openid profile email"  # offline_access counts only with prompt=consent
    claims = await world.claims(tokens["id_token"])
    now = world.clock.now() // 1000
    expected = {"sub": user.id, "aud": app.id, "iss": f"{PUBLIC_URL}/oidc", "nonce": "n", "iat": now, "exp": now + 3600}
    assert {name: claims[name] for name in expected} == expected
    assert (claims["name"], claims["email"], claims["email_verified"]) == ("Ada", "ada@example.com", True)
    assert claims.keys().isdisjoint({"auth_time", "sid", "at_hash", "azp", "jti"})


async def test_a_resource_makes_a_jwt_with_the_scopes_the_user_holds(world: World) -> None:
    await api(world, "read", "write")
    await world.user()
    app = await world.application("SPA")
    tokens = await world.browser().tokens(app, scope="openid read fly", resource=API)
    # Parameters of both requests name the resource; the token is for it alone.
    assert tokens["scope"] == "read"
    claims = await world.claims(tokens["access_token"])
    assert (claims["aud"], claims["scope"], claims["client_id"]) == (API, "read", app.id)
    assert (await world.userinfo(tokens["access_token"])).status_code == 401


async def test_the_scope_is_a_string_even_when_nothing_is_granted(world: World) -> None:
    await ensure_resource(world.ctx, API, "API", {"read": "Read"})
    await world.user()
    app = await world.application()
    tokens = await world.browser().tokens(app, scope="openid read", resource=API)
    assert tokens["scope"] == ""
    assert (await world.claims(tokens["access_token"]))["scope"] == ""


async def test_a_resource_must_have_been_asked_for_at_authorization(world: World) -> None:
    await api(world, "read")
    await world.user()
    app, browser = await world.application(), world.browser()
    answer = await world.redeem(app, await browser.code(app), resource=API)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")


async def test_the_default_resource_serves_codes_without_openid(world: World) -> None:
    resource = await ensure_resource(world.ctx, API, "API", {"read": "Read"})
    await ensure_default_role(world.ctx, "everybody", "Everybody", API, ["read"])
    await world.change("resources", resource.id, is_default=True)
    await world.user()
    app, browser = await world.application(), world.browser()
    tokens = await browser.tokens(app, scope="read")
    assert tokens["scope"] == "read"
    assert "id_token" not in tokens
    assert len((await browser.tokens(app, scope="openid"))["access_token"]) == 43


async def test_a_used_code_ends_everything_it_gave(world: World) -> None:
    """B23: invalid_grant, and every token from it is revoked; also minutes later."""
    await world.user()
    app, browser = await world.application(), world.browser()
    code = await browser.code(app, scope="openid offline_access", prompt="consent")
    tokens = (await world.redeem(app, code)).json()
    world.clock.advance(seconds=300)
    again = await world.redeem(app, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert again.json()["error_description"] == "grant request is invalid"
    assert (await world.userinfo(tokens["access_token"])).status_code == 401
    assert (await world.refresh(app, tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_fifty_parallel_redemptions_make_one_success(world: World) -> None:
    """B24."""
    await world.user()
    app, browser = await world.application(), world.browser()
    code = await browser.code(app)
    answers = await asyncio.gather(*[world.redeem(app, code) for _ in range(50)])
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await world.userinfo(won["access_token"])).status_code == 401


async def test_who_looked_at_a_code_before_another_used_it_comes_too_late(world: World) -> None:
    """B24: both have passed every check; the second gets nothing, and the first loses what they got."""
    await world.user()
    app, browser = await world.application(), world.browser()
    text = await browser.code(app)
    async with world.ctx.db.read() as tx:
        found = await codes.find(tx, text)
    assert found is not None
    won = (await world.redeem(app, text)).json()
    assert (await world.userinfo(won["access_token"])).status_code == 200
    assert not await codes.redeem(world.ctx, found[0], [])
    assert (await world.userinfo(won["access_token"])).status_code == 401


async def test_a_code_lives_for_a_minute(world: World) -> None:
    """B25."""
    await world.user()
    app, browser = await world.application(), world.browser()
    code = await browser.code(app)
    world.clock.advance(seconds=60)
    assert (await world.redeem(app, code)).json()["error"] == "invalid_grant"
    code = await browser.code(app)
    world.clock.advance(seconds=59)
    assert (await world.redeem(app, code)).status_code == 200


async def test_another_clients_code_is_worth_nothing(world: World) -> None:
    """B26, A1: and the owner can still use it."""
    await world.user()
    app, thief = await world.application(), await world.application()
    code = await world.browser().code(app)
    assert (await world.redeem(thief, code)).json()["error"] == "invalid_grant"
    assert (await world.redeem(app, code)).status_code == 200


@pytest.mark.parametrize(
    "verifier", [None, "w" * 50, VERIFIER + "v", "v" * 42, "v" * 129, "v" * 49 + " ", "v" * 49 + "é"]
)
async def test_the_verifier_must_be_the_one(world: World, verifier: str | None) -> None:
    """B27, A2: missing, wrong, or malformed; a failed try does not use the code up."""
    await world.user()
    app = await world.application("SPA")
    code = await world.browser().code(app)
    answer = await world.redeem(app, code, code_verifier=verifier)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await world.redeem(app, code)).status_code == 200


async def test_a_verifier_without_challenge_is_refused(world: World) -> None:
    """B27, A2: the reverse downgrade."""
    await world.user()
    app = await world.application()
    plain: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}
    code = await world.browser().code(app, **plain)
    assert (await world.redeem(app, code)).json()["error"] == "invalid_grant"
    assert (await world.redeem(app, code, code_verifier=None)).status_code == 200


async def test_the_redirect_uri_must_be_repeated(world: World) -> None:
    await world.user()
    app = await world.application(also=("https://app.example/other",))
    code = await world.browser().code(app)
    assert (await world.redeem(app, code, redirect_uri="https://app.example/other")).json()["error"] == "invalid_grant"
    missing = await world.redeem(app, code, redirect_uri=None)
    assert missing.json()["error_description"] == "missing required parameter 'redirect_uri'"
    assert (await world.redeem(app, code)).status_code == 200


async def test_a_suspended_user_gets_nothing_for_a_code(world: World) -> None:
    """A10, B30."""
    user = await world.user()
    app = await world.application()
    code = await world.browser().code(app)
    await world.change("users", user.id, is_suspended=True)
    assert (await world.redeem(app, code)).json()["error"] == "invalid_grant"


async def test_a_changed_password_voids_codes_and_tokens(world: World) -> None:
    """B30, B40."""
    user = await world.user()
    app, browser = await world.application(), world.browser()
    tokens = await browser.tokens(app)
    code = await browser.code(app)
    await set_password(world.ctx, user.id, "another good password")
    assert (await world.redeem(app, code)).json()["error"] == "invalid_grant"
    assert (await world.userinfo(tokens["access_token"])).status_code == 401
    assert (await browser.authorize(app, prompt="none")).headers["location"].count("login_required") == 1


async def test_codes_and_tokens_are_stored_as_digests(world: World) -> None:
    """B98: nothing in the store can be presented."""
    await world.user()
    app, browser = await world.application("Native"), world.browser()
    code = await browser.code(app, scope="openid offline_access", prompt="consent")
    tokens = (await world.redeem(app, code)).json()
    secrets = [code, tokens["access_token"], tokens["refresh_token"]]
    secrets += [kept.value or "" for kept in browser.client.cookies.jar if kept.name == "_session"]
    assert len(secrets) == 4
    rows = await world.dump(access_tokens, authorization_codes, refresh_tokens, sessions)
    assert not any(secret in rows for secret in secrets)
