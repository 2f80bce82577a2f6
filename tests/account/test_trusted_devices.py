"""Browsers in which no second factor is asked for: listed, and asked again behind a fresh proof."""

import re
from typing import Any

import pytest
from starlette.responses import Response

from tests.account.conftest import World, refused
from tests.account.test_page import post, sign_in
from tests.account.test_security import proven
from tests.account.test_security_page import opened, sent, words
from tests.account.test_sessions import FIREFOX, PHONE
from vestibule.account.trusted_devices import PAGE, PAGES

pytestmark = pytest.mark.anyio
DAY = 86_400_000


def trusted(world: World, device_id: str, user_agent: str | None, user: str = "ada") -> None:
    now = world.clock.now()
    times = {"createdAt": now, "lastUsedAt": now + 1, "expiresAt": now + 10 * DAY}
    device = {"id": device_id, "userAgent": user_agent, "country": None, "city": None, **times}
    world.stub.devices.setdefault(user, []).append(device)


def left(world: World) -> dict[str, list[str]]:
    return {user: [one["id"] for one in held] for user, held in world.stub.devices.items()}


@pytest.fixture
def two(world: World) -> World:
    """Ada trusts two browsers, somebody else one."""
    trusted(world, "computer", FIREFOX)
    trusted(world, "phone", PHONE)
    world.stub.add("eve", "another horse")
    trusted(world, "hers", None, "eve")
    return world


async def test_devices_are_listed_with_their_times(two: World) -> None:
    now = two.clock.now()
    listed = (await two.call("GET", "/trusted-devices")).json()["devices"]
    assert [one["id"] for one in listed] == ["computer", "phone"]
    assert listed[1] == {
        "id": "phone",
        "browser": "Safari",
        "system": "iPhone",
        "trustedAt": now,
        "lastUsedAt": now + 1,
        "expiresAt": now + 10 * DAY,
    }
    (hers,) = (await two.call("GET", "/trusted-devices", user="eve")).json()["devices"]
    assert (hers["browser"], hers["system"]) == (None, None)


async def test_a_server_that_trusts_no_devices_has_none_to_show(world: World) -> None:
    assert (await world.call("GET", "/trusted-devices")).json() == {"devices": []}
    await sign_in(world)
    assert "/trusted-devices" not in await opened(world, "/")
    assert "You trust no browser" in await opened(world, "/trusted-devices")


ENDS: list[Any] = ["/trusted-devices/phone", "/trusted-devices"]


@pytest.mark.parametrize("path", ENDS)
async def test_nothing_is_forgotten_without_scope_and_proof(two: World, path: str) -> None:
    """B63, B84: a proof of something else is none."""
    before = left(two)
    for proofs in (None, ["made up"], await proven(two, "session.end")):
        assert refused(await two.call("DELETE", path, proofs=proofs), 403, "proof-required")
    scope = "account:read account:profile account:identifiers"
    proofs = await proven(two, "device.forget")
    assert refused(await two.call("DELETE", path, proofs=proofs, scope=scope), 403, "not-allowed")
    assert refused(await two.call("GET", "/trusted-devices", scope=scope), 403, "not-allowed")
    assert left(two) == before


async def test_one_is_forgotten_or_all_are(two: World) -> None:
    proofs = await proven(two, "device.forget")
    assert (await two.call("DELETE", "/trusted-devices/phone", proofs=proofs)).status_code == 204
    assert left(two) == {"ada": ["computer"], "eve": ["hers"]}
    again = await two.call("DELETE", "/trusted-devices/computer", proofs=proofs)
    assert refused(again, 403, "proof-required"), "a proof is good once"
    for number in range(PAGE * PAGES + 1):
        trusted(two, f"more {number}", None)
    proofs = await proven(two, "device.forget")
    assert (await two.call("DELETE", "/trusted-devices", proofs=proofs)).status_code == 204
    assert left(two) == {"ada": [], "eve": ["hers"]}


@pytest.mark.parametrize("device", ["hers", "nothing", "..%2F..%2Feve%2Ftrusted-devices%2Fhers"])
async def test_devices_of_others_are_out_of_reach(two: World, device: str) -> None:
    """B78, B83: even where the identity server would forget them."""
    before = left(two)
    answer = await two.call("DELETE", f"/trusted-devices/{device}", proofs=await proven(two, "device.forget"))
    assert refused(answer, 404, "unknown")
    assert left(two) == before


async def test_a_server_that_is_away_gives_the_proof_back(two: World) -> None:
    proofs = await proven(two, "device.forget")
    two.stub.broken = lambda path: Response(status_code=500) if path.endswith("/phone") else None
    assert refused(await two.call("DELETE", "/trusted-devices/phone", proofs=proofs), 503, "identity-server-away")
    two.stub.broken = lambda _: None
    assert (await two.call("DELETE", "/trusted-devices/phone", proofs=proofs)).status_code == 204


async def test_the_page_lists_them_and_forgets_them_with_the_password(two: World) -> None:
    await sign_in(two)
    assert "2 trusted" in words(await opened(two, "/"))
    said = words(await opened(two, "/trusted-devices"))
    assert "Firefox on Linux" in said
    assert re.search(r"Until \w+ \d+, \d{4}\s+trusted on \w+ \d+, \d{4}\s+last used on \w+ \d+, \d{4}", said)
    assert "Safari on iPhone" in said
    page = await opened(two, "/trusted-devices/remove?id=phone")
    assert "Safari on iPhone asks for a second factor again" in words(page)
    wrong = await post(two, "/trusted-devices/remove", page, current="not it")
    assert wrong.status_code == 422
    assert 'id="current-fault"' in wrong.text
    assert left(two)["ada"] == ["computer", "phone"]
    gone = await sent(two, "/trusted-devices/remove?id=phone")
    assert (gone.status_code, gone.headers["location"]) == (303, "/trusted-devices?saved=device-forgotten")
    assert (await two.client.get("/trusted-devices/remove?id=phone")).status_code == 404
    assert (await two.client.get("/trusted-devices/remove?id=hers")).status_code == 404
    two.clock.advance(seconds=61)
    gone = await sent(two, "/trusted-devices/remove-all")
    assert gone.headers["location"] == "/trusted-devices?saved=devices-forgotten"
    assert "No browser is trusted any longer." in await opened(two, "/trusted-devices?saved=devices-forgotten")
    assert left(two) == {"ada": [], "eve": ["hers"]}


async def test_a_foreign_form_forgets_nothing(two: World) -> None:
    """B41."""
    await sign_in(two)
    before = left(two)
    for path in ("/trusted-devices/remove", "/trusted-devices/remove-all"):
        data = {"current": "correct horse", "of": "phone"}
        for origin in ("https://evil.example", str(two.client.base_url)):
            assert (await two.client.post(path, data=data, headers={"origin": origin})).status_code == 403
    assert left(two) == before


async def test_two_browsers_of_one_kind_are_told_apart(two: World) -> None:
    """By their links, too: whoever hears a list of them hears no name twice."""
    trusted(two, "other phone", PHONE)
    await sign_in(two)
    names = re.findall(r'<a class="warn"[^>]*>(.*?)</a>', await opened(two, "/trusted-devices"), re.DOTALL)
    assert [" ".join(words(name).split()).partition(" ")[2] for name in names] == [
        "Firefox on Linux", "Safari on iPhone (1)", "Safari on iPhone (2)",
    ]  # fmt: skip
