"""New passwords are held against what is known from breaches: by a file, and by a range service where one is set."""

from pathlib import Path

import pytest

from tests.connectors.world import http_server, silent_server
from tests.domain.test_breached import made, sha1
from tests.pages.visitor import CALLBACK, Visitor, application, visitor
from tests.world import World, worlds
from vestibule.domain import breached

pytestmark = pytest.mark.anyio
KNOWN, OTHER = "zebra battery lamp", "otter battery lamp"
FAULT = "fault.password_rejected_pwned"


async def registered(world: World, password: str, name: str = "ada") -> Visitor:
    """Register with a password."""
    somebody = visitor(world)
    return await (await somebody.begin(await application(world))).register(name, password)


async def test_a_password_of_the_file_is_refused_wherever_one_is_chosen(database_url: str, tmp_path: Path) -> None:
    """B46: on the pages, and when an administrator or the account server asks; not when an administrator sets one."""
    path = made(tmp_path, [KNOWN])
    async with worlds(database_url, tmp_path, VESTIBULE_BREACHED_FILE=str(path)) as world:
        assert (await registered(world, KNOWN)).reads(FAULT)
        assert (await registered(world, OTHER)).address.startswith(CALLBACK)
        user = await world.user(username="eve", password=KNOWN)
        asked = {"password": KNOWN, "userId": user["id"]}
        answer = await world.call("POST", "/sign-in-exp/default/check-password", asked)
        assert answer.json() == {"result": False, "issues": [{"code": "password_rejected.pwned"}]}
        off = {"pwned": False, "repetitionAndSequence": True, "userInfo": True, "words": []}
        await world.call("PATCH", "/sign-in-exp", {"passwordPolicy": {"rejects": off}})
        assert (await registered(world, KNOWN, "bob")).address.startswith(CALLBACK)


def answer_of(*lines: str, status: str = "200 OK") -> bytes:
    """Return what a range service answers."""
    body = "\r\n".join(lines).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def suffix(password: str) -> str:
    """Return what a range lists of a password."""
    return sha1(password)[5:]


async def test_a_range_service_is_told_five_digits_and_nothing_else(database_url: str, tmp_path: Path) -> None:
    """B46: a line with the count 0 is padding."""
    lines = ("0018A45C4D1DEF81644B54AB7F969B88D65:1", f"{suffix(KNOWN)}:7", f"{suffix(OTHER)}:0")
    async with (
        http_server(answer_of(*lines)) as (port, requests),
        worlds(
            database_url,
            tmp_path,
            VESTIBULE_BREACHED_RANGE_URL=f"http://127.0.0.1:{port}/range/",
            VESTIBULE_ALLOW_PRIVATE="127.0.0.0/8",
        ) as world,
    ):
        assert (await registered(world, KNOWN)).reads(FAULT)
        assert (await registered(world, OTHER)).address.startswith(CALLBACK)
    head = requests[0].decode()
    assert head.startswith(f"GET /range/{sha1(KNOWN)[:5]} HTTP/1.1\r\n")
    assert "add-padding: true" in head.lower()
    assert not any(secret in head for secret in (KNOWN, suffix(KNOWN), "ada"))


@pytest.mark.parametrize("fault", ["refused", "silent", "500", "guarded", "odd"])
async def test_a_range_service_that_fails_stops_nobody_and_the_operator_reads_why(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """The other rules still decide, and so does the file."""
    monkeypatch.setattr(breached, "RANGE_SECONDS", 0.1)
    answer = {"500": answer_of("oops", status="500 Oops"), "odd": b"oops\r\n\r\n"}.get(fault, answer_of())
    server = silent_server() if fault == "silent" else http_server(answer)
    async with server as taken:
        port = taken if isinstance(taken, int) else taken[0]
        async with worlds(
            database_url,
            tmp_path,
            VESTIBULE_BREACHED_FILE=str(made(tmp_path, [KNOWN])),
            VESTIBULE_BREACHED_RANGE_URL=f"http://127.0.0.1:{1 if fault == 'refused' else port}/range/",
            VESTIBULE_ALLOW_PRIVATE="" if fault == "guarded" else "127.0.0.0/8",
        ) as world:
            assert (await registered(world, KNOWN)).reads(FAULT)
            assert (await registered(world, "short")).reads("fault.password_rejected_too_short", min=8)
            world.lines.clear()
            assert (await registered(world, OTHER)).address.startswith(CALLBACK)
            [line] = [line for line in world.lines if "breached_range_unreachable" in line]
            assert OTHER not in line
            assert sha1(OTHER)[:5] not in line


async def test_a_file_that_fails_under_way_stops_nobody(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with worlds(database_url, tmp_path, VESTIBULE_BREACHED_FILE=str(made(tmp_path, [KNOWN]))) as world:
        with monkeypatch.context() as patched:

            def fail(*_: int) -> bytes:
                raise OSError(5, "Input/output error")

            patched.setattr("os.pread", fail)
            assert (await registered(world, KNOWN)).address.startswith(CALLBACK)
        assert any("breached_file_unreadable" in line for line in world.lines)
