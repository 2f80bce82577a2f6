"""`maxAllowedGrants`: how many grants of one user an application may have at once."""

import pytest

from tests.oidc.world import App, World

pytestmark = pytest.mark.anyio


async def sign_in(world: World, app: App, user: str = "ada") -> str:
    """Sign in from another browser; returns the refresh token."""
    world.clock.advance(seconds=1)
    tokens = await world.browser().tokens(app, user=user, scope="openid offline_access", prompt="consent")
    return str(tokens["refresh_token"])


async def lives(world: World, app: App, token: str) -> bool:
    return (await world.refresh(app, token)).status_code == 200


async def test_a_new_sign_in_ends_the_oldest_beyond_the_limit(world: World) -> None:
    await world.user()
    app = await world.application("Traditional", settings={"maxAllowedGrants": 2})
    first, second = await sign_in(world, app), await sign_in(world, app)
    assert [await lives(world, app, token) for token in (first, second)] == [True, True]
    third = await sign_in(world, app)
    assert [await lives(world, app, token) for token in (first, second, third)] == [False, True, True]


async def test_the_newest_survives_even_in_the_same_millisecond(world: World) -> None:
    await world.user()
    app = await world.application("Traditional", settings={"maxAllowedGrants": 1})
    for _ in range(3):
        tokens = await world.browser().tokens(app, scope="openid offline_access", prompt="consent")
        assert await lives(world, app, tokens["refresh_token"])


async def test_other_users_and_other_applications_keep_theirs(world: World) -> None:
    await world.user()
    await world.user("bob")
    app = await world.application("Traditional", settings={"maxAllowedGrants": 1})
    other = await world.application("Traditional")
    kept = [await sign_in(world, app, "bob"), await sign_in(world, other)]
    await sign_in(world, app)
    assert await lives(world, app, kept[0])
    assert await lives(world, other, kept[1])


async def test_without_a_limit_all_live(world: World) -> None:
    await world.user()
    app = await world.application("Traditional")
    tokens = [await sign_in(world, app) for _ in range(3)]
    assert [await lives(world, app, token) for token in tokens] == [True] * 3
