"""The road from the authorization request to the code: redirects, cookies, consent."""

import pytest

from tests.oidc.world import CALLBACK, PUBLIC_URL, World, query_of

pytestmark = pytest.mark.anyio


async def test_the_redirects_and_cookies_come_in_the_documented_order(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()

    first = await browser.authorize(app)
    assert first.status_code == 303
    assert first.headers["location"] == f"/sign-in?app_id={app.id}"
    names = {line.split("=")[0] for line in first.headers.get_list("set-cookie")}
    assert {"_logto", "_interaction", "_interaction_resume"} <= names
    assert {"_logto.sig", "_interaction.sig", "_interaction_resume.sig"} <= names

    resume = await browser.sign_in()
    assert resume.startswith(f"{PUBLIC_URL}/oidc/auth/")
    second = await browser.get(resume)
    assert (second.status_code, second.headers["location"]) == (303, f"/consent?app_id={app.id}")
    names = {line.split("=")[0] for line in second.headers.get_list("set-cookie")}
    assert {"_interaction", "_interaction_resume", "_session", "_session.sig"} <= names

    third = await browser.get("/consent")
    assert third.status_code == 302
    assert third.headers["location"].startswith(f"{PUBLIC_URL}/oidc/auth/")
    last = await browser.get(third.headers["location"])
    assert last.status_code == 303
    assert last.headers["location"].startswith(f"{CALLBACK}?code=")
    assert query_of(last.headers["location"]).keys() == {"code", "state", "iss"}


async def test_tokens_follow(world: World) -> None:
    user = await world.user()
    app = await world.application()
    tokens = await world.browser().tokens(app)
    assert tokens["scope"] == "openid profile"
    assert (await world.claims(tokens["id_token"]))["sub"] == user.id
    assert (await world.userinfo(tokens["access_token"])).json()["username"] == "ada"
