"""Sessions of the account page: renewed by one, ended everywhere, and never in a person's way."""

import asyncio
import re
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse, Response

from tests.account.conftest import URL, World, browser
from tests.account.test_page import COOKIE, asked, post, sign_in, tokens
from vestibule.account import app as composition
from vestibule.account import store
from vestibule.account.page.logins import own_page
from vestibule.crypto import SealError

pytestmark = pytest.mark.anyio
HOUR = 3600


def renewals(world: World) -> int:
    """Count the refresh tokens that were sent to the identity server and accepted."""
    return sum('"refresh_token"' in line for line in world.stub.asked)


def renewable(world: World, number: int = 1) -> None:
    """Let the present refresh token be used, once."""
    names = ["refresh one", *(f"refresh {n}" for n in range(2, number + 2))]
    world.stub.codes[names[number - 1]] = {**tokens(world, "x"), "refresh_token": names[number]}


async def sign_out(world: World, page: str) -> httpx2.Response:
    """Press the button."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    return await world.client.post("/logout", data={"csrf": csrf[1]}, headers={"origin": URL})


async def test_many_requests_at_once_renew_the_tokens_once(world: World) -> None:
    """B28: the identity server takes a refresh token once; a second use would end the whole sign-in."""
    await sign_in(world)
    world.clock.advance(seconds=HOUR)
    renewable(world)
    answers = await asyncio.gather(*(world.client.get("/") for _ in range(20)))
    assert [answer.status_code for answer in answers] == [200] * 20
    assert renewals(world) == 1
    assert world.stub.asked.count("POST /oidc/token") == 3  # the page's code, the server's own, one renewal


@pytest.mark.parametrize("again", ["one", "two"])
async def test_signing_in_again_revokes_the_earlier_tokens_unless_one_grant_has_both(world: World, again: str) -> None:
    """B28: to revoke one refresh token of a grant is to revoke the grant, and with it the one that just came."""
    await sign_in(world, sid="one")
    await sign_in(world, sid=again)
    revoked = [line for line in world.stub.asked if "revoked" in line]
    assert len(revoked) == (0 if again == "one" else 1)
    assert (await world.client.get("/")).status_code == 200


async def test_a_session_that_was_idle_for_a_day_leaves_nothing_behind(world: World) -> None:
    """Its tokens say who it was, whether the account is still there or not."""
    await sign_in(world)
    world.clock.advance(seconds=23 * HOUR)
    for kept, seconds in ((1, HOUR + 1), (0, 0)):
        async with world.server.ctx.db.write() as tx:
            await store.expire(tx, world.clock.now() - 24 * HOUR * 1000)
        async with world.server.ctx.db.read() as tx:
            assert (await tx.one(store.LATEST_SESSION) is not None) == bool(kept)
        world.clock.advance(seconds=seconds)


async def test_two_nodes_renew_the_tokens_once(world: World) -> None:
    await sign_in(world)
    async with world.another() as other:
        other.cookies.set(COOKIE, world.client.cookies[COOKIE])
        world.clock.advance(seconds=HOUR)
        renewable(world)
        answers = await asyncio.gather(*(node.get("/") for node in (world.client, other) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert renewals(world) == 1


async def test_while_one_request_renews_the_others_go_on_with_what_is_still_good(world: World) -> None:
    await sign_in(world)
    world.clock.advance(seconds=HOUR - 30)
    renewable(world)
    reached, go = asyncio.Event(), asyncio.Event()

    async def slow(path: str) -> Response | None:
        if path == "/oidc/token":
            reached.set()
            await go.wait()
        return None

    world.stub.broken = slow
    first = asyncio.create_task(world.client.get("/"))
    await reached.wait()
    assert (await world.client.get("/")).status_code == 200
    assert not first.done()
    go.set()
    assert (await first).status_code == 200
    assert renewals(world) == 1


async def test_an_identity_server_that_is_away_costs_nobody_the_session(world: World) -> None:
    await sign_in(world)
    world.clock.advance(seconds=HOUR)
    renewable(world)
    world.stub.broken = lambda path: Response("<h1>Bad Gateway</h1>", 502) if path == "/oidc/token" else None
    away = await world.client.get("/")
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    world.stub.broken = lambda path: None
    assert (await world.client.get("/")).status_code == 200


async def test_wrong_credentials_of_the_page_are_the_operators_to_mend_and_sign_nobody_out(world: World) -> None:
    await sign_in(world)
    world.clock.advance(seconds=HOUR)
    renewable(world)
    refusal = JSONResponse({"error": "invalid_client"}, 401)
    world.stub.broken = lambda path: refusal if path == "/oidc/token" else None
    assert (await world.client.get("/")).status_code == 503
    assert any("VESTIBULE_ACCOUNT_PAGE_CLIENT_ID" in line for line in world.lines)
    world.stub.broken = lambda path: None
    assert (await world.client.get("/")).status_code == 200


async def test_keys_that_cannot_be_fetched_cost_nobody_the_session(world: World) -> None:
    await sign_in(world)
    async with world.another() as fresh:  # a node that has not seen a key yet
        fresh.cookies.set(COOKIE, world.client.cookies[COOKIE])
        world.stub.broken = lambda path: Response("<h1>Bad Gateway</h1>", 502) if path == "/oidc/jwks" else None
        assert [(await fresh.get("/")).status_code for _ in range(2)] == [503, 503]
        world.stub.broken = lambda path: None
        assert (await fresh.get("/")).status_code == 200


async def test_signing_out_while_the_tokens_are_renewed_revokes_the_new_ones(world: World) -> None:
    """B39."""
    await sign_in(world)
    home = (await world.client.get("/")).text
    world.clock.advance(seconds=HOUR)
    renewable(world)
    reached, go = asyncio.Event(), asyncio.Event()

    async def slow(path: str) -> Response | None:
        if path == "/oidc/token":
            reached.set()
            await go.wait()
        return None

    world.stub.broken = slow
    loading = asyncio.create_task(world.client.get("/"))
    await reached.wait()
    await sign_out(world, home)
    go.set()
    assert (await loading).status_code == 303
    assert any("revoked" in line and "refresh+2" in line for line in world.stub.asked)


async def test_a_session_ends_by_age_however_busy_it_is(world: World) -> None:
    """B43: 14 days in all."""
    await sign_in(world)
    for number in range(1, 14):
        world.clock.advance(seconds=86_300)
        renewable(world, number)
        assert (await world.client.get("/")).status_code == 200, number
    world.clock.advance(seconds=86_300)
    renewable(world, 14)
    world.clock.advance(seconds=14 * 100)
    assert (await world.client.get("/")).headers["location"] == "/login"


async def test_signing_in_leads_back_to_where_the_person_was(world: World) -> None:
    answer = await world.client.get("/email")
    assert answer.headers["location"] == "/login?back=%2Femail"
    request = await asked(world, answer.headers["location"])
    world.stub.codes["code"] = tokens(world, request["nonce"])
    back = await world.client.get("/callback", params={"code": "code", "state": request["state"]})
    assert back.headers["location"] == "/email"
    assert (await world.client.get("/email")).status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a//b", "/a/b/c", "/a\n", "/a?\n", "/é", ""],
)
async def test_signing_in_leads_nowhere_else(world: World, elsewhere: str) -> None:
    assert own_page(elsewhere) == "/"
    login = str(httpx2.URL(f"{URL}/login", params={"back": elsewhere}))
    request = await asked(world, login)
    world.stub.codes["code"] = tokens(world, request["nonce"])
    back = await world.client.get("/callback", params={"code": "code", "state": request["state"]})
    assert back.headers["location"] == "/"


async def test_two_tabs_may_sign_in_one_after_the_other(world: World) -> None:
    one, two = await asked(world), await asked(world)
    for request in (one, two):
        world.stub.codes["code"] = tokens(world, request["nonce"])
        back = await world.client.get("/callback", params={"code": "code", "state": request["state"]})
        assert (back.status_code, back.headers["location"]) == (303, "/")
        assert (await world.client.get("/")).status_code == 200


async def test_an_answer_that_comes_twice_to_somebody_signed_in_leads_to_the_account(world: World) -> None:
    back = await sign_in(world)
    again = await world.client.get(str(back.request.url))
    assert (again.status_code, again.headers["location"]) == (303, "/")
    assert (await world.client.get("/")).status_code == 200


async def test_another_browser_cannot_use_up_a_sign_in(world: World) -> None:
    """A26, B73: state is bound to the browser that asked."""
    request = await asked(world)
    world.stub.codes["code"] = tokens(world, request["nonce"])
    query = {"code": "code", "state": request["state"]}
    async with world.another() as stranger:
        assert (await stranger.get("/callback", params=query)).status_code == 400
    assert (await world.client.get("/callback", params=query)).status_code == 303


async def test_a_token_that_the_settings_api_refuses_ends_in_words_not_in_a_circle(world: World) -> None:
    request = await asked(world)
    world.stub.codes["code"] = {**tokens(world, request["nonce"]), "access_token": "opaque"}
    answer = await world.client.get("/callback", params={"code": "code", "state": request["state"]})
    assert answer.status_code == 400
    assert "You are not signed in" in answer.text
    assert any("the settings API refuses" in line for line in world.lines)


@pytest.mark.parametrize(
    ("state", "status", "words"), [("gone", 404, "does not exist"), ("suspended", 403, "suspended")]
)
async def test_whoever_is_deleted_or_suspended_is_told_and_signed_out(
    world: World, state: str, status: int, words: str
) -> None:
    await sign_in(world)
    ada = world.stub.users["ada"]
    if state == "gone":
        del world.stub.users["ada"]
    ada["isSuspended"] = True
    answer = await world.client.get("/name")
    assert answer.status_code == status
    assert words in answer.text
    assert any("revoked" in line for line in world.stub.asked)
    assert (await world.client.get("/")).headers["location"] == "/login"
    assert (await sign_in(world)).status_code == status


async def test_signing_out_works_while_the_identity_server_is_away(world: World) -> None:
    await sign_in(world)
    home, cookie = (await world.client.get("/")).text, world.client.cookies[COOKIE]
    async with world.another() as fresh:  # a node that does not know the endpoints yet
        fresh.cookies.set(COOKIE, cookie)
        world.stub.broken = lambda path: Response("", 503)
        value = re.search(r'name="csrf" value="([^"]+)"', home)
        assert value is not None
        answer = await fresh.post("/logout", data={"csrf": value[1]}, headers={"origin": URL})
        assert (answer.status_code, answer.headers["location"]) == (303, "/signed-out")
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert (await fresh.get("/signed-out")).status_code == 200
    world.stub.broken = lambda path: None
    assert (await world.client.get("/", headers={"cookie": f"{COOKIE}={cookie}"})).status_code == 303


async def test_after_signing_out_the_back_button_shows_nothing(world: World) -> None:
    """Pages are never stored, so going back asks again, and the answer is to sign in."""
    await sign_in(world)
    for path in ("/", "/name", "/signed-out", "/nothing"):
        assert (await world.client.get(path)).headers["cache-control"] == "no-store", path
    home = (await world.client.get("/")).text
    await sign_out(world, home)
    assert (await world.client.get("/name")).headers["location"] == "/login?back=%2Fname"


async def test_a_tab_left_open_after_signing_out_changes_nothing(world: World) -> None:
    await sign_in(world)
    page = (await world.client.get("/name")).text
    await sign_out(world, page)
    late = await post(world, "/name", page, name="Mallory")
    assert (late.status_code, late.headers["location"]) == (303, "/login?back=%2Fname")
    await sign_in(world)
    assert (await post(world, "/name", page, name="Mallory")).status_code == 403
    assert world.stub.users["ada"]["name"] == "Ada"


async def test_signing_out_needs_our_own_form(world: World) -> None:
    """B41."""
    await sign_in(world)
    for data, headers in (
        ({}, {"origin": URL}),
        ({"csrf": "x"}, {"origin": URL}),
        ({}, {"origin": "https://e.example"}),
    ):
        assert (await world.client.post("/logout", data=data, headers=headers)).status_code == 403
    assert (await world.client.get("/")).status_code == 200


async def test_changing_the_password_ends_the_other_sessions_and_renews_the_id_of_this_one(world: World) -> None:
    """B37, B40."""
    await sign_in(world)
    first = world.client.cookies[COOKIE]
    other = browser(world.server)
    request = await asked(world, client=other)
    world.stub.codes["code"] = tokens(world, request["nonce"])
    await other.get("/callback", params={"code": "code", "state": request["state"]})
    assert (await other.get("/")).status_code == 200
    page = (await world.client.get("/password")).text
    done = await post(world, "/password", page, current="correct horse", password="battery staple nine")
    assert done.headers["location"] == "/?saved=password"
    assert (await other.get("/")).headers["location"] == "/login"
    assert world.client.cookies[COOKIE] != first
    assert (await world.client.get("/")).status_code == 200
    world.client.cookies.clear()
    assert (await world.client.get("/", headers={"cookie": f"{COOKIE}={first}"})).status_code == 303
    await other.aclose()


async def test_over_https_cookies_are_bound_to_the_host(world: World, account_database_url: str) -> None:
    """B36."""
    changed: dict[str, Any] = {"public_url": "https://account.example.com"}
    settings = type(world.settings)(**{**vars(world.settings), **changed})
    server = await composition.build(settings, clock=world.clock)
    async with browser(server) as client:
        answer = await client.get("/login")
    await server.close()
    line = answer.headers["set-cookie"]
    assert line.startswith("__Host-vestibule_account_login=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in line.split(";")}
    assert "Domain" not in line
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


async def test_a_master_key_that_is_not_the_stores_refuses_to_start(world: World) -> None:
    """B101."""
    await sign_in(world)
    wrong = type(world.settings)(**{**vars(world.settings), "secret_key": "B" * 43})
    with pytest.raises(SealError):
        await composition.build(wrong, clock=world.clock)
