"""The SMTP connector against real servers."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.connectors.world import (
    CODE,
    LOOPBACK,
    Mailbox,
    http_server,
    make_certificate,
    message,
    silent_server,
    smtp_config,
    smtp_server,
    template,
)
from vestibule.connectors.outgoing import Outgoing
from vestibule.connectors.smtp import SMTP_EMAIL
from vestibule.connectors.wording import Wording
from vestibule.errors import (
    AppError,
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidParameters,
    ConnectorTemplateNotFound,
)

pytestmark = pytest.mark.anyio


async def deliver(config: dict[str, object], to: str = "ana@example.com", kind: str = "SignIn", **more: object) -> None:
    outgoing = Outgoing([LOOPBACK])
    try:
        await SMTP_EMAIL.send(outgoing, config, message(to, kind, **more))
    finally:
        await outgoing.close()


def with_template(port: int, **changes: object) -> dict[str, object]:
    config = smtp_config(port)
    usages = ("Register", "SignIn", "ForgotPassword", "Generic")
    return {**config, "templates": [template(usage, **changes) for usage in usages]}


async def test_a_plain_message_arrives() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        await deliver(smtp_config(port))
    mail = mailbox.mails[0]
    assert mailbox.recipients == ["ana@example.com"]
    assert mail["From"] == "Vestibule <id@example.org>"
    assert mail["To"] == "ana@example.com"
    assert mail["Subject"] == f"SignIn {CODE}"
    assert mail["Date"] == "Sun, 15 Jun 2025 15:06:40 -0000"
    assert mail["Message-ID"].endswith("@example.org>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip() == f"Code: {CODE}"
    assert mailbox.encrypted == [False]


async def test_an_unknown_usage_takes_the_generic_template() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        await deliver(smtp_config(port), kind="MfaVerification")
    assert mailbox.mails[0]["Subject"] == f"Generic {CODE}"


async def test_an_html_message_escapes_what_was_filled_in() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        config = with_template(port, contentType="text/html", content="<p>{{user.name}} {{ nobody.there }}</p>")
        await deliver(config, user={"name": '<img src=x onerror="alert(1)">'})
    assert mailbox.mails[0].get_content_type() == "text/html"
    text = mailbox.mails[0].get_content().strip()
    assert text == "<p>&lt;img src=x onerror=&quot;alert(1)&quot;&gt; {{ nobody.there }}</p>"


async def test_unicode_survives_in_subject_name_and_text() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        config = with_template(port, subject="Votre code — {{code}} ✓", content="Café\n" + "é" * 2000)
        await deliver({**config, "fromEmail": "Café, Été <id@example.org>"})
    mail = mailbox.mails[0]
    assert mail["Subject"] == f"Votre code — {CODE} ✓"
    assert mail["From"].addresses[0].display_name == "Café, Été"
    assert len(mail["From"].addresses) == 1
    assert "é" * 2000 in mail.get_content()


async def test_starttls_is_used_when_the_server_offers_it(tmp_path: Path) -> None:
    certificate, mailbox = make_certificate(tmp_path), Mailbox()
    async with smtp_server(mailbox, tls=certificate.server) as port:
        await deliver(smtp_config(port, tls={"ca": certificate.pem}))
        await deliver(smtp_config(port, requireTLS=True, servername="mail.test", tls={"ca": [certificate.pem]}))
        await deliver(smtp_config(port, ignoreTLS=True))
    assert mailbox.encrypted == [True, True, False]


async def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    certificate, mailbox = make_certificate(tmp_path), Mailbox()
    async with smtp_server(mailbox, tls=certificate.server, implicit=True) as port:
        await deliver(smtp_config(port, secure=True, tls={"ca": certificate.pem, "minVersion": "TLSv1.3"}))
    assert mailbox.encrypted == [True]


async def test_an_unknown_certificate_is_refused_unless_told_otherwise(tmp_path: Path) -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox, tls=make_certificate(tmp_path).server) as port:
        with pytest.raises(ConnectorGeneral):
            await deliver(smtp_config(port))
        assert mailbox.mails == []
        await deliver(smtp_config(port, tls={"rejectUnauthorized": False}))
    assert mailbox.encrypted == [True]


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    certificate, mailbox = make_certificate(tmp_path), Mailbox()
    async with smtp_server(mailbox, tls=certificate.server) as port:
        with pytest.raises(ConnectorGeneral):
            await deliver(smtp_config(port, servername="other.test", tls={"ca": certificate.pem}))
    assert mailbox.mails == []


async def test_required_tls_is_not_given_up_when_the_server_has_none() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        with pytest.raises(ConnectorGeneral):
            await deliver(smtp_config(port, requireTLS=True))
    assert mailbox.mails == []


async def test_it_signs_in_with_user_and_password() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox, auth=True) as port:
        await deliver(smtp_config(port, auth={"user": "id", "pass": "right", "type": "login"}))
        with pytest.raises(ConnectorGeneral, match="535") as refusal:
            await deliver(smtp_config(port, auth={"user": "id", "pass": "wrong-pass"}))
    assert mailbox.logins[0] == ("id", "right")
    assert len(mailbox.mails) == 1
    assert "wrong-pass" not in str(refusal.value.data)


async def test_a_token_is_renewed_before_signing_in() -> None:
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{"access_token": "abcde"}'
    async with http_server(answer) as (token_port, requests), smtp_server(Mailbox(), auth=True) as port:
        url = f"http://127.0.0.1:{token_port}/token"
        auth = {"type": "OAuth2", "user": "id", "refreshToken": "r-1", "clientId": "c", "accessUrl": url}
        with pytest.raises(ConnectorGeneral):  # this server speaks no XOAUTH2
            await deliver(smtp_config(port, auth=auth))
    assert b"grant_type=refresh_token&refresh_token=r-1&client_id=c" in requests[0]


async def test_a_silent_server_is_given_up_in_the_configured_time() -> None:
    async with silent_server() as port:
        started = asyncio.get_running_loop().time()
        with pytest.raises(ConnectorGeneral):
            await deliver(smtp_config(port, greetingTimeout=100))
        assert asyncio.get_running_loop().time() - started < 3


async def test_a_server_that_falls_silent_after_its_greeting_is_given_up() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        await reader.readline()
        writer.write(b"250 mail.test\r\n")

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    started = asyncio.get_running_loop().time()
    with pytest.raises(ConnectorGeneral):
        await deliver(smtp_config(server.sockets[0].getsockname()[1], socketTimeout=100))
    assert asyncio.get_running_loop().time() - started < 3
    server.close()


async def test_nobody_listening_is_a_refusal_in_words() -> None:
    async with silent_server() as port:
        pass
    with pytest.raises(ConnectorGeneral, match="was not sent"):
        await deliver(smtp_config(port))


async def test_a_server_on_a_private_address_needs_permission() -> None:
    """B92: the mail server passes the same guard."""
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        with pytest.raises(ConnectorGeneral, match="VESTIBULE_ALLOW_PRIVATE"):
            await SMTP_EMAIL.send(Outgoing(), smtp_config(port), message())
    assert mailbox.mails == []


async def test_a_refusal_does_not_repeat_the_code() -> None:
    """B93: the server's words are passed on, what the message carried is not."""
    mailbox = Mailbox(refusal=f"message with {CODE} for ana@example.com looks like spam")
    async with smtp_server(mailbox) as port:
        with pytest.raises(ConnectorGeneral) as refusal:
            await deliver(smtp_config(port))
    said = f"{refusal.value.text} {refusal.value.data}"
    assert "554" in said
    assert "looks like spam" in said
    assert CODE not in said
    assert "ana@example.com" not in said


