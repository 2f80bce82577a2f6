"""Messages handed to a service of the operator's, on real loopback servers."""

import json

import pytest

from tests.connectors.world import CODE, LOOPBACK, http_server, message
from vestibule.connectors.factory import Message, SenderFactory
from vestibule.connectors.http_message import HTTP_EMAIL, HTTP_SMS, HttpConfig
from vestibule.connectors.outgoing import Outgoing
from vestibule.errors import ConnectorGeneral, ConnectorInvalidConfig

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("factory", "to"), [(HTTP_EMAIL, "ana@example.com"), (HTTP_SMS, "61412345678")])
async def test_the_message_is_posted_as_it_is(factory: SenderFactory[HttpConfig], to: str) -> None:
    async with http_server(b"HTTP/1.1 204 No Content\r\n\r\n") as (port, requests):
        outgoing = Outgoing([LOOPBACK])
        config: dict[str, object] = {"endpoint": f"http://127.0.0.1:{port}/in?x=1", "authorization": "Bearer key"}
        await factory.send(outgoing, config, Message(to, "SignIn", {"code": CODE, "locale": "fr"}, 0, "203.0.113.7"))
        await factory.send(outgoing, {"endpoint": f"http://127.0.0.1:{port}/"}, message(to))
        await outgoing.close()
    head, body = requests[0].split(b"\r\n\r\n")
    assert head.startswith(b"POST /in?x=1 ")
    assert b"\r\nauthorization: Bearer key\r\n" in head + b"\r\n"
    sent = {"to": to, "type": "SignIn", "payload": {"code": CODE, "locale": "fr"}, "ip": "203.0.113.7"}
    assert json.loads(body) == sent
    head, body = requests[1].split(b"\r\n\r\n")
    assert b"authorization" not in head.lower()
    assert "ip" not in json.loads(body)


@pytest.mark.parametrize("status", ["301 Moved", "400 Bad Request", "500 Oops"])
async def test_any_other_answer_is_a_refusal_that_repeats_nothing(status: str) -> None:
    """B93: the service's answer may hold the message, so it is not passed on."""
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 6\r\n\r\n{CODE}".encode()
    async with http_server(answer) as (port, _):
        outgoing = Outgoing([LOOPBACK])
        with pytest.raises(ConnectorGeneral) as refusal:
            await HTTP_EMAIL.send(outgoing, {"endpoint": f"http://127.0.0.1:{port}/"}, message())
        await outgoing.close()
    assert isinstance(refusal.value.data, dict)
    assert refusal.value.data["statusCode"] == int(status[:3])
    assert CODE not in f"{refusal.value.text}{refusal.value.data}"


async def test_a_private_endpoint_needs_permission() -> None:
    """B92, A29: a connector's address is no way into the network."""
    async with http_server() as (port, requests):
        with pytest.raises(ConnectorGeneral, match="VESTIBULE_ALLOW_PRIVATE"):
            await HTTP_SMS.send(Outgoing(), {"endpoint": f"http://127.0.0.1:{port}/"}, message("61412345678"))
        assert requests == []


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"endpoint": 5},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": "example.com"},
        {"endpoint": "https://"},
        {"endpoint": "https://example.com", "authorization": "a\r\nb"},
        {"endpoint": "https://example.com", "authorization": "é"},
    ],
)
def test_a_faulty_configuration_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ConnectorInvalidConfig):
        HTTP_EMAIL.read(config)
