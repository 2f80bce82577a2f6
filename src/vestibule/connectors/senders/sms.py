"""What a text message says, as values for a record."""

from msgspec import UNSET

from vestibule.connectors.factory import Message
from vestibule.connectors.senders.record import Values
from vestibule.connectors.senders.templates import Template
from vestibule.connectors.templates import fill
from vestibule.connectors.wording import built_in_text
from vestibule.errors import ConnectorInvalidParameters

# The basic character set of GSM 03.38, with the extension table: a message of these needs no second alphabet.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
MAX_DIGITS = 15  # E.164


def sms_values(template: Template | None, message: Message) -> Values:
    """Return recipient, text and code; raises ConnectorInvalidParameters."""
    to = message.to
    if not (to.isascii() and to.isdecimal() and len(to) <= MAX_DIGITS):
        raise ConnectorInvalidParameters(data={"message": "The recipient is not a phone number in digits."})
    written = template.get("content") if template is not None else built_in_text(message.type, message.payload)
    text = fill(written, message.payload) if isinstance(written, str) else UNSET
    needs_unicode = isinstance(text, str) and not _GSM.issuperset(text)
    return {
        "plus": f"+{to}",
        "text": text,
        "unicode": "unicode" if needs_unicode else UNSET,
        "ucs2": "UCS2" if needs_unicode else UNSET,
        "code": message.payload.get("code", message.payload.get("link", UNSET)),
    }
