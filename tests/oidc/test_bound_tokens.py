"""What is bound to a session: it ends with the session, whoever is faster."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, select

from tests.oidc.world import PASSWORD, World, query_of
from vestibule.db import Statement
from vestibule.domain import credentials, sessions
from vestibule.domain.context import Context
from vestibule.domain.users import suspend
from vestibule.model import User
from vestibule.store import tables

pytestmark = pytest.mark.anyio

OFFLINE: dict[str, Any] = {"scope": "openid offline_access", "prompt": "consent"}


async def test_what_was_made_while_the_session_ended_is_worth_nothing(world: World) -> None:
    """B39: only the row of the session is gone, as when a sign-out overtakes a request."""
    await world.user()
    app, browser = await world.application(settings={"alwaysIssueRefreshToken": True}), world.browser()
    bound = await browser.tokens(app)
    code = await browser.code(app)
    offline = await browser.tokens(app, **OFFLINE)
    await world.execute(delete(tables.sessions))
    assert (await world.userinfo(bound["access_token"])).status_code == 401
    assert (await world.refresh(app, bound["refresh_token"])).json()["error"] == "invalid_grant"
    look = {"token": bound["access_token"], **app.login}
    assert (await world.post("/oidc/token/introspection", look)).json() == {"active": False}
    assert (await world.userinfo(offline["access_token"])).status_code == 200
    assert (await world.refresh(app, offline["refresh_token"])).status_code == 200
    assert (await world.redeem(app, code)).json()["error"] == "invalid_grant"


async def test_a_sign_out_forgets_what_was_bound_to_the_session(world: World) -> None:
    """B39: and nothing of another session, nor what `offline_access` keeps."""
    await world.user()
    app = await world.application(settings={"alwaysIssueRefreshToken": True})
    ends, stays = world.browser(), world.browser()
    for browser in (ends, stays):
        await browser.tokens(app)
        await browser.tokens(app, **OFFLINE)
    await world.sign_out(ends)
    async with world.ctx.db.read() as tx:
        left = await tx.value(Statement(select(tables.sessions.c.uid)))
        for table in (tables.authorization_codes, tables.access_tokens, tables.refresh_tokens):
            bound = await tx.all(Statement(select(table.c.session_uid)))
            assert {row[0] for row in bound} == {left, None}
            assert len(bound) == 3


async def test_tokens_of_a_session_end_when_it_expires(world: World) -> None:
    """B43: a refresh token without offline_access cannot outlive the session."""
    await world.user()
    app, browser = await world.application(settings={"alwaysIssueRefreshToken": True}), world.browser()
    tokens = await browser.tokens(app)
    world.clock.advance(seconds=sessions.IDLE_MS / 1000 - 1)
    assert (await world.refresh(app, tokens["refresh_token"])).status_code == 200
    world.clock.advance(seconds=1)
    assert (await world.refresh(app, tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_nothing_is_granted_in_a_session_that_is_over(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.authorize(app)
    assert (await browser.get(await browser.sign_in())).headers["location"].startswith("/consent")
    await world.execute(delete(tables.sessions))
    assert (await browser.get("/consent")).text == "session.not_found"
    assert await world.dump(tables.grants) == "[[]]"


@pytest.mark.parametrize("change", ["password", "suspension"])
async def test_a_sign_in_that_a_change_overtakes_is_refused(
    world: World, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B30, B40: the old password was right when it was looked at, and is not when the session would start."""
    user, app, browser = await world.user(), await world.application(), world.browser()
    await browser.authorize(app)
    check = credentials.check_password

    async def overtaken(ctx: Context, found: User | None, password: str) -> bool:
        right = await check(ctx, found, password)
        world.clock.advance(seconds=0.05)
        if change == "password":
            await credentials.set_password(ctx, user.id, "another good password")
        else:
            await suspend(ctx, user.id, True)
        return right

    monkeypatch.setattr(credentials, "check_password", overtaken)
    page = await browser.client.post("/sign-in", data={"identifier": "ada", "password": PASSWORD})
    assert page.text == "session.invalid_credentials"
    assert await world.dump(tables.sessions) == "[[]]"


async def test_a_browser_signs_in_to_many_applications_at_once(world: World) -> None:
    """Parallel requests of one session wait for each other and all succeed."""
    await world.user()
    apps = [await world.application() for _ in range(4)]
    browser = world.browser()
    for app in apps:
        await browser.tokens(app)
    for _ in range(3):
        world.clock.advance(seconds=120)  # each request wants to renew the session
        answers = await asyncio.gather(*[browser.authorize(app) for app in apps * 3])
        assert all("code" in query_of(answer.headers["location"]) for answer in answers)
