"""Refresh tokens: who gets one, rotation, reuse, and how the end comes."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, update

from tests.oidc.world import JSON, App, World
from vestibule.domain.credentials import set_password
from vestibule.domain.deletion import delete_user
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import ensure_default_role
from vestibule.model import ApplicationType
from vestibule.oidc import issue
from vestibule.store.tables import access_tokens, grants, user_roles

pytestmark = pytest.mark.anyio

DAY = 86_400
API = "https://api.example"
OFFLINE: dict[str, Any] = {"scope": "openid profile offline_access", "prompt": "consent"}


async def started(world: World, kind: ApplicationType = "SPA", **more: Any) -> tuple[App, JSON]:
    """A signed-in user's application and its first tokens."""
    await world.user()
    app = await world.application(kind, **more)
    return app, await world.browser().tokens(app, **OFFLINE)


async def refused(world: World, app: App, token: str) -> bool:
    answer = await world.refresh(app, token)
    if answer.status_code == 200:
        return False
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert answer.json()["error_description"] == "grant request is invalid"
    return True


async def test_offline_access_with_consent_brings_one(world: World) -> None:
    app, tokens = await started(world)
    assert tokens["scope"] == "openid profile offline_access"
    assert len(tokens["refresh_token"]) == 43
    login = await world.browser().tokens(app, scope="openid offline_access", prompt="login")
    assert "refresh_token" not in login


async def test_a_web_client_may_be_set_to_always_get_one(world: World) -> None:
    await world.user()
    always = {"alwaysIssueRefreshToken": True}
    web, native = await world.application(settings=always), await world.application("Native", settings=always)
    assert "refresh_token" in await world.browser().tokens(web)
    assert "refresh_token" not in await world.browser().tokens(native)


async def test_a_refresh_answers_like_a_code(world: World) -> None:
    app, tokens = await started(world)
    answer = await world.refresh(app, tokens["refresh_token"])
    fresh = answer.json()
    assert fresh.keys() == {"access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"}
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert fresh["scope"] == tokens["scope"]
    assert answer.headers["cache-control"] == "no-store"
    assert (await world.userinfo(fresh["access_token"])).status_code == 200
    assert (await world.userinfo(tokens["access_token"])).status_code == 200


async def test_parallel_refreshes_all_succeed(world: World) -> None:
    """B28: tolerated for three seconds, no longer."""
    app, tokens = await started(world)
    answers = await asyncio.gather(*[world.refresh(app, tokens["refresh_token"]) for _ in range(5)])
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({answer.json()["refresh_token"] for answer in answers}) == 5
    seen = [(await world.userinfo(answer.json()["access_token"])).status_code for answer in answers]
    assert seen == [200] * 5
    world.clock.advance(seconds=3)
    assert not await refused(world, app, tokens["refresh_token"])


async def test_the_tolerance_cannot_be_stretched(world: World) -> None:
    """B28: it counts from the first use."""
    app, tokens = await started(world)
    for _ in range(3):
        assert not await refused(world, app, tokens["refresh_token"])
        world.clock.advance(seconds=1.5)
    assert await refused(world, app, tokens["refresh_token"])


async def test_reuse_ends_the_whole_family(world: World) -> None:
    """B28: the refusal comes after the revocation is committed."""
    app, tokens = await started(world)
    fresh = (await world.refresh(app, tokens["refresh_token"])).json()
    world.clock.advance(seconds=3.001)
    assert await refused(world, app, tokens["refresh_token"])
    assert await refused(world, app, fresh["refresh_token"])
    assert (await world.userinfo(fresh["access_token"])).status_code == 401
    assert (await world.userinfo(tokens["access_token"])).status_code == 401


async def test_a_confidential_client_keeps_its_token_for_most_of_its_life(world: World) -> None:
    app, tokens = await started(world, "Traditional")
    token = tokens["refresh_token"]
    world.clock.advance(seconds=0.69 * 14 * DAY)
    same = (await world.refresh(app, token)).json()
    assert same["refresh_token"] == token
    assert (await world.userinfo(same["access_token"])).status_code == 200
    world.clock.advance(seconds=0.02 * 14 * DAY)
    fresh = (await world.refresh(app, token)).json()["refresh_token"]
    assert fresh != token
    world.clock.advance(seconds=13 * DAY)
    assert not await refused(world, app, fresh)


