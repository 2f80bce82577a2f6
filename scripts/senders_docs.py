"""The reference of the senders of e-mail and SMS, from their records and factories."""

from collections.abc import Sequence
from typing import Any

from vestibule.connectors.factory import FormItem, SenderFactory
from vestibule.connectors.http_message import HTTP_EMAIL, HTTP_SMS
from vestibule.connectors.senders.engine import factory_of
from vestibule.connectors.senders.record import Sender
from vestibule.connectors.senders.records import SENDERS
from vestibule.connectors.smtp import SMTP_EMAIL

INTRODUCTION = """# Senders of e-mail and SMS

`POST /api/connectors` with a factory id and a configuration sets one up; one sends e-mail and one sends SMS, and a new
one takes the place of the one before. `POST /api/connectors/{factoryId}/test` tries a configuration before it is
stored. Configurations are sealed in the store and shown to Management tokens alone. `endpoint` replaces the public
address of a service: a proxy of yours, or a region. Made by `make docs` from `src/vestibule/connectors/`; do not edit.

A template is chosen by its usage, else the `Generic` one is taken. Placeholders such as `{{code}}` and
`{{organization.name}}` are filled in, and in HTML their values are escaped. With `defaultTemplates`, every message that
has no template is written in our own words, in English, French, German, Spanish or Chinese. What is stored at
`/api/email-templates` comes before both, in the language of the recipient, for the factories marked with a star.

| factory | kind | sends to | configuration (* required) |
| --- | --- | --- | --- |
"""


def reference() -> str:
    """Write one line a factory."""
    written = [_line(factory, "") for factory in (SMTP_EMAIL, HTTP_EMAIL, HTTP_SMS)]
    return (
        INTRODUCTION
        + "\n".join([*written, *(_line(factory_of(record), _address(record)) for record in SENDERS)])
        + "\n"
    )


def _line(factory: SenderFactory[Any], address: str) -> str:
    star = " ★" if factory.localised else ""
    kind = {"Email": "e-mail", "Sms": "SMS"}[factory.kind]
    return f"| {factory.name['en']}: `{factory.id}`{star} | {kind} | {address} | {_members(factory.form_items)} |"


def _address(record: Sender) -> str:
    address = f"{record.origin}{record.path}".replace("$config.", "$")
    return f"`{record.method} {address}`"


def _members(items: Sequence[FormItem]) -> str:
    return ", ".join(f"`{item.key}`{'*' if item.required is True else ''}" for item in items)
