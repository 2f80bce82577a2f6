"""Browsers: whose sign-in it is, what a session is worth and for how long."""

import pytest

from tests.oidc.world import PASSWORD, PUBLIC_URL, App, Browser, World, query_of, worlds
from vestibule.domain import sessions
from vestibule.domain.deletion import delete_user
from vestibule.domain.sessions import ABSOLUTE_MS, IDLE_MS

pytestmark = pytest.mark.anyio

DAY = 86_400


def cookie(browser: Browser, name: str) -> str:
    return next(c.value or "" for c in browser.client.cookies.jar if c.name == name)


async def is_signed_in(browser: Browser, app: App) -> bool:
    """Ask for a code without showing anything."""
    answer = await browser.authorize(app, prompt="none")
    return "code" in query_of(answer.headers["location"])


async def test_a_first_party_web_client_gets_a_code_at_once_the_second_time(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.tokens(app)
    again = await browser.authorize(app)
    assert "code" in query_of(again.headers["location"])
    wider = await browser.authorize(app, scope="openid profile email")
    assert wider.headers["location"].startswith("/consent")
    asked = await browser.authorize(app, prompt="consent")
    assert asked.headers["location"].startswith("/consent")


async def test_native_clients_always_pass_the_consent_step(world: World) -> None:
    await world.user()
    app, browser = await world.application("Native"), world.browser()
    await browser.tokens(app)
    assert (await browser.authorize(app)).headers["location"].startswith("/consent")
    silent = query_of((await browser.authorize(app, prompt="none")).headers["location"])
    assert silent["error"] == "consent_required"


async def test_an_attackers_link_does_not_carry_over(world: World) -> None:
    """B21, A19: resuming needs the browser that began, its cookies and its secret."""
    await world.user("mallory")
    app = await world.application()
    attacker, victim = world.browser(), world.browser()
    await attacker.authorize(app)
    link = await attacker.sign_in("mallory")

    opened = await victim.get(link)
    assert opened.status_code == 400
    assert opened.json()["code"] == "session.not_found"

    await victim.authorize(app)
    assert (await victim.get(link)).json()["code"] == "session.not_found"

    # A sibling host could plant the signed cookies, but not the browser's own secret.
    for kept in attacker.client.cookies.jar:
        if kept.name != "vestibule_browser":
            victim.client.cookies.set(kept.name, kept.value or "", domain=kept.domain, path=kept.path)
    assert (await victim.get(link)).json()["code"] == "session.not_found"
    page = await victim.client.post("/sign-in", data={"identifier": "mallory", "password": "x"})
    assert page.text == "session.not_found"
    assert (await attacker.get(link)).status_code == 303


async def test_a_forged_or_altered_cookie_is_no_cookie(world: World) -> None:
    """B21: signatures are checked."""
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.tokens(app)
    assert await is_signed_in(browser, app)
    browser.client.cookies.set("_session.sig", "x" * 43, domain="id.example", path="/")
    assert not await is_signed_in(browser, app)


async def test_a_step_is_resumed_once(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.authorize(app)
    link = await browser.sign_in()
    assert (await browser.get(link)).status_code == 303
    assert (await browser.get(link)).json()["code"] == "session.not_found"


async def test_a_step_that_is_not_done_leads_back_to_its_page(world: World) -> None:
    app, browser = await world.application(), world.browser()
    await browser.authorize(app)
    uid = cookie(browser, "_interaction_resume")
    assert (await browser.get(f"/oidc/auth/{uid}")).headers["location"] == f"/sign-in?app_id={app.id}"


async def test_a_step_ends_after_an_hour(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.authorize(app)
    link = await browser.sign_in()
    world.clock.advance(seconds=3600)
    assert (await browser.get(link)).json()["code"] == "session.not_found"


async def test_two_clients_sign_in_interleaved(world: World) -> None:
    await world.user()
    one, two, browser = await world.application(), await world.application(), world.browser()
    await browser.authorize(one)
    await browser.authorize(two)
    first = await browser.sign_in(app_id=one.id)
    assert (await browser.get(first)).headers["location"] == f"/consent?app_id={one.id}"
    second = await browser.sign_in(app_id=two.id)
    assert (await browser.get(second)).headers["location"] == f"/consent?app_id={two.id}"
    wrong = await browser.client.post("/sign-in", data={"identifier": "ada", "password": "x"}, params={"app_id": "x"})
    assert wrong.text == "session.not_found"


async def test_the_session_id_changes_at_every_sign_in(world: World) -> None:
    """B37: the old id is dead, and what was bound to the session lives on."""
    await world.user()
    app, browser = await world.application(), world.browser()
    tokens = await browser.tokens(app)
    before = (cookie(browser, "_session"), cookie(browser, "_session.sig"))
    await browser.code(app, prompt="login")
    assert cookie(browser, "_session") != before[0]
    replay = world.browser()
    replay.client.cookies.set("_session", before[0], domain="id.example", path="/")
    replay.client.cookies.set("_session.sig", before[1], domain="id.example", path="/")
    assert not await is_signed_in(replay, app)
    assert await is_signed_in(browser, app)
    assert (await world.userinfo(tokens["access_token"])).status_code == 200


async def test_a_second_user_inherits_nothing(world: World) -> None:
    """B38, A20: another session id, another sid, no shared grant; the first one's session and tokens end."""
    await world.user("ada")
    await world.user("bob")
    app = await world.application(metadata={"backchannelLogoutSessionRequired": True})
    browser = world.browser()
    first = await browser.tokens(app, user="ada")
    old = cookie(browser, "_session")
    second = await browser.tokens(app, user="bob", prompt="login")
    assert cookie(browser, "_session") != old
    claims = [await world.claims(tokens["id_token"]) for tokens in (first, second)]
    assert claims[0]["sid"] != claims[1]["sid"]
    assert claims[0]["sub"] != claims[1]["sub"]
    assert (await world.userinfo(first["access_token"])).status_code == 401
    assert (await world.userinfo(second["access_token"])).json()["username"] == "bob"


async def test_max_age_asks_again_and_tells_when(world: World) -> None:
    """B18: a session older than max_age signs in afresh, with a fresh auth_time."""
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.tokens(app)
    world.clock.advance(seconds=100)
    assert "code" in query_of((await browser.authorize(app, max_age="100")).headers["location"])
    world.clock.advance(seconds=1)
    silent = query_of((await browser.authorize(app, max_age="100", prompt="none")).headers["location"])
    assert silent["error"] == "login_required"
    tokens = await browser.tokens(app, max_age="100")
    assert (await world.claims(tokens["id_token"]))["auth_time"] == world.clock.now() // 1000


async def test_prompt_login_asks_again(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()
    first = await browser.tokens(app)
    assert "auth_time" not in await world.claims(first["id_token"])
    answer = await browser.authorize(app, prompt="login")
    assert answer.headers["location"].startswith("/sign-in")


async def test_a_hint_about_somebody_else_asks_again(world: World) -> None:
    await world.user("ada")
    await world.user("bob")
    app, browser, other = await world.application(), world.browser(), world.browser()
    bob = await other.tokens(app, user="bob")
    await browser.tokens(app, user="ada")
    answer = await browser.authorize(app, id_token_hint=bob["id_token"])
    assert answer.headers["location"].startswith("/sign-in")
    silent = query_of((await browser.authorize(app, id_token_hint=bob["id_token"], prompt="none")).headers["location"])
    assert silent["error"] == "login_required"


async def test_whoever_signs_in_for_a_hint_about_somebody_else_is_not_taken_for_them(world: World) -> None:
    """OpenID Connect Core section 3.1.2.1: an error, not the wrong person. The person is signed in all the same."""
    await world.user("ada")
    await world.user("bob")
    app, browser = await world.application(), world.browser()
    hint = (await world.browser().tokens(app, user="ada"))["id_token"]
    refused = query_of(await browser.arrive(app, user="bob", id_token_hint=hint))
    assert refused["error"] == "login_required"
    assert refused["iss"] == f"{PUBLIC_URL}/oidc"
    assert await is_signed_in(browser, app) is False  # nothing is granted yet
    assert "code" in query_of(await browser.arrive(app))
    assert "code" in query_of(await browser.arrive(app, user="ada", id_token_hint=hint))


async def test_a_max_age_of_nothing_always_asks(world: World) -> None:
    """B18: also in the very moment of the last sign-in."""
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.tokens(app)
    assert (await browser.authorize(app, max_age="0")).headers["location"].startswith("/sign-in")
    tokens = await browser.tokens(app, max_age="0")
    assert (await world.claims(tokens["id_token"]))["auth_time"] == world.clock.now() // 1000


async def test_giving_up_tells_the_client(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.authorize(app)
    back = await browser.get("/abort")
    final = await browser.get(back.headers["location"])
    assert query_of(final.headers["location"])["error"] == "access_denied"
    # What was given up is over: nobody can go on with it behind the client's back.
    assert (await browser.get(back.headers["location"])).json()["code"] == "session.not_found"
    page = await browser.client.post("/sign-in", data={"identifier": "ada", "password": PASSWORD})
    assert page.text == "session.not_found"

    await browser.authorize(app)
    await browser.get(await browser.sign_in())
    refused = await browser.get("/consent?refuse=1")
    final = await browser.get(refused.headers["location"])
    assert query_of(final.headers["location"])["error"] == "access_denied"


async def test_a_session_ends_when_idle_and_in_any_case(world: World) -> None:
    """B43: 14 days without use, 90 days altogether."""
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.tokens(app)
    for _ in range(7):
        world.clock.advance(seconds=13 * DAY)
        assert await is_signed_in(browser, app) == (world.clock.now() < 1_750_000_000_000 + ABSOLUTE_MS)

    fresh = world.browser()
    await fresh.tokens(app)
    world.clock.advance(seconds=IDLE_MS / 1000)
    assert not await is_signed_in(fresh, app)


async def test_the_operator_may_set_when_a_session_ends_in_any_case(database_url: str) -> None:
    """B43: counted from the sign-in, however much it is used."""
    async with worlds(database_url, VESTIBULE_SESSION_DAYS="2") as world:
        await world.user()
        app, browser = await world.application(), world.browser()
        await browser.tokens(app)
        for hours, lives in ((24, True), (23, True), (1, False)):
            world.clock.advance(seconds=hours * 3600)
            assert await is_signed_in(browser, app) == lives


async def test_a_session_remembers_where_it_was_used_last(world: World) -> None:
    user = await world.user()
    app, browser = await world.application(), world.browser()
    browser.client.headers["user-agent"] = "Old/1"
    await browser.tokens(app)
    for named, stored in (("New/2", "New/2"), ("x" * 600, "x" * 512), ("a\tb", "ab")):
        world.clock.advance(seconds=61)
        browser.client.headers["user-agent"] = named
        await browser.tokens(app)
        (found,) = await sessions.of_user(world.ctx, user.id)
        assert (found.session.ip, found.session.user_agent) == ("127.0.0.1", stored)
        assert found.session.seen_at == world.clock.now()


async def test_suspension_and_deletion_end_sessions(world: World) -> None:
    """A10: at once."""
    user = await world.user()
    app, browser = await world.application(), world.browser()
    await browser.tokens(app)
    await world.change("users", user.id, is_suspended=True)
    assert not await is_signed_in(browser, app)
    await world.change("users", user.id, is_suspended=False)
    assert await is_signed_in(browser, app)
    await delete_user(world.ctx, user.id, "somebody")
    assert not await is_signed_in(browser, app)


async def test_cookies_are_guarded_over_https(database_url: str) -> None:
    """B36: Secure, HttpOnly, SameSite=Lax, no Domain; our own with __Host-."""
    async with worlds(database_url, "https://id.example") as world:
        await world.user()
        app, browser = await world.application(), world.browser()
        first = await browser.authorize(app)
        resumed = await browser.get(await browser.sign_in())
        lines = [*first.headers.get_list("set-cookie"), *resumed.headers.get_list("set-cookie")]
        assert any(line.startswith("__Host-vestibule_browser=") and "Path=/;" in line for line in lines)
        assert any(line.startswith("_session=") for line in lines)
        for line in lines:
            assert "; Secure" in line
            assert "SameSite=Lax" in line
            assert "Domain" not in line
            assert "HttpOnly" in line or line.startswith("_logto")


async def test_cookies_over_http_are_not_secure(world: World) -> None:
    app = await world.application()
    first = await world.browser().authorize(app)
    assert all("Secure" not in line for line in first.headers.get_list("set-cookie"))
    assert PUBLIC_URL.startswith("http://")
