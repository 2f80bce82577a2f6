"""Builds the e-mail of a message: every value passes email.message, nothing can add a header or a recipient."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate

from vestibule.connectors.factory import Message
from vestibule.connectors.mailboxes import parse_address, parse_mailbox
from vestibule.connectors.smtp_config import SmtpConfig, SmtpTemplate
from vestibule.connectors.templates import choose, fill, one_line
from vestibule.crypto import new_id
from vestibule.errors import ConnectorInvalidParameters


def build(config: SmtpConfig, message: Message) -> tuple[Address, Address, EmailMessage]:
    """Return sender, recipient and e-mail; raises ConnectorTemplateNotFound, ConnectorInvalidParameters."""
    template = choose(config.templates, message.type)
    recipient = parse_address(message.to)
    if recipient is None:
        raise ConnectorInvalidParameters(data={"message": "The recipient is not an e-mail address."})
    sender = _mailbox(config, template, message)
    # Non-ASCII local parts need UTF-8 headers (RFC 6532); everything else is encoded for any server.
    policy = SMTP if recipient.username.isascii() and sender.username.isascii() else SMTPUTF8
    mail = EmailMessage(policy)
    mail["From"] = sender
    mail["To"] = recipient
    reply_to = fill(template.reply_to or config.reply_to or "", message.payload)
    if (answer := parse_mailbox(one_line(reply_to))) is not None:
        mail["Reply-To"] = answer
    mail["Subject"] = one_line(fill(template.subject, message.payload))
    mail["Date"] = formatdate(message.at / 1000)
    mail["Message-ID"] = f"<{new_id()}@{sender.domain}>"
    _custom_headers(mail, config)
    is_html = template.content_type == "text/html"
    mail.set_content(
        fill(template.content, message.payload, escape=is_html),
        subtype="html" if is_html else "plain",
        cte="quoted-printable",
    )
    return sender, recipient, mail


def _mailbox(config: SmtpConfig, template: SmtpTemplate, message: Message) -> Address:
    text = fill(template.send_from or config.from_email, message.payload)
    sender = parse_mailbox(one_line(text))
    if sender is None:
        raise ConnectorInvalidParameters(data={"message": "The sender is not an e-mail address."})
    return sender


def _custom_headers(mail: EmailMessage, config: SmtpConfig) -> None:
    names = {name.lower() for name in config.custom_headers}
    if "auto-submitted" not in names:
        mail["Auto-Submitted"] = "auto-generated"
    for name, value in config.custom_headers.items():
        for text in [value] if isinstance(value, str) else value:
            mail[name] = one_line(text)
