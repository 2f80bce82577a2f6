"""Answers over real sockets, written at once: each status and method, with and without headers, whole and in pieces."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import nullcontext

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.http.world import running
from vestibule.http.lifespan import run_lifespan
from vestibule.http.writing import lines

pytestmark = pytest.mark.anyio

Headers = Sequence[tuple[bytes, bytes]]
DATE = re.compile(rb"date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


class Says:
    """A bare application that sends the same messages each time; an exception among them is raised."""

    def __init__(self, *messages: Message | Exception) -> None:
        self.messages = messages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await run_lifespan(scope, receive, send, nullcontext)
            return
        for message in self.messages:
            if isinstance(message, Exception):
                raise message
            await send(message)


def start(status: int = 200, headers: Headers = ()) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content: bytes = b"", *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


def sized(content: bytes) -> tuple[Message, Message]:
    return start(200, [(b"content-length", b"%d" % len(content))]), body(content)


async def answers(app: Says, *methods: str) -> bytes:
    """Ask once with each method on one connection, and once more to have it closed; returns all that came."""
    async with running(app) as port:  # type: ignore[arg-type]  # an application like any other
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for method in methods:
            writer.write(f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return got


def split(answer: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Return the status line, the header lines, and what follows them."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    return first, headers, rest


async def test_an_answer_has_its_own_headers_the_date_and_its_body() -> None:
    got = await answers(Says(start(201, [(b"etag", b'"1"'), (b"content-length", b"5")]), body(b"hello")))
    status, headers, content = split(got)
    assert (status, content) == (b"HTTP/1.1 201 Created", b"hello")
    assert DATE.fullmatch(headers[0])
    assert headers[1:] == [b'etag: "1"', b"content-length: 5", b"connection: close"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("headers", [[], [(b"etag", b'"1"')]])
async def test_an_answer_without_a_body_lets_the_next_request_in(method: str, status: int, headers: Headers) -> None:
    got = await answers(Says(start(status, headers), body()), method)
    first, _, rest = got.partition(b"\r\n\r\n")
    second, last, content = split(rest)
    assert first.startswith(b"HTTP/1.1 %d " % status)
    assert second.startswith(b"HTTP/1.1 %d " % status)
    assert (last[-1], content) == (b"connection: close", b"")
    for name in (b"content-length", b"transfer-encoding"):
        assert name not in got


async def test_a_head_request_is_told_the_length_and_gets_no_body() -> None:
    got = await answers(Says(*sized(b"hello")), "HEAD", "GET")
    head, _, rest = got.partition(b"\r\n\r\n")
    assert b"content-length: 5" in head
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.count(b"hello") == 2


async def test_an_answer_in_pieces_comes_whole() -> None:
    pieces = Says(start(200, [(b"content-length", b"6")]), body(b"one", more=True), body(b"two"))
    assert split(await answers(pieces))[2] == b"onetwo"
    unsized = Says(start(), body(b"one", more=True), body(b"two"))
    assert split(await answers(unsized))[2] == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    assert split(await answers(Says(start(), body(b"one"))))[2] == b"3\r\none\r\n0\r\n\r\n"


async def test_an_application_may_close_the_connection_itself() -> None:
    got = await answers(Says(start(204, [(b"connection", b"close")]), body()), "GET")
    assert got.count(b"HTTP/1.1 204") == 1
    assert got.count(b"connection: close") == 1


@pytest.mark.parametrize("promised", [b"4", b"6"])
async def test_a_body_of_another_length_than_promised_ends_the_connection(promised: bytes) -> None:
    got = await answers(Says(start(200, [(b"content-length", promised)]), body(b"hello")), "GET")
    assert got.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "header",
    [
        (b"location", b"a\r\nset-cookie: b=c"),
        (b"location", b"a\nb"),
        (b"x", b"a\0b"),
        (b"x\r\ny", b"a"),
        (b"x: y", b"a"),
    ],
)
async def test_a_header_that_would_become_two_is_500_without_it(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(RuntimeError, match="Invalid HTTP header"):
        lines([header])
    status, headers, _ = split(await answers(Says(start(204, [header]), body())))
    assert status == b"HTTP/1.1 500 Internal Server Error"
    assert not any(line.startswith((b"location", b"set-cookie", b"x")) for line in headers)


async def test_a_fault_after_the_start_is_500() -> None:
    status, _, content = split(await answers(Says(start(), RuntimeError("no body"))))
    assert (status, content) == (b"HTTP/1.1 500 Internal Server Error", b"Internal Server Error")


def test_headers_become_lines() -> None:
    assert lines([]) == b""
    assert lines([(b"etag", b'"1"'), (b"x-tab", b"a\tb")]) == b'etag: "1"\r\nx-tab: a\tb\r\n'
