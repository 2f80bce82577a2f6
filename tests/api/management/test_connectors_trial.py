"""POST /api/connectors/{factoryId}/test: a message with a configuration that is not stored."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.world import Json, Mailbox, client_of, http_server, opened, smtp_config, smtp_server
from vestibule.domain.context import Context

pytestmark = pytest.mark.anyio

SMTP = "simple-mail-transfer-protocol"


@pytest.fixture
async def ctx(database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    async with opened(database_url, tmp_path) as context:
        yield context


async def try_out(ctx: Context, factory: str, body: Json) -> tuple[int, Json]:
    async with client_of(ctx) as client:
        answer = await client.post(f"/api/connectors/{factory}/test", json=body)
    return answer.status_code, answer.json() if answer.content else None


async def test_a_test_mail_is_sent(ctx: Context) -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        assert await try_out(ctx, SMTP, {"email": "ana@example.com", "config": smtp_config(port)}) == (204, None)
    assert mailbox.mails[0]["Subject"] == "Generic 000000"


async def test_a_test_message_by_sms_wins_over_email(ctx: Context) -> None:
    async with http_server() as (port, requests):
        body = {"phone": "61412345678", "email": "a@b.example", "config": {"endpoint": f"http://127.0.0.1:{port}/"}}
        assert await try_out(ctx, "http-sms", {**body, "locale": "fr"}) == (204, None)
    sent = json.loads(requests[0].split(b"\r\n\r\n")[1])
    assert sent["to"] == "61412345678"
    assert sent["type"] == "Generic"
    assert sent["payload"] == {"code": "000000", "locale": "fr"}
    assert sent["ip"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("factory", "body", "status", "code"),
    [
        ("nope", {"email": "a@b.example", "config": {}}, 400, "connector.not_found"),
        ("http-sms", {"email": "a@b.example", "config": {}}, 400, "connector.unexpected_type"),
        ("http-email", {"phone": "123", "config": {}}, 400, "connector.unexpected_type"),
        ("http-email", {"email": "a@b.example", "config": {}}, 400, "connector.invalid_config"),
        ("http-email", {"email": "a@b.example"}, 400, "guard.invalid_input"),
        ("http-email", {"email": "nobody", "config": {}}, 400, "guard.invalid_input"),
        ("http-email", {"phone": "+61 412", "config": {}}, 400, "guard.invalid_input"),
        ("http-email", {"config": {}}, 400, "guard.invalid_input"),
        (SMTP, {"email": "a,b@c.example", "config": smtp_config()}, 400, "connector.invalid_request_parameters"),
    ],
)
async def test_what_cannot_be_tested(ctx: Context, factory: str, body: Json, status: int, code: str) -> None:
    answered, error = await try_out(ctx, factory, body)
    assert (answered, error["code"]) == (status, code)
    assert error["message"]


async def test_a_private_address_is_refused_in_words(database_url: str, tmp_path: Path) -> None:
    """B92, A29: even an operator's request may not look into the network."""
    async with opened(database_url, tmp_path, allow_private=False) as ctx, http_server() as (port, requests):
        for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
            config = {"endpoint": f"http://{host}:{port}/"}
            status, error = await try_out(ctx, "http-email", {"email": "a@b.example", "config": config})
            assert (status, error["code"]) == (400, "connector.general")
            assert "VESTIBULE_ALLOW_PRIVATE" in error["message"]
        assert requests == []


async def test_a_failing_service_is_a_refusal_without_the_message(ctx: Context) -> None:
    """B93"""
    async with http_server(b"HTTP/1.1 502 Bad\r\nContent-Length: 11\r\n\r\ncode 000000") as (port, _):
        config = {"endpoint": f"http://127.0.0.1:{port}/", "authorization": "canary-key"}
        status, error = await try_out(ctx, "http-email", {"email": "ana@example.com", "config": config})
    assert (status, error["code"], error["data"]["statusCode"]) == (400, "connector.general", 502)
    for secret in ("000000", "canary-key", "ana@example.com"):
        assert secret not in json.dumps(error)
