"""What an e-mail says and who it is from, as values for a record: filled in, and escaped inside HTML."""

from collections.abc import Mapping
from email.headerregistry import Address
from email.utils import formataddr

from msgspec import UNSET

from vestibule.connectors.factory import Message
from vestibule.connectors.mailboxes import parse_address, parse_mailbox
from vestibule.connectors.plain_text import plain_text
from vestibule.connectors.senders.record import Config, Sender, Values
from vestibule.connectors.senders.templates import Template
from vestibule.connectors.templates import fill, one_line
from vestibule.connectors.wording import Wording, built_in_mail
from vestibule.errors import ConnectorInvalidConfig, ConnectorInvalidParameters

HTML = "text/html"


def mail_values(record: Sender, config: Config, template: Template | None, message: Message) -> Values:
    """Return subject, content, sender and the address for answers; raises ConnectorInvalidParameters."""
    if parse_address(message.to) is None:
        raise ConnectorInvalidParameters(data={"message": "The recipient is not an e-mail address."})
    wording = _wording(template, message)
    payload = message.payload
    is_html = wording.content_type == HTML
    content = fill(wording.content, payload, escape=is_html)
    alternative = fill(wording.text, payload) if wording.text is not None else None
    return {
        "type": wording.content_type,
        "subject": one_line(fill(wording.subject, payload)),
        "content": content,
        "html": content if is_html else UNSET,
        "text": content if not is_html else UNSET,
        "alternative": UNSET if alternative is None else alternative,
        "plain": content if not is_html else alternative or plain_text(content),
        "from": _shown(_sender(record, config, wording, payload)),
        "reply": _shown(parse_mailbox(one_line(fill(wording.reply_to or "", payload)))),
    }


def _wording(template: Template | None, message: Message) -> Wording:
    if message.wording is not None:
        return message.wording
    if template is None:
        return built_in_mail(message.type, message.payload)
    words = {key: value for key, value in template.items() if isinstance(value, str)}
    if "html" in words:
        return Wording(words.get("subject", ""), words["html"], HTML, words.get("replyTo"), text=words.get("text"))
    return Wording(
        words.get("subject", ""),
        words.get("content", ""),
        words.get("type", HTML),
        words.get("replyTo"),
        words.get("sendFrom"),
    )


def _sender(record: Sender, config: Config, wording: Wording, payload: Mapping[str, object]) -> Address | None:
    """Return who the message is from: the template's word first, and the configured address where it has none."""
    address_key, name_key = record.sender_keys
    held, name = config.get(address_key), config.get(name_key)
    base = parse_mailbox(held) if isinstance(held, str) else None
    if base is None and held is not None:
        raise ConnectorInvalidConfig(data={"message": f"`{address_key}` is not an e-mail address."})
    if base is not None and isinstance(name, str):
        base = Address(name, base.username, base.domain)
    text = one_line(fill(wording.send_from or "", payload))
    if not text or base is None:
        return parse_mailbox(text) or base
    chosen = parse_mailbox(text)
    if chosen is None:
        bare = text.replace("<", "").replace(">", "").strip()
        return Address(bare, base.username, base.domain)
    return chosen if chosen.display_name else Address(base.display_name, chosen.username, chosen.domain)


def _shown(address: Address | None) -> object:
    """Return an address in the forms that services take; `encoded` has no character beyond ASCII (RFC 2047)."""
    if address is None:
        return UNSET
    name, spec = address.display_name, address.addr_spec
    return {"address": spec, "name": name or UNSET, "mailbox": str(address), "encoded": formataddr((name, spec))}
