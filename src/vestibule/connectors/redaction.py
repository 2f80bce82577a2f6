"""The words of a service about a failure, without what the message and the configuration carried (B93)."""

from collections.abc import Iterable

from vestibule.connectors.factory import Message
from vestibule.connectors.templates import one_line

MAX_DESCRIPTION = 300
SHORTEST_SECRET = 4


def redacted(text: str, message: Message, secrets: Iterable[str] = ()) -> str:
    """Return the words on one line, shortened, with every secret and every value of the message struck out."""
    carried = [message.to, *secrets, *(item for item in message.payload.values() if isinstance(item, str))]
    for value in sorted(carried, key=len, reverse=True):
        if len(value) >= SHORTEST_SECRET:
            text = text.replace(value, "…")
    return one_line(text)[:MAX_DESCRIPTION]
