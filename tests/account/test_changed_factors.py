"""What ends when a second factor changes: every session that knew nothing of it, and not the one in use (B40)."""

from typing import Any

import httpx2
import pyotp
import pytest
from starlette.responses import Response

from tests.account.conftest import World, browser, refused
from tests.account.test_page import COOKIE, asked, form, post, sign_in, tokens
from tests.account.test_page_sessions import sign_out
from tests.account.test_security import proven, secret_of
from tests.account.test_security_page import PASSKEYS, opened, sent
from tests.account.test_sessions import left, three

pytestmark = pytest.mark.anyio
TOTP = {"id": "one", "createdAt": "2026-01-01T00:00:00.000Z", "type": "Totp"}
BACKUP = {"id": "two", "createdAt": "2026-01-02T00:00:00.000Z", "type": "BackupCode", "remainCodes": 3}


async def elsewhere(world: World) -> httpx2.AsyncClient:
    """Sign ada in to the page with another browser."""
    other = browser(world.server)
    request = await asked(world, client=other)
    world.stub.codes["code"] = tokens(world, request["nonce"])
    await other.get("/callback", params={"code": "code", "state": request["state"]})
    assert (await other.get("/")).status_code == 200
    return other


async def add_totp(world: World, query: str) -> httpx2.Response:
    secret, proofs = await secret_of(world), await proven(world, "factor.add")
    body = {"secret": secret, "code": pyotp.TOTP(secret).at(world.clock.now() // 1000)}
    return await world.call("POST", f"/factors/totp{query}", body, proofs=proofs)


async def add_backup_codes(world: World, query: str) -> httpx2.Response:
    world.stub.factors["ada"] = [dict(TOTP)]
    return await world.call("POST", f"/factors/backup-codes{query}", proofs=await proven(world, "factor.add"))


async def remove(world: World, query: str) -> httpx2.Response:
    world.stub.factors["ada"] = [dict(TOTP)]
    return await world.call("DELETE", f"/factors/one{query}", proofs=await proven(world, "factor.remove"))


CHANGES: list[Any] = [add_totp, add_backup_codes, remove]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("query", "stays"), [("?keep=here", ["here"]), ("", []), ("?keep=hers", [])])
async def test_a_changed_factor_ends_the_other_sessions_of_its_owner(
    world: World, change: Any, query: str, stays: list[str]
) -> None:
    """B40, B83: those of nobody else, whatever the query names; what applications keep offline stays."""
    three(world)
    other = await elsewhere(world)
    assert (await change(world, query)).status_code < 300
    assert left(world) == {"ada": stays, "eve": ["hers"]}
    assert world.stub.kept == [query.removeprefix("?keep=")], "and the server is asked to do it with the change"
    assert {grants for _, grants in world.stub.ended} == {""}
    assert (await other.get("/")).headers["location"] == "/login"
    await other.aclose()


@pytest.mark.parametrize("change", CHANGES)
async def test_a_refused_change_ends_nothing(world: World, change: Any) -> None:
    three(world)
    other, before = await elsewhere(world), left(world)
    world.stub.broken = lambda path: Response(status_code=500) if "mfa-verifications" in path else None
    assert refused(await change(world, "?keep=here"), 503, "identity-server-away")
    assert left(world) == before
    assert (await other.get("/name")).status_code == 200
    await other.aclose()


async def test_a_name_of_a_session_that_comes_twice_is_no_name(world: World) -> None:
    three(world)
    assert (await remove(world, "?keep=here&keep=phone")).status_code == 400
    assert left(world)["ada"] == ["here", "phone", "old"]


async def test_new_codes_are_shown_also_where_sessions_cannot_be_ended(world: World) -> None:
    """They can be read nowhere else; the operator is told what is left."""
    three(world)
    world.stub.broken = lambda path: Response(status_code=500) if "/sessions" in path else None
    made = await add_backup_codes(world, "?keep=here")
    assert len(made.json()["codes"]) == 10
    assert any("sessions_not_ended" in line for line in world.lines)


async def test_on_the_page_the_browser_that_made_the_change_goes_on_under_a_new_id(world: World) -> None:
    """B37, B40: also from the page that shows new codes, whose forms are those of the new session."""
    three(world)
    world.stub.factors["ada"] = [dict(TOTP)]
    await sign_in(world, sid="here")
    first, other = world.client.cookies[COOKIE], await elsewhere(world)
    made = await sent(world, "/backup-codes")
    assert made.status_code == 200
    assert left(world)["ada"] == ["here"]
    assert (await other.get("/")).headers["location"] == "/login"
    second = world.client.cookies[COOKIE]
    assert second != first
    world.clock.advance(seconds=61)
    gone = await sent(world, "/backup-codes")
    assert gone.headers["location"] == "/?saved=backup-removed"
    assert world.client.cookies[COOKIE] not in {first, second}
    assert (await world.client.get("/")).status_code == 200
    stolen = await other.get("/", headers={"cookie": f"{COOKIE}={first}"})
    assert stolen.headers["location"] == "/login"
    await other.aclose()


async def test_signing_out_works_from_the_page_that_shows_new_codes(world: World) -> None:
    world.stub.factors["ada"] = [dict(TOTP)]
    await sign_in(world, sid="here")
    made = await sent(world, "/backup-codes")
    bar = made.text[: made.text.index('id="main"')]
    csrf = form(f'id="main"{bar}')["csrf"]
    out = await world.client.post("/logout", data={"csrf": csrf}, headers={"origin": str(world.client.base_url)})
    assert out.status_code == 303


async def test_a_passkey_and_an_authenticator_are_removed_the_same_way(world: World) -> None:
    three(world)
    world.stub.factors["ada"] = [dict(PASSKEYS[0]), {**TOTP, "id": "totp"}]
    await sign_in(world, sid="here")
    assert (await sent(world, "/passkeys/remove?id=one")).headers["location"] == "/passkeys?saved=passkey-removed"
    assert left(world)["ada"] == ["here"]
    world.clock.advance(seconds=61)
    assert (await sent(world, "/authenticator")).headers["location"] == "/?saved=authenticator-removed"
    assert world.stub.kept == ["here", "here"]
    assert (await world.client.get("/")).status_code == 200


async def test_without_a_name_for_the_present_session_the_page_still_goes_on(world: World) -> None:
    """It ends at the server then; the page has tokens of its own."""
    three(world)
    world.stub.factors["ada"] = [dict(TOTP), dict(BACKUP)]
    await sign_in(world)
    assert (await sent(world, "/backup-codes")).headers["location"] == "/?saved=backup-removed"
    assert left(world)["ada"] == []
    assert (await world.client.get("/")).status_code == 200


@pytest.mark.parametrize("is_made", [True, False])
async def test_the_other_browsers_of_the_page_end_with_a_new_passkey_and_stay_without(
    world: World, is_made: bool
) -> None:
    """Who says "not now" at the identity server comes back too, and has changed nothing."""
    world.stub.factors["ada"] = [dict(PASSKEYS[0])]
    await sign_in(world)
    other = await elsewhere(world)
    request = await asked(world, "/passkeys/new")
    if is_made:
        world.stub.factors["ada"].append(dict(PASSKEYS[1]))
    world.stub.codes["code"] = tokens(world, request["nonce"])
    back = await world.client.get("/callback", params={"code": "code", "state": request["state"]})
    assert back.headers["location"] == ("/passkeys?saved=passkey" if is_made else "/passkeys")
    assert "made with" in await opened(world, "/passkeys")
    assert (await other.get("/name")).status_code == (303 if is_made else 200)
    await other.aclose()


async def test_who_signs_in_instead_of_who_went_to_make_a_passkey_has_made_none(world: World) -> None:
    """Other passkeys are theirs already: nothing of theirs ends."""
    world.stub.add("bob", "battery staple", username="bob", name="Bob")
    world.stub.factors["bob"] = [dict(PASSKEYS[0]), dict(PASSKEYS[1])]
    await sign_in(world)
    request = await asked(world, "/passkeys/new")
    answer = tokens(world, request["nonce"], sub="bob")
    world.stub.codes["code"] = {**answer, "access_token": world.stub.sign(world.claims("bob"))}
    back = await world.client.get("/callback", params={"code": "code", "state": request["state"]})
    assert back.headers["location"] == "/passkeys"


async def test_a_passkey_is_made_only_by_who_is_signed_in(world: World) -> None:
    assert (await world.client.get("/passkeys/new")).headers["location"] == "/login?back=%2Fpasskeys%2Fnew"


@pytest.mark.parametrize("path", ["/backup-codes", "/authenticator"])
async def test_a_session_that_ends_while_its_change_is_under_way_stays_ended(world: World, path: str) -> None:
    """B39: the change is made, and whoever has signed out meanwhile is not signed in again by it."""
    three(world)
    world.stub.factors["ada"] = [dict(TOTP)]
    await sign_in(world, sid="here")
    page, pressed = await opened(world, path), list[int]()

    async def signed_out(asked: str) -> Response | None:
        if pressed == [0] and "/mfa-verifications/" in asked + "/":
            pressed[0] = (await sign_out(world, page)).status_code
        return None

    world.stub.broken = signed_out
    pressed.append(0)
    done = await post(world, path, page, current="correct horse")
    world.stub.broken = lambda _: None
    assert (pressed, done.headers["location"].partition("?")[0]) == ([303], "/login")
    assert not world.client.cookies.get(COOKIE)
