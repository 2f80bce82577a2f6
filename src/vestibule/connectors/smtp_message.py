"""Builds the e-mail of a message: every value passes email.message, nothing can add a header or a recipient."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate

from vestibule.connectors.factory import Message
from vestibule.connectors.mailboxes import parse_address, parse_mailbox
from vestibule.connectors.smtp_config import SmtpConfig
from vestibule.connectors.templates import choose, fill, one_line
from vestibule.connectors.wording import Wording, built_in_mail
from vestibule.crypto import new_id
from vestibule.errors import ConnectorInvalidParameters


def build(config: SmtpConfig, message: Message) -> tuple[Address, Address, EmailMessage]:
    """Return sender, recipient and e-mail; raises ConnectorTemplateNotFound, ConnectorInvalidParameters."""
    wording = _wording(config, message)
    recipient = parse_address(message.to)
    if recipient is None:
        raise ConnectorInvalidParameters(data={"message": "The recipient is not an e-mail address."})
    sender = _mailbox(config, wording, message)
    # Non-ASCII local parts need UTF-8 headers (RFC 6532); everything else is encoded for any server.
    policy = SMTP if recipient.username.isascii() and sender.username.isascii() else SMTPUTF8
    mail = EmailMessage(policy)
    mail["From"] = sender
    mail["To"] = recipient
    reply_to = fill(wording.reply_to or config.reply_to or "", message.payload)
    if (answer := parse_mailbox(one_line(reply_to))) is not None:
        mail["Reply-To"] = answer
    mail["Subject"] = one_line(fill(wording.subject, message.payload))
    mail["Date"] = formatdate(message.at / 1000)
    mail["Message-ID"] = f"<{new_id()}@{sender.domain}>"
    _custom_headers(mail, config)
    _body(mail, wording, message)
    return sender, recipient, mail


def _wording(config: SmtpConfig, message: Message) -> Wording:
    """Return what to say: stored by administrators, of the configuration, or built in."""
    if message.wording is not None:
        return message.wording
    if config.default_templates and all(item.usage_type != message.type for item in config.templates):
        return built_in_mail(message.type, message.payload)
    held = choose(config.templates, message.type)
    return Wording(held.subject, held.content, held.content_type, held.reply_to, held.send_from)


def _body(mail: EmailMessage, wording: Wording, message: Message) -> None:
    """Write HTML with a text part before it where there is one, or the one of the two there is."""
    is_html = wording.content_type == "text/html"
    content = fill(wording.content, message.payload, escape=is_html)
    if is_html and wording.text is not None:
        mail.set_content(fill(wording.text, message.payload), cte="quoted-printable")
        mail.add_alternative(content, subtype="html", cte="quoted-printable")
    else:
        mail.set_content(content, subtype="html" if is_html else "plain", cte="quoted-printable")


def _mailbox(config: SmtpConfig, wording: Wording, message: Message) -> Address:
    text = fill(wording.send_from or config.from_email, message.payload)
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
