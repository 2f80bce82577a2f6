"""The development outbox: two factories that write messages to a folder instead of sending them.

One file a message, readable by the owner alone, newest kept. Offered only when the public address is this machine.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import msgspec

from vestibule.connectors.factory import Message, SenderFactory
from vestibule.connectors.logos import TRAY
from vestibule.connectors.outgoing import Outgoing
from vestibule.connectors.plain_text import plain_text
from vestibule.connectors.templates import fill, one_line
from vestibule.connectors.wording import built_in_mail, built_in_text
from vestibule.crypto import new_id
from vestibule.errors import ConnectorGeneral

EMAIL_ID, SMS_ID = "vestibule-outbox-email", "vestibule-outbox-sms"
KEPT_MESSAGES = 200
README = """# Outbox, for development

Messages are written to a folder on this machine and shown at `/outbox`; `vestibule outbox last RECIPIENT` prints the
last code. There is nothing to configure. It exists only while the public address of the server is a loopback address.
"""


class NoConfig(msgspec.Struct):
    """The outbox needs no configuration."""


class OutboxMessage(msgspec.Struct, frozen=True):
    """A message as it lies in the folder; `at` is epoch ms."""

    at: int
    kind: Literal["Email", "Sms"]
    to: str
    type: str
    subject: str | None
    text: str
    code: str | None


def compose(kind: Literal["Email", "Sms"], message: Message) -> OutboxMessage:
    """Write a message in our own words, or in those of the administrators: an e-mail's text part, without its HTML."""
    payload = {"code": "", **message.payload}
    code = message.payload.get("code")
    mail = (message.wording or built_in_mail(message.type, payload)) if kind == "Email" else None
    written = built_in_text(message.type, payload) if mail is None else mail.text or plain_text(mail.content)
    return OutboxMessage(
        at=message.at,
        kind=kind,
        to=message.to,
        type=message.type,
        subject=one_line(fill(mail.subject, payload)) if mail is not None else None,
        text=fill(written, payload),
        code=code if isinstance(code, str) else None,
    )


def write(folder: Path, message: OutboxMessage) -> None:
    """Put one message into the folder and drop the oldest; a reader never sees half a file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    name = f"{message.at:015d}-{new_id()}"
    half = folder / f"{name}.part"
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(message), indent=2))
    half.rename(folder / f"{name}.json")
    for old in sorted(folder.glob("*.json"))[:-KEPT_MESSAGES]:
        old.unlink(missing_ok=True)


def _deliver(kind: Literal["Email", "Sms"], folder: Path) -> Callable[[Outgoing, NoConfig, Message], Awaitable[None]]:
    async def deliver(outgoing: Outgoing, config: NoConfig, message: Message) -> None:
        try:
            await asyncio.to_thread(write, folder, compose(kind, message))
        except OSError as error:
            description = "The outbox folder cannot be written."
            raise ConnectorGeneral(f"The message was not sent: {description}", data={"message": description}) from error

    return deliver


def email(folder: Path) -> SenderFactory[NoConfig]:
    """Make the e-mail outbox."""
    return SenderFactory(
        id=EMAIL_ID,
        kind="Email",
        target=EMAIL_ID,
        name={"en": "E-mail outbox", "fr": "Boîte d'envoi des e-mails", "de": "E-Mail-Postausgang"},
        description={"en": "Keeps e-mails on this machine.", "fr": "Garde les e-mails sur cette machine."},
        logo=TRAY,
        readme=README,
        form_items=(),
        config=NoConfig,
        deliver=_deliver("Email", folder),
        localised=True,
    )


def sms(folder: Path) -> SenderFactory[NoConfig]:
    """Make the SMS outbox."""
    return SenderFactory(
        id=SMS_ID,
        kind="Sms",
        target=SMS_ID,
        name={"en": "SMS outbox", "fr": "Boîte d'envoi des SMS", "de": "SMS-Postausgang"},
        description={"en": "Keeps text messages on this machine.", "fr": "Garde les SMS sur cette machine."},
        logo=TRAY,
        readme=README,
        form_items=(),
        config=NoConfig,
        deliver=_deliver("Sms", folder),
    )
