"""The way out: the guard at work on real sockets."""

import asyncio
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.connectors.world import LOOPBACK, http_server, make_certificate, silent_server
from vestibule.connectors.outgoing import AddressRefused, Outgoing, OutgoingError, Resolver

pytestmark = pytest.mark.anyio

SPELLINGS = """
127.0.0.1 localhost 2130706433 0x7f000001 0x7f.1 127.1 0 017700000001 [::1] [::ffff:127.0.0.1] [::ffff:7f00:1]
[::127.0.0.1] [64:ff9b::7f00:1] [::] LOCALHOST.
"""


def answering(*answers: Sequence[str]) -> Resolver:
    """A resolver that gives one answer after the other, the last one for ever."""
    queue = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return queue.pop(0) if len(queue) > 1 else queue[0]

    return resolve


@pytest.mark.parametrize("host", SPELLINGS.split())
async def test_loopback_is_refused_however_it_is_spelled(host: str) -> None:
    """B92: a server listens, and no spelling of this machine's address reaches it."""
    async with http_server() as (port, requests):
        outgoing = Outgoing()
        with pytest.raises(OutgoingError):
            await outgoing.request("GET", f"http://{host}:{port}/")
        await outgoing.close()
        assert requests == []


@pytest.mark.parametrize("address", ["10.0.0.5", "169.254.169.254", "192.168.0.1", "fd00:ec2::254", "::ffff:10.0.0.1"])
async def test_a_name_that_resolves_to_a_private_address_is_refused(address: str) -> None:
    """B92: and the operator reads which setting would allow it."""
    outgoing = Outgoing(resolver=answering([address]))
    with pytest.raises(AddressRefused, match="VESTIBULE_ALLOW_PRIVATE") as refusal:
        await outgoing.request("GET", "https://intranet.example/")
    assert address not in str(refusal.value)
    await outgoing.close()


async def test_a_name_with_public_and_private_addresses_reaches_the_public_ones_alone() -> None:
    """B92"""
    outgoing = Outgoing(resolver=answering(["10.0.0.1", "9.9.9.9", "::1"]))
    assert await outgoing.resolve("mixed.example", 443) == ["9.9.9.9"]


async def test_a_name_that_rebinds_is_checked_again_at_each_connection() -> None:
    """B92: public at the first look, private at the second: the second is refused."""
    async with http_server() as (port, requests):
        outgoing = Outgoing(resolver=answering(["9.9.9.9"], ["127.0.0.1"]))
        assert await outgoing.resolve("rebind.example", port) == ["9.9.9.9"]
        with pytest.raises(AddressRefused):
            await outgoing.request("GET", f"http://rebind.example:{port}/")
        assert requests == []
        await outgoing.close()


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """B92: the name is asked once a connection, and nothing else resolves it."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with http_server() as (port, requests):
        outgoing = Outgoing([LOOPBACK], resolver=resolve)
        answer = await outgoing.request("GET", f"http://name.invalid:{port}/path?q=1")
        await outgoing.close()
    assert answer.status == 200
    assert asked == ["name.invalid"]
    assert requests[0].startswith(b"GET /path?q=1 HTTP/1.1\r\n")
    assert f"host: name.invalid:{port}".encode() in requests[0].lower()


async def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    async with http_server() as (port, requests):
        outgoing = Outgoing([LOOPBACK], resolver=answering(["127.0.0.9", "127.0.0.1"]))
        assert (await outgoing.request("GET", f"http://two.invalid:{port}/")).status == 200
        await outgoing.close()
    assert len(requests) == 1


async def test_a_redirect_is_not_followed() -> None:
    """B92: a public endpoint cannot send us to a private one."""
    async with http_server() as (inner, hidden):
        moved = f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{inner}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with http_server(moved) as (port, requests):
            outgoing = Outgoing([LOOPBACK])
            assert (await outgoing.post_json(f"http://127.0.0.1:{port}/", {})).status == 307
            await outgoing.close()
        assert len(requests) == 1
        assert hidden == []


async def test_an_answer_over_a_megabyte_is_given_up() -> None:
    """B92"""
    size = 1024 * 1024 + 1
    async with http_server(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size) as (port, _):
        outgoing = Outgoing([LOOPBACK])
        with pytest.raises(OutgoingError, match="more than"):
            await outgoing.request("GET", f"http://127.0.0.1:{port}/")
        await outgoing.close()


async def test_a_silent_server_is_given_up_in_time() -> None:
    """B92"""
    async with silent_server() as port:
        outgoing = Outgoing([LOOPBACK])
        started = asyncio.get_running_loop().time()
        with pytest.raises(OutgoingError, match=r"within 0\.1 seconds"):
            await outgoing.request("GET", f"http://127.0.0.1:{port}/", timeout=0.1)
        assert asyncio.get_running_loop().time() - started < 2
        await outgoing.close()


async def test_a_server_that_drips_is_given_up_in_time() -> None:
    """B92: the bound is on the whole exchange, not on each read."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b".")
            await asyncio.sleep(0.02)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    outgoing = Outgoing([LOOPBACK])
    with pytest.raises(OutgoingError, match="within"):
        await outgoing.request("GET", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", timeout=0.2)
    await outgoing.close()
    server.close()


async def test_tls_verifies_the_name_and_not_the_address(tmp_path: Path) -> None:
    """The pinned connection still asks for the name's certificate."""
    certificate = make_certificate(tmp_path, ["mail.test"])
    async with http_server(tls=certificate.server) as (port, _):
        outgoing = Outgoing([LOOPBACK], resolver=answering(["127.0.0.1"]), tls=certificate.client)
        assert (await outgoing.request("GET", f"https://mail.test:{port}/")).status == 200
        with pytest.raises(OutgoingError):
            await outgoing.request("GET", f"https://other.test:{port}/")
        await outgoing.close()


async def test_an_unknown_certificate_is_refused(tmp_path: Path) -> None:
    async with http_server(tls=make_certificate(tmp_path).server) as (port, requests):
        outgoing = Outgoing([LOOPBACK], tls=ssl.create_default_context)
        with pytest.raises(OutgoingError):
            await outgoing.request("GET", f"https://127.0.0.1:{port}/")
        await outgoing.close()
        assert requests == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://8.8.8.8/", "//8.8.8.8/", "http://", "http://[::", "x"])
async def test_only_web_addresses_are_asked(url: str) -> None:
    """B92"""
    with pytest.raises(OutgoingError):
        await Outgoing().request("GET", url)


@pytest.mark.parametrize("header", ["a\r\nInjected: 1", "a\nb", "é\r\n"])
async def test_a_header_with_a_line_break_is_not_sent(header: str) -> None:
    async with http_server() as (port, requests):
        outgoing = Outgoing([LOOPBACK])
        with pytest.raises(OutgoingError):
            await outgoing.post_json(f"http://127.0.0.1:{port}/", {}, {"authorization": header})
        await outgoing.close()
        assert requests == []


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would resolve names where the guard does not see it."""
    async with http_server() as (proxy, used):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        outgoing = Outgoing()
        with pytest.raises(AddressRefused):
            await outgoing.request("GET", "http://10.0.0.1/")
        await outgoing.close()
        assert used == []