async def test_a_grant_that_ends_while_its_token_is_looked_at_brings_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B30: the token is looked at again as what it is exchanged for is stored."""
    app, tokens = await started(world, "Traditional")
    access = issue.access

    async def ends(*arguments: Any) -> issue.Access:
        await world.execute(update(grants).values(revoked_at=world.clock.now()))
        return await access(*arguments)

    monkeypatch.setattr(issue, "access", ends)
    before = await world.dump(access_tokens)
    assert await refused(world, app, tokens["refresh_token"])
    assert await world.dump(access_tokens) == before


async def test_rotation_can_be_switched_off(world: World) -> None:
    app, tokens = await started(world, "Native", settings={"rotateRefreshToken": False})
    for _ in range(3):
        world.clock.advance(seconds=10)
        assert (await world.refresh(app, tokens["refresh_token"])).json()["refresh_token"] == tokens["refresh_token"]


async def test_a_browser_app_gets_no_extension_and_a_native_app_does(world: World) -> None:
    for kind, survives in (("SPA", False), ("Native", True)):
        if kind == "SPA":
            app, tokens = await started(world, "SPA")
        else:
            app = await world.application("Native")
            tokens = await world.browser().tokens(app, **OFFLINE)
        world.clock.advance(seconds=13 * DAY)
        fresh = (await world.refresh(app, tokens["refresh_token"])).json()["refresh_token"]
        world.clock.advance(seconds=2 * DAY)
        assert await refused(world, app, fresh) != survives


@pytest.mark.parametrize(
    ("settings", "days"), [({"refreshTokenTtlInDays": 30, "refreshTokenTtl": 60}, 30), ({"refreshTokenTtl": DAY}, 1)]
)
async def test_the_lifetime_is_a_setting(world: World, settings: JSON, days: int) -> None:
    app, tokens = await started(world, "Traditional", settings=settings)
    world.clock.advance(seconds=days * DAY - 1)
    assert not await refused(world, app, tokens["refresh_token"])
    world.clock.advance(seconds=1)
    assert await refused(world, app, tokens["refresh_token"])


async def test_rotating_for_a_year_still_ends(world: World) -> None:
    """B29: at the latest when the grant ends."""
    app, tokens = await started(world, "Native")
    token, days = tokens["refresh_token"], 0
    while days < 400:
        answer = await world.refresh(app, token)
        if answer.status_code != 200:
            break
        token = answer.json()["refresh_token"]
        world.clock.advance(seconds=10 * DAY)
        days += 10
    assert days == 180


async def test_a_chain_ends_even_when_its_grant_is_renewed(world: World) -> None:
    """B29: 365.25 days after its first token."""
    app, tokens = await started(world, "Native")
    token, days = tokens["refresh_token"], 0
    far = world.clock.now() + 10 * 365 * DAY * 1000
    while days < 400:
        await world.execute(update(grants).values(expires_at=far))  # as repeated consent does
        answer = await world.refresh(app, token)
        if answer.status_code != 200:
            break
        token = answer.json()["refresh_token"]
        world.clock.advance(seconds=5 * DAY)
        days += 5
    assert days == 370


async def test_another_clients_token_is_worth_nothing(world: World) -> None:
    """B26, A1."""
    app, tokens = await started(world)
    assert await refused(world, await world.application("SPA"), tokens["refresh_token"])
    assert not await refused(world, app, tokens["refresh_token"])


@pytest.mark.parametrize("end", ["suspend", "delete", "password", "revoke", "mark"])
async def test_what_ends_a_user_ends_refreshing_at_once(world: World, end: str) -> None:
    """B30, A10: suspension, deletion, a new password, revocation."""
    app, tokens = await started(world, "Native")
    user_id = (await world.claims(tokens["id_token"]))["sub"]
    if end == "delete":
        await delete_user(world.ctx, user_id, "somebody")
    elif end == "password":
        await set_password(world.ctx, user_id, "another good password")
    elif end == "revoke":
        form = {"token": tokens["access_token"], **app.login}
        assert (await world.post("/oidc/token/revocation", form)).status_code == 200
    else:
        await world.change("users", user_id, is_suspended=True)
    assert await refused(world, app, tokens["refresh_token"])
    assert (await world.userinfo(tokens["access_token"])).status_code == 401


async def test_the_scope_can_become_narrower_but_not_wider(world: World) -> None:
    app, tokens = await started(world)
    narrow = await world.refresh(app, tokens["refresh_token"], scope="openid")
    assert narrow.json()["scope"] == "openid"
    assert "username" not in await world.claims(narrow.json()["id_token"])
    wide = await world.refresh(app, narrow.json()["refresh_token"], scope="openid email")
    assert (wide.status_code, wide.json()["error"], wide.json()["scope"]) == (400, "invalid_scope", "email")
    assert wide.json()["error_description"] == "refresh token missing requested scope"
    full = await world.refresh(app, narrow.json()["refresh_token"])
    assert full.json()["scope"] == tokens["scope"]


async def test_permissions_are_those_of_now(world: World) -> None:
    """B80: a role taken away is gone at the next token, one given is there."""
    await ensure_resource(world.ctx, API, "API", {"read": "Read", "write": "Write"})
    await world.user()
    app = await world.application("Traditional")
    browser = world.browser()
    code = await browser.code(app, scope="openid offline_access read write", prompt="consent", resource=API)
    tokens = (await world.redeem(app, code)).json()

    async def scope() -> Any:
        return (await world.refresh(app, tokens["refresh_token"], resource=API)).json()["scope"]

    assert await scope() == ""
    role = await ensure_default_role(world.ctx, "readers", "Readers", API, ["read"])
    assert await scope() == "read"
    await world.execute(delete(user_roles).where(user_roles.c.role_id == role))
    assert await scope() == ""
    assert (await world.refresh(app, tokens["refresh_token"], resource="https://other.example")).status_code == 400


async def test_organizations_are_told_apart(world: World) -> None:
    app, tokens = await started(world, "Traditional")
    answer = await world.refresh(app, tokens["refresh_token"], organization_id="o")
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    organizations = {**OFFLINE, "scope": "openid offline_access urn:logto:scope:organizations"}
    tokens = await world.browser().tokens(app, **organizations, resource="")
    answer = await world.refresh(app, tokens["refresh_token"], organization_id="o")
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


async def test_signing_out_leaves_offline_tokens_alive(world: World) -> None:
    await world.user()
    app, browser = await world.application(settings={"alwaysIssueRefreshToken": True}), world.browser()
    bound = await browser.tokens(app)
    offline = await browser.tokens(app, **OFFLINE)
    await world.sign_out(browser)
    assert await refused(world, app, bound["refresh_token"])
    assert (await world.userinfo(bound["access_token"])).status_code == 401
    assert not await refused(world, app, offline["refresh_token"])
    assert (await world.userinfo(offline["access_token"])).status_code == 200
