"""Senders of e-mail: one record each."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from vestibule.connectors.factory import Message
from vestibule.connectors.senders.fields import DOMAIN, Field, endpoint, secret, text
from vestibule.connectors.senders.record import Config, Sender, Values, Verdict
from vestibule.connectors.senders.templates import (
    CONTENT,
    KNOWN_USAGE,
    SUBJECT,
    Deliveries,
    Template,
    Templates,
    content_type,
)

FROM = text("fromEmail", "Sender's address", placeholder="hello@example.com")
FROM_NAME = text("fromName", "Sender's name", required=False)
SENT_BY = ("fromEmail", "fromName")

SENDGRID = Sender(
    id="sendgrid-email-service",
    kind="Email",
    target="sendgrid-mail",
    name="SendGrid",
    fields=(secret("apiKey", "API key"), FROM, FROM_NAME, endpoint("https://api.sendgrid.com")),
    templates=Templates((content_type(), SUBJECT, CONTENT), words=True),
    sender_keys=SENT_BY,
    origin="https://api.sendgrid.com",
    path="/v3/mail/send",
    headers={"authorization": "Bearer $config.apiKey"},
    body={
        "personalizations": [{"to": [{"email": "$to"}]}],
        "from": {"email": "$from.address", "name": "$from.name"},
        "reply_to": {"email": "$reply.address", "name": "$reply.name"},
        "subject": "$subject",
        "content": [
            {"?": "$alternative", "type": "text/plain", "value": "$alternative"},
            {"type": "$type", "value": "$content"},
        ],
    },
    verdict=Verdict(reason="errors.0.message"),
)


def _mailgun(config: Config, template: Template | None, message: Message, values: Values) -> Values:
    """Send words, or the name of a template with its variables; HTML is there in either case of words."""
    if template is not None and "html" not in template:
        own = template.get("variables")
        variables = {**(own if isinstance(own, Mapping) else {}), **message.payload}
        return {"html": UNSET, "text": UNSET, "variables": msgspec.json.encode(variables).decode()}
    return {"html": values["content"], "text": values["alternative"] if values["text"] is UNSET else values["text"]}


MAILGUN = Sender(
    id="mailgun-email",
    kind="Email",
    target="mailgun-email",
    name="Mailgun",
    fields=(
        endpoint("https://api.mailgun.net"),
        Field("domain", "Domain", shape=DOMAIN),
        secret("apiKey", "API key"),
        text("from", "Sender", placeholder="Example <hello@example.com>"),
    ),
    templates=Deliveries(),
    sender_keys=("from", ""),
    origin="https://api.mailgun.net",
    path="/v3/$config.domain/messages",
    encode="form",
    basic=("api", "$config.apiKey"),
    prepare=_mailgun,
    body={
        "from": "$from.mailbox",
        "to": "$to",
        "subject": "$subject",
        "h:Reply-To": "$reply.mailbox",
        "html": "$html",
        "text": "$text",
        "template": "$template.template",
        "h:X-Mailgun-Variables": "$variables",
    },
    verdict=Verdict(reason="message"),
)

POSTMARK = Sender(
    id="postmark-mail",
    kind="Email",
    target="postmark-mail",
    name="Postmark",
    fields=(secret("serverToken", "Server token"), FROM, endpoint("https://api.postmarkapp.com")),
    templates=Templates((text("templateAlias", "Template alias"),)),
    sender_keys=("fromEmail", ""),
    origin="https://api.postmarkapp.com",
    path="/email/withTemplate",
    headers={"X-Postmark-Server-Token": "$config.serverToken", "accept": "application/json"},
    body={
        "From": "$from.mailbox",
        "TemplateAlias": "$template.templateAlias",
        "To": "$to",
        "TemplateModel": "$payload",
    },
    verdict=Verdict(code="ErrorCode", reason="Message"),
    guide="\nThe words are kept at Postmark: a template here names one of theirs by its alias.\n",
)

MAILJUNKY = Sender(
    id="mailjunky-email-service",
    kind="Email",
    target="mailjunky-mail",
    name="MailJunky",
    fields=(secret("apiKey", "API key"), FROM, FROM_NAME, endpoint("https://mailjunky.ai")),
    templates=Templates((content_type(required=False), SUBJECT, CONTENT), usage=KNOWN_USAGE, words=True),
    sender_keys=SENT_BY,
    origin="https://mailjunky.ai",
    path="/api/v1/emails/send",
    headers={"authorization": "Bearer $config.apiKey"},
    body={"from": "$from.mailbox", "to": "$to", "subject": "$subject", "html": "$html", "text": "$plain"},
)

SMTP2GO = Sender(
    id="smtp2go-email-service",
    kind="Email",
    target="smtp2go-email",
    name="SMTP2GO",
    fields=(
        secret("apiKey", "API key"),
        text("sender", "Sender's address", placeholder="hello@example.com"),
        text("senderName", "Sender's name", required=False),
        endpoint("https://api.smtp2go.com"),
    ),
    templates=Templates((content_type(), SUBJECT, CONTENT), usage=KNOWN_USAGE, words=True),
    sender_keys=("sender", "senderName"),
    origin="https://api.smtp2go.com",
    path="/v3/email/send",
    body={
        "api_key": "$config.apiKey",
        "to": ["$to"],
        "sender": "$from.mailbox",
        "subject": "$subject",
        "html_body": "$html",
        "text_body": "$text_body",
        "custom_headers": [{"?": "$reply", "header": "Reply-To", "value": "$reply.mailbox"}],
    },
    prepare=lambda config, template, message, values: {
        "text_body": values["alternative"] if values["text"] is UNSET else values["text"]
    },
    verdict=Verdict(code="data.error_code", reason="data.error"),
)

EMAILS = (SENDGRID, MAILGUN, POSTMARK, MAILJUNKY, SMTP2GO)
