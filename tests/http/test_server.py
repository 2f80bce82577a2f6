"""The server over real sockets: slow and oversized clients, bad HTTP, keep-alive, and a graceful end."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.http.world import NOTES, app_of, running
from vestibule.http import PUBLIC, Bounds, Request, Response, Route, serve, text
from vestibule.http.protocol import unread

pytestmark = pytest.mark.anyio

SHORT = Bounds(header_seconds=0.2, body_seconds=0.2, reading_seconds=0.2, keep_alive_seconds=0.2, linger_seconds=0.2)
GET = b"GET /api/ping HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /api/notes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


async def ping(request: Request) -> Response:
    return text("pong")


async def large(request: Request) -> Response:
    return text("x" * LARGE)


LARGE = 6_000_000
"""More than any socket holds by itself."""
PING = Route("GET", "/api/ping", ping, access=PUBLIC)
APP = app_of(PING, NOTES, Route("GET", "/api/large", large, access=PUBLIC))


async def talk(port: int, *pieces: bytes) -> bytes:
    """Send the pieces and return everything that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


async def once(port: int, request: bytes) -> bytes:
    return await talk(port, request + b"Connection: close\r\n\r\n")


HALVES = [
    b"",
    b"GET /api",
    GET,
    GET + b"X-Slow: a",
    POST + b"Content-Length: 9\r\n\r\n{",
    POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n",
]


@pytest.mark.parametrize("half", HALVES)
async def test_half_a_request_is_closed_in_time(half: bytes) -> None:
    """B88: half header or half body -> closed."""
    async with running(APP, SHORT) as port:
        answer = await talk(port, half)
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"\r\nconnection: close\r\n" in answer
        assert b"pong" in await once(port, GET)


async def test_dripping_bytes_do_not_buy_time() -> None:
    """B88: the clock runs for the whole header, not for each byte of it."""
    async with running(APP, SHORT) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        answer = asyncio.create_task(reader.read())
        while not answer.done():
            writer.write(b"X-Drip: y\r\n")
            await asyncio.wait([answer], timeout=0.02)
        assert (await answer).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_many_half_requests_do_not_stop_others() -> None:
    """B88: 1,000 such clients do not stop other users."""
    async with running(APP, Bounds(header_seconds=30, linger_seconds=0.1)) as port:
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(1000)]
        for _, writer in slow:
            writer.write(GET)
        assert b"pong" in await once(port, GET)
        for _, writer in slow:
            writer.close()


def test_the_bounds_are_those_that_are_promised() -> None:
    """B87, B88: what no test waits for: ten seconds, 16 KiB."""
    bounds = Bounds()
    assert max(bounds.header_seconds, bounds.body_seconds, bounds.reading_seconds) <= 10
    assert bounds.header_bytes == 16 * 1024