@pytest.mark.parametrize(
    "to",
    [
        "ana@example.com,bob@example.com",
        "ana@example.com\r\nBcc: bob@example.com",
        "<ana@example.com>",
        "ana@example.com>\nRCPT",
        "@example.com",
        "ana@",
        "ana@-x.com",
        '"a b"@example.com',
        "a" * 250 + "@example.com",
    ],
)
async def test_a_recipient_is_one_address_and_nothing_else(to: str) -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        with pytest.raises(ConnectorInvalidParameters):
            await deliver(smtp_config(port), to)
    assert mailbox.mails == []


async def test_an_international_recipient_needs_a_server_that_knows_them() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        await deliver(smtp_config(port), "ana@bücher.example")
        with pytest.raises(ConnectorGeneral):
            await deliver(smtp_config(port), "añá@example.com")
    assert mailbox.recipients == ["ana@xn--bcher-kva.example"]


async def test_values_cannot_add_headers_or_recipients() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        config = with_template(port, subject="Hello {{user.name}}", replyTo="{{user.mail}}", sendFrom="{{user.name}}")
        with pytest.raises(AppError):  # a sender made of nonsense is none
            await deliver(config, user={"name": "x\r\nBcc: eve@example.com"})
        config = with_template(port, subject="Hello {{user.name}}", replyTo="{{user.mail}}")
        await deliver(config, user={"name": "x\r\nBcc: eve@example.com", "mail": "a@b.example, c@d.example"})
    mail = mailbox.mails[0]
    assert mail["Subject"] == "Hello x Bcc: eve@example.com"
    assert mail["Bcc"] is None
    assert mail["Reply-To"] is None
    assert mailbox.recipients == ["ana@example.com"]


