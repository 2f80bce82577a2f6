"""UserInfo, introspection, revocation, and who may read them from another origin."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.oidc.world import BYE, CALLBACK, PUBLIC_URL, World
from vestibule.db import DatabaseUnavailable

pytestmark = pytest.mark.anyio

ISSUER = f"{PUBLIC_URL}/oidc"
OFFLINE: dict[str, Any] = {"scope": "openid profile offline_access", "prompt": "consent"}
EVERYTHING = (
    "openid profile email phone address custom_data identities roles "
    "urn:logto:scope:organizations urn:logto:scope:organization_roles"
)
PROFILE = (
    '{"familyName":"Lovelace","zoneinfo":"Europe/London","website":"",'
    '"address":{"streetAddress":"St. James","postalCode":"1"}}'
)


async def test_userinfo_tells_what_the_scopes_allow(world: World) -> None:
    user = await world.user(
        primary_email="ada@example.com", primary_phone="441234567890", profile=PROFILE, custom_data='{"theme":"dark"}'
    )
    tokens = await world.browser().tokens(await world.application(), scope=EVERYTHING)
    answer = await world.userinfo(tokens["access_token"])
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "sub": user.id,
        "name": None,
        "picture": None,
        "username": "ada",
        "created_at": user.created_at,
        "updated_at": answer.json()["updated_at"],
        "family_name": "Lovelace",
        "zoneinfo": "Europe/London",
        "preferred_username": "ada",
        "email": "ada@example.com",
        "email_verified": True,
        "phone_number": "441234567890",
        "phone_number_verified": True,
        "address": {"streetAddress": "St. James", "postalCode": "1"},
        "custom_data": {"theme": "dark"},
        "identities": {},
        "sso_identities": [],
        "roles": [],
        "organizations": [],
        "organization_data": [],
        "organization_roles": [],
    }
    claims = await world.claims(tokens["id_token"])
    assert claims.keys() & {"family_name", "address", "roles", "organizations", "organization_roles"}
    assert claims.keys().isdisjoint({"custom_data", "identities", "sso_identities", "organization_data"})


async def test_little_scope_tells_little(world: World) -> None:
    user = await world.user()
    app, browser = await world.application(), world.browser()
    tokens = await browser.tokens(app, scope="openid")
    assert (await world.userinfo(tokens["access_token"])).json() == {"sub": user.id}
    missing = await browser.tokens(app, scope="openid email phone")
    assert (await world.userinfo(missing["access_token"])).json() == {
        "sub": user.id,
        "email": None,
        "email_verified": False,
        "phone_number": None,
        "phone_number_verified": False,
    }
    without = await browser.tokens(app, scope="profile")
    answer = await world.userinfo(without["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


async def test_userinfo_needs_a_whole_opaque_token(world: World) -> None:
    """B8, A9: cut or extended by any number of characters."""
    await world.user()
    token = (await world.browser().tokens(await world.application()))["access_token"]
    assert (await world.userinfo(token)).status_code == 200
    wrong = [token[:length] for length in range(len(token))] + [token + "A", token + token, f" {token}", "x" * 9000]
    for candidate in wrong:
        answer = await world.userinfo(candidate)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    world.clock.advance(seconds=3600)
    assert (await world.userinfo(token)).status_code == 401


async def test_no_token_is_challenged(world: World) -> None:
    answer = await world.client().get("/oidc/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Bearer realm="{ISSUER}"'
    assert answer.json()["error_description"] == "no access token provided"
    assert answer.json()["code"] == "oidc.invalid_token"
    query = await world.client().get("/oidc/me?access_token=x")
    assert query.status_code == 401


async def test_a_token_may_be_posted(world: World) -> None:
    await world.user()
    token = (await world.browser().tokens(await world.application()))["access_token"]
    assert (await world.post("/oidc/me", {"access_token": token})).status_code == 200
    assert (await world.post("/oidc/me", {}, authorization=f"Bearer {token}")).status_code == 200


async def test_a_client_may_look_its_own_tokens_up(world: World) -> None:
    user = await world.user()
    app = await world.application()
    tokens = await world.browser().tokens(app, **OFFLINE)
    now = world.clock.now() // 1000
    common = {"active": True, "sub": user.id, "client_id": app.id, "iat": now, "iss": ISSUER}

    async def look(token: str) -> Any:
        return (await world.post("/oidc/token/introspection", {"token": token, **app.login})).json()

    scope = "openid profile offline_access"
    access = {**common, "exp": now + 3600, "scope": scope, "token_type": "Bearer"}
    assert await look(tokens["access_token"]) == access
    assert await look(tokens["refresh_token"]) == {**common, "exp": now + 14 * 86_400, "scope": scope}
    assert await look("unknown") == {"active": False}
    jwt = await world.post("/oidc/token/introspection", {"token": "a.b.c", **app.login})
    assert (jwt.status_code, jwt.json()["error"]) == (400, "unsupported_token_type")
    assert (await world.post("/oidc/token/introspection", {"token": "x"})).status_code == 400
    assert (await world.post("/oidc/token/introspection", app.login)).json()["error"] == "invalid_request"


async def test_other_clients_see_and_end_nothing(world: World) -> None:
    """B34."""
    await world.user()
    app, public, other = await world.application(), await world.application("SPA"), await world.application()
    token = (await world.browser().tokens(app))["access_token"]
    for client in (public, other):
        seen = await world.post("/oidc/token/introspection", {"token": token, **client.login})
        assert seen.json() == {"active": False}
    ignored = await world.post("/oidc/token/revocation", {"token": token, **public.login})
    assert (ignored.status_code, ignored.content) == (200, b"")
    refused = await world.post("/oidc/token/revocation", {"token": token, **other.login})
    assert refused.status_code == 400
    assert (await world.userinfo(token)).status_code == 200


async def test_a_rotated_refresh_token_is_inactive(world: World) -> None:
    await world.user()
    app = await world.application("SPA")
    tokens = await world.browser().tokens(app, **OFFLINE)
    await world.refresh(app, tokens["refresh_token"])
    seen = await world.post("/oidc/token/introspection", {"token": tokens["refresh_token"], **app.login})
    assert seen.json() == {"active": False}


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_revoking_either_token_ends_the_grant(world: World, kind: str) -> None:
    await world.user()
    app = await world.application()
    tokens = await world.browser().tokens(app, **OFFLINE)
    done = await world.post("/oidc/token/revocation", {"token": tokens[kind], **app.login})
    assert (done.status_code, done.content) == (200, b"")
    assert (await world.userinfo(tokens["access_token"])).status_code == 401
    assert (await world.refresh(app, tokens["refresh_token"])).status_code == 400
    unknown = await world.post("/oidc/token/revocation", {"token": "unknown", **app.login})
    assert unknown.status_code == 200
    jwt = await world.post("/oidc/token/revocation", {"token": "a.b.c", **app.login})
    assert jwt.json()["error"] == "unsupported_token_type"


async def test_a_store_that_fails_is_no_success(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """B35, A8: 503, never 200."""
    await world.user()
    app = await world.application()
    tokens = await world.browser().tokens(app)

    @asynccontextmanager
    async def broken() -> AsyncIterator[None]:
        raise DatabaseUnavailable("gone")
        yield

    monkeypatch.setattr(type(world.ctx.db), "write", lambda self: broken())
    answer = await world.post("/oidc/token/revocation", {"token": tokens["access_token"], **app.login})
    assert answer.status_code == 503
    assert answer.json()["code"] == "oidc.temporarily_unavailable"
    assert answer.headers["retry-after"] == "5"


async def test_origins_of_the_client_may_read_the_answer(world: World) -> None:
    await world.user()
    app = await world.application("SPA", redirect=CALLBACK, settings={"corsAllowedOrigins": ["https://more.example"]})
    for origin in ("https://app.example", "https://more.example", PUBLIC_URL):
        form = {"grant_type": "refresh_token", "refresh_token": "x", **app.login}
        answer = await world.post("/oidc/token", form, origin=origin)
        assert answer.json()["error"] == "invalid_grant"
        assert answer.headers["access-control-allow-origin"] == origin
    evil = await world.post("/oidc/token", form, origin="https://evil.example")
    assert evil.status_code == 400
    assert evil.json()["error_description"] == f"origin https://evil.example not allowed for client: {app.id}"
    assert "access-control-allow-origin" not in evil.headers


async def test_a_foreign_origin_is_stopped_before_anything_happens(world: World) -> None:
    await world.user()
    app, browser = await world.application("SPA"), world.browser()
    code = await browser.code(app)
    form = {"grant_type": "authorization_code", "code": code, **app.login}
    assert (await world.post("/oidc/token", form, origin="https://evil.example")).status_code == 400
    tokens = (await world.redeem(app, code)).json()
    headers = {"authorization": f"Bearer {tokens['access_token']}", "origin": "https://evil.example"}
    evil = await world.client().get("/oidc/me", headers=headers)
    assert (evil.status_code, evil.headers.get("access-control-allow-origin")) == (400, None)
    fine = await world.client().get("/oidc/me", headers=headers | {"origin": "https://app.example"})
    assert fine.headers["access-control-allow-origin"] == "https://app.example"
    assert BYE.startswith("https://app.example")


async def test_any_origin_may_ask_whether_it_may(world: World) -> None:
    """B104: never with credentials."""
    documents = ("/oidc/jwks", "/oidc/.well-known/openid-configuration", "/oidc/.well-known/oauth-authorization-server")
    for path in ("/oidc/token", "/oidc/me", "/oidc/token/revocation", "/oidc/token/introspection", *documents):
        answer = await world.client().options(
            path,
            headers={
                "origin": "https://any.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization",
            },
        )
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "https://any.example"
        assert answer.headers["access-control-allow-headers"] == "authorization"
        assert answer.headers["access-control-max-age"] == "3600"
        assert "access-control-allow-credentials" not in answer.headers
