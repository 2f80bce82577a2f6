"""What a provider gave for somebody, for calls in their name: for the person alone, and renewed when it has expired."""

import json
import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import bindparam, update

from tests.api.experience.headless import Headless, headless
from tests.api.experience.test_socials import GOOGLE, Provider, asked, decide, set_up, upstream, world
from tests.api.experience.test_sso import company
from tests.api.management.wrong_tokens import every_wrong_token, prepare
from tests.connectors.social.payloads import TOKEN
from tests.connectors.social.upstream import Json, Said, Upstream
from tests.oidc.world import VERIFIER
from tests.world import World
from vestibule.api.my_account.access import AccountAccess
from vestibule.app import faces
from vestibule.db import Statement
from vestibule.domain import token_secrets
from vestibule.store.rows import Row
from vestibule.store.tables import applications

__all__ = ["company", "upstream", "world"]
pytestmark = pytest.mark.anyio
GIVEN = {**TOKEN, "access_token": "first-access", "refresh_token": "first/refresh"}
RENEWED = {"access_token": "second-access", "token_type": "bearer", "expires_in": 600, "refresh_token": "second"}
GOOGLES = "identities/google/access-token"
EXPIRED = (401, "secrets.third_party_token_set.access_token_expired")
THIRD_PARTY: Statement[Row] = Statement(
    update(applications).where(applications.c.id == bindparam("app")).values(is_third_party=True)
)
MISSING = (404, "secrets.third_party_token_set.token_not_found")