async def test_reply_to_and_further_headers_are_sent() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        headers = {"X-Team": ["a", "b"], "Auto-Submitted": "auto-replied"}
        await deliver(smtp_config(port, replyTo="Help <help@example.org>", customHeaders=headers))
    mail = mailbox.mails[0]
    assert mail["Reply-To"] == "Help <help@example.org>"
    assert mail.get_all("X-Team") == ["a", "b"]
    assert mail.get_all("Auto-Submitted") == ["auto-replied"]


BROKEN: list[tuple[dict[str, object], str]] = [
    ({"host": None}, "host"),
    ({"port": "25"}, "port"),
    ({"port": 70000}, "port"),
    ({"host": "a\nb"}, "host"),
    ({"fromEmail": "nobody"}, "fromEmail"),
    ({"fromEmail": "a@b.example\nBcc: x@y.example"}, "fromEmail"),
    ({"fromEmail": "x\r\nBcc: e <a@b.example>"}, "fromEmail"),
    ({"replyTo": "a@b.example, c@d.example"}, "replyTo"),
    ({"templates": [template("SignIn")]}, "templates"),
    ({"customHeaders": {"Bcc": "x@y.example"}}, "customHeaders.Bcc"),
    ({"customHeaders": {"Content-Type": "x"}}, "customHeaders.Content-Type"),
    ({"customHeaders": {"a b": "x"}}, "customHeaders.a b"),
    ({"auth": {"pass": "x"}}, "auth"),
    ({"auth": {"type": "OAuth2", "user": "x"}}, "auth"),
    ({"auth": {"type": "oauth2", "user": "x", "serviceClient": "s", "privateKey": "k"}}, "auth"),
    ({"name": "a b"}, "name"),
    ({"socketTimeout": 0}, "socketTimeout"),
]


@pytest.mark.parametrize(("change", "place"), BROKEN)
def test_a_faulty_configuration_names_the_place(change: dict[str, object], place: str) -> None:
    config = {key: value for key, value in {**smtp_config(), **change}.items() if value is not None}
    with pytest.raises(ConnectorInvalidConfig) as refusal:
        SMTP_EMAIL.read(config)
    data = refusal.value.data
    assert isinstance(data, dict)
    assert data["name"] == "ZodError"
    assert place in [".".join(map(str, issue["path"])) for issue in data["issues"]]


def test_a_missing_usage_is_a_custom_issue() -> None:
    with pytest.raises(ConnectorInvalidConfig) as refusal:
        SMTP_EMAIL.read(smtp_config(templates=[template("SignIn")]))
    assert isinstance(refusal.value.data, dict)
    issue = refusal.value.data["issues"][0]
    assert (issue["code"], issue["path"]) == ("custom", ["templates"])


async def test_no_template_at_all_is_said() -> None:
    """Stored configurations are read again: one written by another version may have no Generic template."""
    config = SMTP_EMAIL.read(smtp_config())
    config.templates = [item for item in config.templates if item.usage_type == "SignIn"]
    with pytest.raises(ConnectorTemplateNotFound) as refusal:
        await SMTP_EMAIL.deliver(Outgoing(), config, message(kind="Register"))
    assert isinstance(refusal.value.data, dict)
    assert set(refusal.value.data) == {"message"}


async def test_our_own_words_are_sent_as_html_and_text() -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        config = {key: value for key, value in smtp_config(port).items() if key != "templates"}
        outgoing = Outgoing([LOOPBACK])
        await SMTP_EMAIL.send(outgoing, {**config, "defaultTemplates": True}, message(locale="fr"))
        await outgoing.close()
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Votre code de connexion"
    parts = {part.get_content_type(): part.get_content() for part in mail.iter_parts()}
    assert list(parts) == ["text/plain", "text/html"]
    for text in parts.values():
        assert CODE in text
        assert "{{" not in text
    assert "http" not in parts["text/html"], "nothing is fetched to show it"


async def test_stored_words_win_over_those_of_the_configuration() -> None:
    mailbox = Mailbox()
    wording = Wording("Stored {{code}}", "<b>{{code}}</b>", reply_to="h@example.org", send_from="New <n@example.org>")
    async with smtp_server(mailbox) as port:
        outgoing = Outgoing([LOOPBACK])
        await SMTP_EMAIL.send(outgoing, smtp_config(port), replace(message(), wording=wording))
        await outgoing.close()
    (mail,) = mailbox.mails
    assert [mail[name] for name in ("Subject", "From", "Reply-To")] == [
        f"Stored {CODE}",
        "New <n@example.org>",
        "h@example.org",
    ]
    assert mail.get_content_type() == "text/html"