@contextlib.contextmanager
def connected(port: int, at_once: int = 4096) -> Iterator[socket.socket]:
    """A client that takes little at a time."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, at_once)
        client.connect(("127.0.0.1", port))
        client.setblocking(False)
        yield client


async def is_cut_off(client: socket.socket) -> bool:
    """Read what the sockets held; tells whether the end came as a reset, before all of a large answer."""
    loop, taken = asyncio.get_running_loop(), 0
    try:
        while piece := await asyncio.wait_for(loop.sock_recv(client, 65_536), 5):
            taken += len(piece)
    except ConnectionResetError:
        return True
    return taken < LARGE


@pytest.mark.parametrize("ending", [b"\r\n", b"Connection: close\r\n\r\n"])
async def test_an_answer_that_nobody_reads_is_given_up(ending: bytes) -> None:
    """B88: a client that asks and never reads holds neither its connection nor our memory."""
    async with running(APP, SHORT) as port:
        with connected(port) as client:
            client.send(GET.replace(b"/ping", b"/large") + ending)
            await asyncio.sleep(4 * SHORT.reading_seconds)
            assert await is_cut_off(client)
        assert b"pong" in await once(port, GET)


async def test_a_slow_reader_gets_everything() -> None:
    """The clock of reading measures progress, not the whole."""
    loop, taken = asyncio.get_running_loop(), 0
    async with running(APP, Bounds(reading_seconds=0.1)) as port:
        with connected(port, 32_768) as client:
            client.send(GET.replace(b"/ping", b"/large") + b"Connection: close\r\n\r\n")
            while piece := await loop.sock_recv(client, 1_000_000):
                taken += len(piece)
                await asyncio.sleep(0.01)
    assert taken > LARGE


async def test_a_flood_of_requests_on_one_connection_is_cut_short() -> None:
    """B88: what is asked all at once is answered up to a bound, in order, and the last answer says that it is."""
    async with running(APP, SHORT) as port:
        try:
            answer = await talk(port, (GET + b"\r\n") * 5_000)
        except ConnectionResetError:
            answer = None  # still sending when the server closed
        if answer is not None:
            assert answer.count(b"pong") == SHORT.pipelined + 1
            assert answer.count(b"connection: close") == 1
        assert b"pong" in await once(port, GET)


async def test_half_a_request_behind_others_ends_them_quietly(caplog: pytest.LogCaptureFixture) -> None:
    """B88: the requests before it are dropped, and nothing is written after the end."""
    waiting = asyncio.Event()

    async def slow(request: Request) -> Response:
        await waiting.wait()
        return text("late")

    app = app_of(Route("GET", "/api/slow", slow, access=PUBLIC), PING)
    async with running(app, SHORT) as port:
        answer = await talk(port, GET.replace(b"/ping", b"/slow") + b"\r\n" + GET + b"\r\nGET /half")
        waiting.set()
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"pong" not in answer
        assert b"pong" in await once(port, GET)
    assert caplog.records == []


@pytest.mark.parametrize(
    "pieces",
    [
        [GET + b"X-Big: " + b"x" * 17_000 + b"\r\n\r\n"],
        [GET + b"".join(b"X-%d: 1234567890\r\n" % number for number in range(1200)) + b"\r\n"],
        [b"GET /api/ping?" + b"q" * 17_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"],
        [GET, *[b"X-Part: " + b"x" * 8_000 + b"\r\n"] * 200],
        [GET + b"X-Big: ", *[b"x" * 50_000] * 20],
    ],
)
async def test_a_header_over_16_kib_is_431(pieces: list[bytes]) -> None:
    """B87: header total over 16 KiB -> 431, complete or not, and the connection closes."""
    async with running(APP, Bounds(linger_seconds=0.2)) as port:
        try:
            answer = await talk(port, *pieces)
        except ConnectionError:
            answer = None  # still sending when the server closed
        if answer is not None:
            assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert b"pong" in await once(port, GET)


async def test_a_header_just_below_the_limit_passes() -> None:
    async with running(APP) as port:
        assert b"pong" in await once(port, GET + b"X-Big: " + b"x" * 16_000 + b"\r\n")


async def test_a_long_body_does_not_count_as_header_of_the_next_request() -> None:
    body = b'{"email":"' + b"x" * 60_000 + b'@a.b"}'
    first = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    async with running(APP) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first + GET[:20])
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        writer.write(GET[20:] + b"Connection: close\r\n\r\n")
        assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"pong")
        writer.close()


async def test_a_body_that_is_announced_too_large_is_refused_before_it_comes() -> None:
    """B87: nothing is read past the announcement."""
    async with running(APP) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"Content-Length: 2000000\r\n\r\n")
        assert await asyncio.wait_for(reader.readline(), 5) == b"HTTP/1.1 413 Request Entity Too Large\r\n"
        writer.close()


async def test_a_body_over_the_limit_gets_its_answer_though_the_client_keeps_sending() -> None:
    """B87: body over 1 MiB -> 413 that the client can read."""
    size = 3 * 1024 * 1024
    async with running(APP, SHORT) as port:
        answer = await talk(port, POST + b"Connection: close\r\nContent-Length: 10\r\n\r\n" + b" " * 10)
        assert b" 400 " in answer.partition(b"\r\n")[0]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"Content-Length: %d\r\n\r\n" % size + b" " * size)
        assert (await reader.readline()) == b"HTTP/1.1 413 Request Entity Too Large\r\n"
        writer.close()


async def test_what_is_not_http_is_400_and_an_idle_connection_is_closed() -> None:
    async with running(APP, SHORT) as port:
        answer = await talk(port, b"\x16\x03\x01 nonsense\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b"x-content-type-options: nosniff" in answer
        assert (await talk(port, GET + b"\r\n")).endswith(b"pong")
        smuggled = POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        assert (await talk(port, smuggled)).startswith(b"HTTP/1.1 400")


async def test_a_connection_that_is_closed_already_has_nothing_unread() -> None:
    class Closed(asyncio.Transport):
        def get_write_buffer_size(self) -> int:
            return 0

    gone = socket.socket()
    gone.close()
    assert unread(Closed({"socket": gone})) == 0


async def test_pipelined_and_kept_alive_requests_are_answered_in_order() -> None:
    async with running(APP, SHORT) as port:
        answer = await talk(port, (GET + b"\r\n") * 3 + GET + b"Connection: close\r\n\r\n")
    assert answer.count(b"pong") == 4


async def test_an_upgrade_is_ignored() -> None:
    async with running(APP, SHORT) as port:
        answer = await talk(port, GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")


async def test_answers_do_not_name_the_software() -> None:
    async with running(APP) as port:
        answer = await once(port, GET)
    assert b"server:" not in answer.lower()


async def test_forwarding_headers_do_not_change_the_peer() -> None:
    """A23: uvicorn's own trust in a local proxy is off."""

    async def address(request: Request) -> Response:
        return text(request.ip)

    async with running(app_of(Route("GET", "/api/ip", address, access=PUBLIC))) as port:
        answer = await once(port, b"GET /api/ip HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6\r\n")
    assert answer.endswith(b"127.0.0.1")


async def test_a_taken_port_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        await serve(APP, "127.0.0.1", taken.getsockname()[1])


PROGRAM = """
import asyncio, sys
from tests.http.world import app_of
from vestibule.http import PUBLIC, Route, run, serve, text

async def slow(request):
    print("working", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    return text("finished")

def ready(port):
    print(port, flush=True)

run(serve(app_of(Route("GET", "/api/slow", slow, access=PUBLIC)), "127.0.0.1", 0, ready=ready))
print("bye", flush=True)
"""


@pytest.mark.parametrize(
    "numbers",
    # At Ctrl-C the terminal signals the whole group and the parent its children, in either order.
    [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM, signal.SIGINT], [signal.SIGINT, signal.SIGINT]],
)
def test_signals_let_running_requests_finish(numbers: list[signal.Signals]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdin is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"GET /api/slow HTTP/1.1\r\nHost: x\r\n\r\n")
            assert process.stdout.readline() == "working\n"
            client.settimeout(0.3)
            for number in numbers:
                process.send_signal(number)
                with pytest.raises(TimeoutError):
                    client.recv(1)
            client.settimeout(5)
            process.stdin.write("\n")
            process.stdin.flush()
            assert b"".join(iter(lambda: client.recv(65536), b"")).endswith(b"finished")
        assert process.stdout.read() == "bye\n"
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
