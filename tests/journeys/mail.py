"""A real SMTP server on loopback, and the connector that sends to it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.live import free_ports

USAGES = ("Register", "SignIn", "ForgotPassword", "Generic")
FACTORY = "simple-mail-transfer-protocol"


class Mailbox:
    """Keeps every message; the handler of the SMTP server."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a message."""
        content = envelope.content
        mail = message_from_bytes(content if isinstance(content, bytes) else b"", policy=default)
        self.mails.append(mail)
        return "250 kept"

    def code_for(self, address: str) -> str:
        """Return the code of the newest message to an address, as a person reads it."""
        mail = next(mail for mail in reversed(self.mails) if mail["to"] == address)
        body = mail.get_body()
        found = re.search(r"\b\d{6}\b", body.get_content() if body is not None else "")
        assert found is not None, mail.as_string()
        return found[0]


@contextmanager
def smtp_server() -> Iterator[tuple[Mailbox, int]]:
    """Run the server until the block ends; yields its mailbox and its port."""
    mailbox, (port,) = Mailbox(), free_ports(1)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def smtp_config(port: int) -> dict[str, Any]:
    """Return the configuration of the SMTP connector."""
    words = {"contentType": "text/plain", "subject": "Your code", "content": "Your code is {{code}}."}
    templates = [{"usageType": usage, **words} for usage in USAGES]
    return {"host": "127.0.0.1", "port": port, "fromEmail": "Vestibule <id@example.org>", "templates": templates}
