"""The client's own token and its time-outs: one request in flight, renewed in time, asked again once after a 401."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.client.conftest import Both, Server
from vestibule.client import (
    AsyncManagementClient,
    Refused,
    ServerFailed,
    TokenRefused,
    Unreachable,
    identities,
    token,
    users,
)

pytestmark = pytest.mark.anyio


async def test_the_token_request_is_that_of_client_credentials(both: Both) -> None:
    async with both.open() as caller:
        await caller.send(users.get("u1"))
    assert both.server.grants == [
        {
            "grant_type": "client_credentials",
            "client_id": "id",
            "client_secret": "right",
            "resource": "https://default.logto.app/api",
            "scope": "all",
        }
    ]


async def test_many_calls_at_once_ask_for_one_token(both: Both) -> None:
    async with both.open() as caller:
        await asyncio.gather(*(caller.send(users.get("u1")) for _ in range(20)))
        await caller.send(users.get("u1"))
    assert both.server.asked.count("POST /oidc/token") == 1


async def test_a_token_is_renewed_a_minute_before_it_ends(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(token, "time", type("Frozen", (), {"monotonic": staticmethod(lambda: now[0])}))
    async with both.open() as caller:
        for moment, expected in ((1000.0, 1), (4539.0, 1), (4540.0, 2), (4541.0, 2)):
            now[0] = moment
            await caller.send(users.get("u1"))
            assert len(both.server.grants) == expected, moment


@pytest.mark.parametrize("lifetime", [1, 30, 60])
async def test_a_token_that_lives_less_than_a_minute_is_used_more_than_once(both: Both, lifetime: int) -> None:
    both.server.lifetime = lifetime * 100 if lifetime == 1 else lifetime
    async with both.open() as caller:
        for _ in range(3):
            await caller.send(users.get("u1"))
    assert len(both.server.grants) == 1


async def test_a_401_is_retried_once_with_a_new_token(both: Both) -> None:
    async with both.open() as caller:
        await caller.send(users.get("u1"))
        both.server.tokens.clear()
        await caller.send(users.get("u1"))
        assert len(both.server.grants) == 2
        both.server.answers["/api/users/u1"] = lambda request: JSONResponse({"code": "auth.unauthorized"}, 401)
        before = len(both.server.asked)
        with pytest.raises(Refused) as caught:
            await caller.send(users.get("u1"))
    assert caught.value.status == 401
    assert both.server.asked[before:] == ["GET /api/users/u1", "POST /oidc/token", "GET /api/users/u1"]


async def test_what_a_provider_refuses_is_not_sent_twice(both: Both) -> None:
    """A callback is 401, too, when the provider does not take its code; a second try could only spoil more."""
    path, code = "/api/users/u1/identities", "connector.social_auth_code_invalid"
    both.server.answers[path] = lambda request: JSONResponse({"code": code, "message": "no"}, 401)
    async with both.open() as caller:
        with pytest.raises(Refused) as caught:
            await caller.send(identities.link("u1", "c1", {"code": "x"}))
    assert (caught.value.status, caught.value.code) == (401, code)
    assert both.server.asked.count(f"POST {path}") == 1


async def test_many_401s_at_once_ask_for_one_new_token(both: Both) -> None:
    async with both.open() as caller:
        await caller.send(users.get("u1"))
        both.server.tokens.clear()
        await asyncio.gather(*(caller.send(users.get("u1")) for _ in range(10)))
    assert len(both.server.grants) == 2


async def test_a_wrong_secret_is_told_in_the_servers_words_and_without_the_secret(both: Both) -> None:
    """B93."""
    both.secret = "a wrong and secret secret"
    async with both.open() as caller:
        with pytest.raises(TokenRefused, match="invalid_client") as caught:
            await caller.send(users.get("u1"))
    assert both.secret not in str(caught.value)
    assert "wrong secret" in str(caught.value)


async def test_a_token_endpoint_that_fails_or_talks_nonsense_is_told_apart(both: Both) -> None:
    both.server.answers["/oidc/token"] = lambda request: Response("down", 503)
    async with both.open() as caller:
        with pytest.raises(ServerFailed):
            await caller.send(users.get("u1"))
        for nonsense in (b"<p>", b"{}", b'{"access_token": 1, "expires_in": 5}'):
            both.server.answers["/oidc/token"] = lambda request, body=nonsense: Response(body)  # type: ignore[misc]
            with pytest.raises(Unreachable):
                await caller.send(users.get("u1"))
        del both.server.answers["/oidc/token"]
        assert (await caller.send(users.get("u1"))).id


async def test_those_who_waited_for_a_token_share_its_failure(both: Both) -> None:
    """Twenty callers in front of a server that is away wait once, not twenty times one after the other."""
    asked, came, go = 0, asyncio.Event(), asyncio.Event()

    async def failing(request: Request) -> Response:
        nonlocal asked
        asked += 1
        came.set()
        await go.wait()
        return Response("down", 503)

    both.server.answers["/oidc/token"] = failing
    async with both.open() as caller:
        calls = [asyncio.create_task(caller.send(users.get("u1"))) for _ in range(4)]
        await came.wait()
        await asyncio.to_thread(time.sleep, 0.1)  # every thread is at the lock by now
        go.set()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ServerFailed] * 4
        assert asked == 1
        with pytest.raises(ServerFailed):
            await caller.send(users.get("u1"))
        assert asked == 2


async def test_a_caller_that_gives_up_does_not_take_the_others_token_along(server: Server) -> None:
    came, go = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Response | None:
        came.set()
        await go.wait()
        return None

    server.answers["/oidc/token"] = slow  # type: ignore[assignment]
    async with AsyncManagementClient(server.url, "id", "right") as client:
        first = asyncio.create_task(client.send(users.get("u1")))
        second = asyncio.create_task(client.send(users.get("u1")))
        await came.wait()
        first.cancel()
        go.set()
        assert (await second).id == "text"
        with pytest.raises(asyncio.CancelledError):
            await first


@contextlib.asynccontextmanager
async def speaking(first: bytes, then: bytes) -> AsyncIterator[str]:
    """Accept connections, say something, and then either nothing more or a little at a time, without end."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(then)
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    listening.close()


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"])
@pytest.mark.parametrize("then", [b"", b" "])
async def test_a_server_that_never_ends_its_answer_is_given_up_in_time(both: Both, first: bytes, then: bytes) -> None:
    """A time-out that starts anew with each byte is none."""
    async with speaking(first, then if first else b"") as url:
        both.server.url, both.timeout = url, 0.3
        started = time.monotonic()
        async with both.open() as caller:
            with pytest.raises(Unreachable):
                await caller.send(users.get("u1"))
        assert time.monotonic() - started < 5


async def test_a_server_that_is_not_there_is_unreachable(both: Both) -> None:
    async with speaking(b"", b"") as url:
        gone = url
    both.server.url = gone
    async with both.open() as caller:
        with pytest.raises(Unreachable):
            await caller.send(users.get("u1"))
