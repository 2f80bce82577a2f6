"""Which factories this server offers."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from vestibule.connectors import outbox
from vestibule.connectors.factory import Factory
from vestibule.connectors.http_message import HTTP_EMAIL, HTTP_SMS
from vestibule.connectors.senders.engine import factory_of
from vestibule.connectors.senders.records import SENDERS
from vestibule.connectors.smtp import SMTP_EMAIL
from vestibule.settings import ServerSettings

Factories = Mapping[str, Factory[Any]]


@lru_cache(maxsize=8)
def factories(settings: ServerSettings) -> Factories:
    """Return the factories by id; the outbox only where the public address is this machine."""
    offered: list[Factory[Any]] = [SMTP_EMAIL, HTTP_EMAIL, HTTP_SMS, *map(factory_of, SENDERS)]
    if settings.is_loopback:
        folder = Path(settings.outbox)
        offered += [outbox.email(folder), outbox.sms(folder)]
    return {factory.id: factory for factory in offered}
