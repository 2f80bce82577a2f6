"""Changes of an application take effect at the next request."""

import msgspec
import pytest

from tests.oidc.world import CALLBACK, PASSWORD, App, World
from vestibule.domain import applications

pytestmark = pytest.mark.anyio

OTHER = "https://other.example/callback"


async def change(world: World, app: App, *uris: str, **settings: object) -> None:
    """Replace both metadata objects, as PATCH does."""
    addresses = {"redirectUris": uris or [CALLBACK], "postLogoutRedirectUris": []}
    columns = {"oidc_client_metadata": addresses, "custom_client_metadata": settings}
    texts: dict[str, str | None] = {name: msgspec.json.encode(value).decode() for name, value in columns.items()}
    await applications.change(world.ctx, app.id, texts)


async def test_addresses(world: World) -> None:
    app = await world.application("SPA")
    assert (await world.browser().authorize(app)).status_code == 303
    await change(world, app, OTHER)
    assert (await world.browser().authorize(app)).status_code == 400
    moved = App(app.id, None, "SPA", OTHER)
    assert (await world.browser().authorize(moved)).headers["location"].startswith("/sign-in")


async def test_lifetimes_and_rotation(world: World) -> None:
    await world.user()
    app = await world.application("Traditional")
    tokens = await world.browser().tokens(app, scope="openid offline_access", prompt="consent")
    await change(world, app, idTokenTtl=60, rotateRefreshToken=False)
    claims = await world.claims((await world.refresh(app, tokens["refresh_token"])).json()["id_token"])
    assert claims["exp"] - claims["iat"] == 60


async def test_origins(world: World) -> None:
    """B104: only registered origins read the answers."""
    app = await world.application("SPA")
    form = {"grant_type": "refresh_token", "refresh_token": "x", **app.login}

    async def allowed() -> bool:
        answer = await world.post("/oidc/token", form, origin="https://front.example")
        return "access-control-allow-origin" in answer.headers

    assert not await allowed()
    await change(world, app, corsAllowedOrigins=["https://front.example"])
    assert await allowed()
    await change(world, app)
    assert not await allowed()


async def test_token_exchange(world: World) -> None:
    app = await world.application("Traditional")
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", **app.login}
    before = (await world.post("/oidc/token", form)).json()["error_description"]
    assert before == "requested grant type is not allowed for this client"
    await change(world, app, allowTokenExchange=True)
    assert (await world.post("/oidc/token", form)).json()["error_description"] != before


async def test_a_deleted_application_and_its_tokens_are_unknown(world: World) -> None:
    """B30: what was granted to it is gone with it."""
    await world.user()
    app = await world.application("SPA")
    browser = world.browser()
    tokens = await browser.tokens(app, scope="openid offline_access", prompt="consent")
    assert (await world.userinfo(tokens["access_token"])).status_code == 200
    await applications.delete(world.ctx, app.id)
    assert (await world.userinfo(tokens["access_token"])).status_code == 401
    assert (await world.refresh(app, tokens["refresh_token"])).json()["error"] == "invalid_client"
    assert (await browser.authorize(app)).status_code == 400


async def test_a_sign_in_under_way_ends_with_its_application(world: World) -> None:
    await world.user()
    app, browser, slower = await world.application("SPA"), world.browser(), world.browser()
    for one in (browser, slower):
        await one.authorize(app)
    onward = await browser.sign_in()
    await applications.delete(world.ctx, app.id)
    assert (await browser.get(onward)).status_code == 400
    late = await slower.client.post("/sign-in", data={"identifier": "ada", "password": PASSWORD})
    assert late.text == "session.not_found"
