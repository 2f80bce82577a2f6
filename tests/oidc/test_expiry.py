"""Forgetting what has expired."""

import pytest

from tests.oidc.world import World
from vestibule.domain.expiry import expire
from vestibule.store.tables import access_tokens, authorization_codes, grants, interactions, refresh_tokens, sessions

pytestmark = pytest.mark.anyio

TABLES = (interactions, access_tokens, sessions, refresh_tokens, authorization_codes, grants)
DAY = 86_400


async def test_live_things_stay_and_expired_ones_go(world: World) -> None:
    await world.user()
    app, browser = await world.application("Native"), world.browser()
    tokens = await browser.tokens(app, scope="openid offline_access", prompt="consent")
    await browser.authorize(app, prompt="login")
    before = await world.dump(*TABLES)
    assert await expire(world.ctx) == 0
    assert await world.dump(*TABLES) == before

    world.clock.advance(seconds=3601)
    assert await expire(world.ctx) == 2  # the open sign-in, the access token
    world.clock.advance(seconds=2 * DAY)
    assert await expire(world.ctx) == 2  # the code, and the counted try from the address
    assert (await world.refresh(app, tokens["refresh_token"])).status_code == 200

    world.clock.advance(seconds=400 * DAY)
    await expire(world.ctx)
    assert await world.dump(*TABLES) == str([[]] * len(TABLES))


async def test_reuse_of_a_code_is_noticed_for_a_day(world: World) -> None:
    """B23: the sweeper does not forget used codes too soon."""
    await world.user()
    app, browser = await world.application("Native"), world.browser()
    code = await browser.code(app, scope="openid offline_access", prompt="consent")
    tokens = (await world.redeem(app, code)).json()
    world.clock.advance(seconds=DAY - 3600)
    await expire(world.ctx)
    assert (await world.redeem(app, code)).status_code == 400
    assert (await world.refresh(app, tokens["refresh_token"])).status_code == 400
