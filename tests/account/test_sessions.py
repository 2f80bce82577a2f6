"""Where the person is signed in: listed with device and address, and signed out elsewhere behind a fresh proof."""

from typing import Any

import pytest

from tests.account.conftest import World, refused
from tests.account.test_page import post, sign_in
from tests.account.test_security_page import opened, sent, words
from vestibule.account.devices import device

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("header", "browser", "system"),
    [
        (FIREFOX, "Firefox", "Linux"),
        (PHONE, "Safari", "iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 "
         "Safari/537.36 Edg/139.0.0.0", "Edge", "Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile "
         "Safari/537.36", "Chrome", "Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
         "Safari/605.1.15", "Safari", "macOS"),
        ("curl/8.9", None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_a_browser_is_called_what_people_call_it(header: str | None, browser: str | None, system: str | None) -> None:
    found = device(header)
    assert (found.browser, found.system) == (browser, system)


def three(world: World) -> None:
    """Ada at her computer, with her phone, and somewhere that tells nothing; and somebody else."""
    now = world.clock.now() // 1000
    world.stub.add_session("ada", "here", now, ip="192.0.2.7", userAgent=FIREFOX)
    world.stub.add_session("ada", "phone", now - 60, ip="2001:db8::1", userAgent=PHONE)
    world.stub.add_session("ada", "old", now - 120)
    world.stub.add("eve", "another horse")
    world.stub.add_session("eve", "hers", now)


def left(world: World) -> dict[str, list[str]]:
    return {user: [one["payload"]["uid"] for one in held] for user, held in world.stub.sessions.items()}


async def proven(world: World, action: str = "session.end") -> list[str]:
    return [await world.proof("password", action, PASSWORD)]


async def test_sessions_are_listed_with_device_address_and_last_use(world: World) -> None:
    three(world)
    now = world.clock.now()
    world.stub.sessions["ada"][1]["lastActiveAt"] = now + 5000
    listed = (await world.call("GET", "/sessions")).json()["sessions"]
    assert [one["id"] for one in listed] == ["phone", "here", "old"]
    assert listed[0] == {
        "id": "phone",
        "browser": "Safari",
        "system": "iPhone",
        "ip": "2001:db8::1",
        "signedInAt": now - 60_000,
        "lastUsedAt": now + 5000,
        "expiresAt": listed[0]["expiresAt"],
    }
    assert (listed[2]["browser"], listed[2]["system"], listed[2]["ip"]) == (None, None, None)


ENDS: list[tuple[str, str, Any]] = [
    ("DELETE", "/sessions/phone", None),
    ("POST", "/other-sessions/end", {"keep": "here"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ENDS)
async def test_nothing_ends_without_scope_and_proof(world: World, method: str, path: str, body: Any) -> None:
    """B63, B84: a proof of something else is none."""
    three(world)
    before = left(world)
    for proofs in (None, ["made up"], await proven(world, "token.delete")):
        assert refused(await world.call(method, path, body, proofs=proofs), 403, "proof-required")
    scope = "account:read account:profile account:identifiers"
    answer = await world.call(method, path, body, proofs=await proven(world), scope=scope)
    assert refused(answer, 403, "not-allowed")
    assert refused(await world.call("GET", "/sessions", scope=scope), 403, "not-allowed")
    assert left(world) == before


async def test_one_session_ends_or_all_others_do(world: World) -> None:
    three(world)
    assert (await world.call("DELETE", "/sessions/phone", proofs=await proven(world))).status_code == 204
    assert left(world) == {"ada": ["here", "old"], "eve": ["hers"]}
    body = {"keep": "here"}
    assert (await world.call("POST", "/other-sessions/end", body, proofs=await proven(world))).status_code == 204
    assert left(world) == {"ada": ["here"], "eve": ["hers"]}
    assert world.stub.ended == [("phone", "all"), ("old", "all")], "with what was granted in them"


@pytest.mark.parametrize("session", ["hers", "nothing"])
async def test_sessions_of_others_are_out_of_reach(world: World, session: str) -> None:
    """B78, B83: whatever the path or the body names."""
    three(world)
    before = left(world)
    proofs = await proven(world)
    assert refused(await world.call("DELETE", f"/sessions/{session}", proofs=proofs), 404, "unknown")
    answer = await world.call("POST", "/other-sessions/end", {"keep": session}, proofs=proofs)
    assert refused(answer, 422, "invalid-fields")
    assert left(world) == before


async def test_the_page_marks_the_present_session_and_ends_others(world: World) -> None:
    three(world)
    await sign_in(world, sid="here")
    assert "Signed in: 3" in words(await opened(world, "/"))
    page = await opened(world, "/sessions")
    said = words(page)
    assert said.count("This one") == 1
    assert said.index("Firefox on Linux") < said.index("This one") < said.index("Safari on iPhone")
    assert "Address 2001:db8::1" in said
    assert "Unknown browser" in said
    assert "/sessions/end?id=here" not in page
    gone = await sent(world, "/sessions/end?id=phone")
    assert (gone.status_code, gone.headers["location"]) == (303, "/sessions?saved=session-ended")
    assert left(world)["ada"] == ["here", "old"]
    world.clock.advance(seconds=61)
    gone = await sent(world, "/sessions/end-others")
    assert gone.headers["location"] == "/sessions?saved=sessions-ended"
    assert left(world)["ada"] == ["here"]
    page = await opened(world, "/sessions?saved=sessions-ended")
    assert "You are signed out everywhere else." in page
    assert "/sessions/end-others" not in page


async def test_a_wrong_password_ends_nothing(world: World) -> None:
    three(world)
    await sign_in(world, sid="here")
    page = await opened(world, "/sessions/end?id=phone")
    answer = await post(world, "/sessions/end", page, current="wrong")
    assert answer.status_code == 422
    assert 'id="current-fault"' in answer.text
    assert left(world)["ada"] == ["here", "phone", "old"]


async def test_a_server_that_does_not_name_the_session_marks_none(world: World) -> None:
    """Then nobody is offered to sign out everywhere else: it could not be told where that is."""
    three(world)
    await sign_in(world)
    page = await opened(world, "/sessions")
    assert "This one" not in words(page)
    assert (await world.client.get("/sessions/end-others")).status_code == 404
    assert (await world.client.get("/sessions/end?id=hers")).status_code == 404
