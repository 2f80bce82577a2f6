"""Messages to people, and the development outbox that takes them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.world import CODE, PAYLOAD, Mailbox, client_of, opened, smtp_config, smtp_server
from vestibule.connectors import outbox as writer
from vestibule.domain import messages, outbox
from vestibule.domain.context import Context
from vestibule.errors import ConnectorGeneral, ConnectorInvalidConfig, ConnectorNotFound

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ctx(database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    async with opened(database_url, tmp_path) as context:
        yield context


async def kinds(ctx: Context) -> list[str]:
    async with client_of(ctx) as client:
        return sorted(item["connectorId"] for item in (await client.get("/api/connectors")).json())


async def delete_all(ctx: Context) -> None:
    async with client_of(ctx) as client:
        for item in (await client.get("/api/connectors")).json():
            await client.delete(f"/api/connectors/{item['id']}")


def modes(folder: Path) -> tuple[int, list[int]]:
    """The permissions of a folder and of all that is in it."""
    return folder.stat().st_mode & 0o777, [path.stat().st_mode & 0o777 for path in folder.rglob("*")]


def block(folder: Path) -> None:
    folder.write_text("a file stands in the way")


async def test_without_a_connector_nothing_is_sent(ctx: Context) -> None:
    for kind, to in (("email", "ana@example.com"), ("phone", "61412345678")):
        with pytest.raises(ConnectorNotFound) as refusal:
            await messages.send(ctx, kind, to, "SignIn", PAYLOAD)  # type: ignore[arg-type]
        assert (refusal.value.status, refusal.value.data) == (501, None)


async def test_a_message_goes_through_the_connector_of_its_kind(ctx: Context) -> None:
    await outbox.seed_outbox(ctx)
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port, client_of(ctx) as client:
        body = {"connectorId": "simple-mail-transfer-protocol", "config": smtp_config(port)}
        assert (await client.post("/api/connectors", json=body)).status_code == 200
        await messages.send(ctx, "email", "ana@example.com", "Register", PAYLOAD, ip="203.0.113.7")
        await messages.send(ctx, "phone", "+61412345678", "Register", PAYLOAD)
    assert mailbox.mails[0]["Subject"] == f"Register {CODE}"
    found = outbox.list_messages(ctx.settings.outbox)
    assert [(item.kind, item.to, item.code) for item in found] == [("Sms", "61412345678", CODE)]


async def test_a_connector_without_configuration_says_so(ctx: Context) -> None:
    async with client_of(ctx) as client:
        await client.post("/api/connectors", json={"connectorId": "http-email"})
    with pytest.raises(ConnectorInvalidConfig):
        await messages.send(ctx, "email", "ana@example.com", "SignIn", PAYLOAD)


async def test_the_outbox_is_set_up_once_and_stays_deleted(ctx: Context) -> None:
    await outbox.seed_outbox(ctx)
    assert await kinds(ctx) == ["vestibule-outbox-email", "vestibule-outbox-sms"]
    await delete_all(ctx)
    await outbox.seed_outbox(ctx)
    assert await kinds(ctx) == []


async def test_the_outbox_takes_no_connectors_place(ctx: Context) -> None:
    async with client_of(ctx) as client:
        await client.post("/api/connectors", json={"connectorId": "http-email"})
    await outbox.seed_outbox(ctx)
    assert await kinds(ctx) == ["http-email", "vestibule-outbox-sms"]


async def test_a_public_server_has_no_outbox(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, public_url="https://id.example.com") as ctx:
        await outbox.seed_outbox(ctx)
        assert await kinds(ctx) == []


async def test_messages_are_files_of_the_owner_alone(ctx: Context) -> None:
    await outbox.seed_outbox(ctx)
    await messages.send(ctx, "email", "../../ana@example.com", "SignIn", PAYLOAD)
    assert modes(Path(ctx.settings.outbox)) == (0o700, [0o600])


async def test_the_newest_message_of_a_recipient_is_found(ctx: Context) -> None:
    await outbox.seed_outbox(ctx)
    for code in ("000001", "000002"):
        await messages.send(ctx, "email", "Ana@Example.com", "SignIn", {"code": code})
        await messages.send(ctx, "phone", "61412345678", "SignIn", {"code": f"9{code[1:]}"})
        ctx.clock.advance(seconds=1)  # type: ignore[attr-defined]
    folder = ctx.settings.outbox
    assert (mail := outbox.last(folder, "ana@example.com")) is not None
    assert (mail.code, mail.type) == ("000002", "SignIn")
    assert (sms := outbox.last(folder, "+61 412 345 678")) is not None
    assert sms.code == "900002"
    assert outbox.last(folder, "bob@example.com") is None
    assert [item.at for item in outbox.list_messages(folder)] == sorted(
        (item.at for item in outbox.list_messages(folder)), reverse=True
    )


async def test_messages_are_in_the_language_asked_for(ctx: Context) -> None:
    await outbox.seed_outbox(ctx)
    for locale, words in (
        ("fr-CA", "Votre code"),
        ("de-AT", "Ihr Code"),
        ("es-MX", "Su código"),
        ("zh-Hans-CN", "您的登录验证码"),
        ("en", "Your code"),
        ("tlh", "Your code"),
    ):
        await messages.send(ctx, "email", "ana@example.com", "SignIn", {**PAYLOAD, "locale": locale})
        ctx.clock.advance(seconds=1)  # type: ignore[attr-defined]
        newest = outbox.list_messages(ctx.settings.outbox)[0]
        assert words in (newest.subject or "")
        assert CODE in newest.text


def test_a_missing_folder_and_a_broken_file_hold_no_message(tmp_path: Path) -> None:
    assert outbox.list_messages(tmp_path / "none") == []
    (tmp_path / "broken.json").write_text("{")
    assert outbox.list_messages(tmp_path) == []


async def test_an_unwritable_folder_is_a_refusal(ctx: Context) -> None:
    await outbox.seed_outbox(ctx)
    block(Path(ctx.settings.outbox))
    with pytest.raises(ConnectorGeneral):
        await messages.send(ctx, "email", "ana@example.com", "SignIn", PAYLOAD)


def test_old_messages_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "KEPT_MESSAGES", 3)
    for at in range(5):
        writer.write(tmp_path, writer.OutboxMessage(at, "Sms", "1", "SignIn", None, "text", None))
    assert [item.at for item in outbox.list_messages(tmp_path)] == [4, 3, 2]