async def token(program: Headless, **more: str) -> str:
    """Redeem the code that a sign-in ends with; returns the opaque access token."""
    form = {"grant_type": "authorization_code", "code": await program.code_for_tokens(), "code_verifier": VERIFIER}
    form |= {"redirect_uri": program.app.redirect_uri, **program.app.login, **more}
    answer = await program.world.client.post("/oidc/token", data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def signed_in(provider: Provider, scope: str = "openid identities", **given: Any) -> str:
    """Sign in through a provider that gives these tokens; returns the access token here."""
    await provider.program.begin(prompt="login", scope=scope)
    verification = await provider.verified(changes={"tokenEndpoint": {**GIVEN, **given}})
    if (await asked(provider, verification))[0] == 404:
        await provider.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
        assert (await asked(provider, verification))[0] == 201
    return await token(provider.program)


async def keeping(world: World, upstream: Upstream, name: str = GOOGLE, **config: Any) -> Provider:
    """A provider whose tokens are kept."""
    await decide(world, socialSignIn={"skipRequiredIdentifiers": True})
    provider = await set_up(world, upstream, name, enableTokenStorage=True)
    if config:
        body = {"config": {**provider.trial.config, **config}}
        assert (await world.call("PATCH", f"/connectors/{provider.id}", body)).status_code == 200
    return provider


async def get(world: World, bearer: str | None, path: str = GOOGLES) -> httpx2.Response:
    headers = {} if bearer is None else {"authorization": f"Bearer {bearer}"}
    return await world.client.get(f"/api/my-account/{path}", headers=headers)


async def refused(world: World, bearer: str | None, path: str = GOOGLES) -> tuple[int, str]:
    answer = await get(world, bearer, path)
    assert "access" not in json.dumps(answer.json().get("data", {}))
    return answer.status_code, answer.json()["code"]


async def test_the_person_gets_the_providers_token_and_nothing_else_of_it(world: World, upstream: Upstream) -> None:
    provider = await keeping(world, upstream)
    answer = await get(world, await signed_in(provider))
    expected = {"access_token": "first-access", "scope": "profile", "token_type": "bearer", "expires_in": 3600}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert answer.headers["cache-control"] == "no-store"
    assert len(upstream.requests("tokenEndpoint")) == 1


RENEWALS: dict[str, tuple[Json, Json, bool]] = {
    GOOGLE: ({}, {"grant_type": "refresh_token", "refresh_token": "first/refresh"}, True),
    "github-universal": (
        {}, {"grant_type": "refresh_token", "refresh_token": "first/refresh", "client_id": "client",
             "client_secret": "s3cret/&+"}, False,
    ),
    "oauth2": (
        {"tokenEndpointAuthMethod": "client_secret_post"},
        {"grant_type": "refresh_token", "refresh_token": "first/refresh", "client_id": "client",
         "client_secret": "s3cret/&+", "login_hint": "ana"}, False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RENEWALS)
async def test_an_expired_token_is_renewed_once_and_kept(world: World, upstream: Upstream, name: str) -> None:
    config, form, is_basic = RENEWALS[name]
    provider = await keeping(world, upstream, name, **config)
    bearer = await signed_in(provider, expires_in=90)
    world.clock.advance(seconds=89)
    path = GOOGLES.replace("google", {"github-universal": "github", "oauth2": "acme"}.get(name, "google"))
    assert (await get(world, bearer, path)).json()["expires_in"] == 1
    upstream.answers["tokenEndpoint"] = Said(RENEWED)
    world.clock.advance(seconds=1)
    for _ in range(2):
        answer = await get(world, bearer, path)
        expected = {"access_token": "second-access", "scope": "profile", "token_type": "bearer", "expires_in": 600}
        assert (answer.status_code, answer.json()) == (200, expected)
    _, renewal = upstream.requests("tokenEndpoint")
    assert renewal.form == form
    assert ("authorization" in renewal.headers) is is_basic
    [user] = (await world.call("GET", "/users")).json()
    [held] = (await token_secrets.of_user(world.server.ctx, user["id"])).values()
    assert token_secrets.opened(world.server.ctx, held).refresh_token == "second"
    assert held.updated_at == world.clock.now()


async def test_a_refresh_token_that_is_not_replaced_stays(world: World, upstream: Upstream) -> None:
    bearer = await signed_in(await keeping(world, upstream), expires_in=90)
    world.clock.advance(seconds=90)
    upstream.answers["tokenEndpoint"] = Said({"access_token": "a2", "token_type": "bearer", "expires_in": 90})
    assert (await get(world, bearer)).json()["access_token"] == "a2"
    world.clock.advance(seconds=90)
    upstream.answers["tokenEndpoint"] = Said({"access_token": "a3", "token_type": "bearer"})
    assert (await get(world, bearer)).json() == {"access_token": "a3", "scope": "profile", "token_type": "bearer"}
    assert [one.form["refresh_token"] for one in upstream.requests("tokenEndpoint")[1:]] == ["first/refresh"] * 2


@pytest.mark.parametrize(
    ("name", "given", "said", "refusal"),
    [
        (GOOGLE, {"refresh_token": None}, Said(RENEWED), EXPIRED),
        (GOOGLE, {}, Said({"error": "invalid_grant"}, 400), EXPIRED),
        (GOOGLE, {}, Said({"access_token": "x" * 40_000}), EXPIRED),
        (GOOGLE, {}, Said(b"<html>", 200), (400, "connector.invalid_response")),
        (GOOGLE, {}, Said(b"", 503), (400, "connector.general")),
        (GOOGLE, {}, Said({"error": "invalid_client"}, 401), (400, "connector.general")),
        (GOOGLE, {}, Said({"error": "invalid_client"}, 400), (400, "connector.general")),
        (GOOGLE, {}, Said(b"", 403), (400, "connector.general")),
        (GOOGLE, {}, Said(b"", 429), (400, "connector.general")),
        ("github-universal", {}, Said({"error": "bad_refresh_token"}), EXPIRED),
        ("github-universal", {}, Said({"error": "incorrect_client_credentials"}), (400, "connector.general")),
        ("facebook-universal", {}, Said(RENEWED), EXPIRED),
    ],
)
async def test_what_cannot_be_renewed_is_told_and_stays_as_it_was(
    world: World, upstream: Upstream, name: str, given: Json, said: Said, refusal: tuple[int, str]
) -> None:
    bearer = await signed_in(await keeping(world, upstream, name), **{"expires_in": 90, **given})
    world.clock.advance(seconds=90)
    upstream.answers["tokenEndpoint"] = said
    path = GOOGLES.replace("google", name.partition("-")[0])
    assert await refused(world, bearer, path) == refusal
    [user] = (await world.call("GET", "/users")).json()
    [held] = (await token_secrets.of_user(world.server.ctx, user["id"])).values()
    assert token_secrets.opened(world.server.ctx, held).access_token == "first-access"


@pytest.mark.parametrize(
    ("said", "asks"),
    [(Said({"error": "invalid_grant"}, 400), 1), (Said({"error": "invalid_grant"}, 401), 1), (Said(b"", 400), 1),
     (Said({"error": "bad_refresh_token"}), 1), (Said(b"", 429), 3)],
)  # fmt: skip
async def test_a_refresh_token_that_is_no_good_any_more_is_not_sent_again(
    world: World, upstream: Upstream, said: Said, asks: int
) -> None:
    bearer = await signed_in(await keeping(world, upstream), expires_in=90)
    world.clock.advance(seconds=90)
    upstream.answers["tokenEndpoint"] = said
    for _ in range(3):
        assert await refused(world, bearer) == (EXPIRED if asks == 1 else (400, "connector.general"))
    assert len(upstream.requests("tokenEndpoint")) == 1 + asks


async def test_pages_of_every_origin_may_ask_with_a_token_and_no_cookies(world: World) -> None:
    """Contract section 7.1; the Management API beside it stays closed."""
    asks = {"origin": "https://app.example", "access-control-request-method": "GET"}
    for path, granted in ((f"my-account/{GOOGLES}", "*"), ("users", None)):
        for method in ("OPTIONS", "GET"):
            answer = await world.client.request(method, f"/api/{path}", headers=asks)
            assert answer.headers.get("access-control-allow-origin") == granted, (method, path)
            assert "access-control-allow-credentials" not in answer.headers


async def test_nobody_else_gets_it(world: World, upstream: Upstream) -> None:
    """B77: without `identities`, by somebody else's token, after the session or the account was closed."""
    provider = await keeping(world, upstream)
    ana = await signed_in(provider)
    assert await refused(world, None) == (401, "auth.authorization_header_missing")
    assert await refused(world, await signed_in(provider, scope="openid")) == (403, "auth.forbidden")
    assert await refused(world, await signed_in(provider, scope="identities")) == (403, "auth.forbidden")
    await world.user(username="bob", password="correct horse battery")
    bob = await headless(world)
    await bob.begin(scope="openid identities")
    await bob.identified(value="bob", password="correct horse battery")
    assert await refused(world, await token(bob)) == MISSING
    assert await refused(world, ana, "identities/github/access-token") == MISSING
    assert (await get(world, ana)).status_code == 200
    user = next(one for one in (await world.call("GET", "/users")).json() if one["username"] is None)
    await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    assert await refused(world, ana) == (401, "auth.unauthorized")


async def test_an_application_of_others_gets_none(world: World, upstream: Upstream) -> None:
    provider = await keeping(world, upstream)
    bearer = await signed_in(provider)
    path = f"/applications/{provider.program.app.id}"
    async with world.server.ctx.db.write() as tx:
        await tx.run(THIRD_PARTY, app=provider.program.app.id)
    assert (await world.call("GET", path)).json()["isThirdParty"] is True
    assert await refused(world, bearer) == (401, "auth.unauthorized")


async def test_a_token_that_was_made_for_somebody_gets_none(world: World, upstream: Upstream) -> None:
    """Support that acts for a user has no business with the user's accounts elsewhere."""
    provider = await keeping(world, upstream)
    await signed_in(provider)
    [user] = (await world.call("GET", "/users")).json()
    subject = (await world.made("/subject-tokens", userId=user["id"]))["subjectToken"]
    app = provider.program.app
    settings = {"customClientMetadata": {"allowTokenExchange": True}}
    assert (await world.call("PATCH", f"/applications/{app.id}", settings)).status_code == 200
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": subject,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token", "scope": "openid identities",
    }  # fmt: skip
    answer = await world.client.post("/oidc/token", data=form | app.login)
    assert answer.status_code == 200, answer.text
    assert await refused(world, answer.json()["access_token"]) == (403, "auth.forbidden")


async def test_nothing_is_there_once_the_identity_or_the_connector_is_gone(world: World, upstream: Upstream) -> None:
    provider = await keeping(world, upstream)
    bearer = await signed_in(provider)
    await world.call("DELETE", f"/connectors/{provider.id}")
    assert await refused(world, bearer) == MISSING


async def test_every_route_of_the_account_api_refuses_every_wrong_token(world: World) -> None:
    """B77: these are all there are, and Management tokens are as wrong as any."""
    user_id = await prepare(world)
    [face] = [one for one in faces(world.server.ctx, world.server.keys) if one.prefix == "/api"]
    routes = [route for route in face.routes if route.path.startswith("/api/my-account")]
    assert {route.path for route in routes if not isinstance(route.access, AccountAccess)} == set()
    assert len(routes) == 2
    headers = [None if one.header is None else one.header for one in await every_wrong_token(world, user_id)]
    for route in routes:
        for header in [*headers, f"Bearer {await world.management_token()}"]:
            given = {} if header is None else {"authorization": header}
            answer = await world.client.request(route.method, re.sub(r"{\w+}", "x", route.path), headers=given)
            assert answer.status_code in {401, 403, 404}, header
            assert answer.json()["code"].startswith("auth.") or answer.json()["code"] == MISSING[1]
            assert "access_token" not in answer.json()
