"""Things that happen at once: whoever is first, what must not live does not, and nothing fails for no reason."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from tests.oidc.world import App, World, query_of
from vestibule.db import Statement
from vestibule.domain.keys import Keyring, rotate
from vestibule.domain.users import suspend
from vestibule.store.signing_keys import ALL
from vestibule.store.tables import grants

pytestmark = pytest.mark.anyio

OFFLINE: dict[str, Any] = {"scope": "openid offline_access", "prompt": "consent"}
GRANTS: Statement[Any] = Statement(select(grants.c.id))


async def warm(world: World) -> None:
    """Open the connections of the pool, so that what is started together runs together."""
    await asyncio.gather(*[world.ctx.db.ping() for _ in range(8)])


async def lives(world: World, app: App, tokens: dict[str, Any]) -> bool:
    """Tell whether any of these tokens is good for anything."""
    seen = (await world.userinfo(tokens["access_token"])).status_code == 200
    renewed = "refresh_token" in tokens and (await world.refresh(app, tokens["refresh_token"])).status_code == 200
    return seen or renewed


async def test_nothing_refreshed_during_a_revocation_outlives_it(world: World) -> None:
    """B28, B30: a parallel refresh does not save a token from revocation."""
    await world.user()
    app = await world.application("SPA")
    await warm(world)
    for _ in range(3):
        tokens = await world.browser().tokens(app, **OFFLINE)
        form = {"token": tokens["refresh_token"], **app.login}
        answers = await asyncio.gather(
            *[world.refresh(app, tokens["refresh_token"]) for _ in range(4)],
            world.post("/oidc/token/revocation", form),
            *[world.refresh(app, tokens["refresh_token"]) for _ in range(4)],
        )
        assert {answer.status_code for answer in answers} <= {200, 400}
        made = [answer.json() for answer in answers if answer.status_code == 200 and answer.content]
        assert not [one for one in [tokens, *made] if await lives(world, app, one)]


@pytest.mark.parametrize("end", ["sign-out", "suspension"])
async def test_nothing_made_during_the_end_of_a_session_outlives_it(world: World, end: str) -> None:
    """B30, B39: codes, first tokens and refreshed ones alike."""
    user = await world.user()
    app = await world.application(settings={"alwaysIssueRefreshToken": True})
    await warm(world)
    for _ in range(3):
        browser = world.browser()
        tokens, code = await browser.tokens(app), await browser.code(app)
        ended = world.sign_out(browser) if end == "sign-out" else suspend(world.ctx, user.id, True)
        ending = asyncio.ensure_future(ended)
        answers = await asyncio.gather(
            world.redeem(app, code),
            *[world.refresh(app, tokens["refresh_token"]) for _ in range(3)],
            *[browser.authorize(app) for _ in range(3)],
        )
        await ending
        made = [tokens, *(answer.json() for answer in answers[:4] if answer.status_code == 200)]
        assert not [one for one in made if await lives(world, app, one)]
        for answer in answers[4:]:
            if fresh := query_of(answer.headers["location"]).get("code"):
                assert (await world.redeem(app, fresh)).json()["error"] == "invalid_grant"
        await suspend(world.ctx, user.id, False)


async def test_consent_given_twice_is_one_grant(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()
    await warm(world)
    await browser.authorize(app)
    await browser.get(await browser.sign_in())
    answers = await asyncio.gather(*[browser.get("/consent") for _ in range(6)])
    assert [answer.status_code for answer in answers] == [302] * 6
    async with world.ctx.db.read() as tx:
        assert len(await tx.all(GRANTS)) == 1


async def test_a_step_that_is_resumed_twice_at_once_counts_once(world: World) -> None:
    """B21: one of the two goes on, the other is told that it is too late."""
    await world.user()
    app, browser = await world.application(), world.browser()
    await warm(world)
    await browser.authorize(app)
    link = await browser.sign_in()
    answers = await asyncio.gather(*[browser.get(link) for _ in range(6)])
    onward = [answer.headers.get("location", "") for answer in answers]
    assert sum(address.startswith("/consent") for address in onward) == 1


async def test_keys_that_are_rotated_at_once_leave_a_sound_ring(world: World) -> None:
    """One current, one next, and every server agrees."""
    await warm(world)
    kids = await asyncio.gather(*[rotate(world.ctx, 3600) for _ in range(5)])
    async with world.ctx.db.read() as tx:
        rows = await tx.all(ALL)
    assert len(rows) == 2
    assert len({row.id for row in rows} & set(kids)) == 1
    current = await Keyring(world.ctx).current()
    assert current.kid not in kids
    world.clock.advance(seconds=3600)
    assert (await Keyring(world.ctx).current()).kid in kids
