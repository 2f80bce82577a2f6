"""Which factories this server offers: its own, and those that other packages bring."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from vestibule.connectors import outbox
from vestibule.connectors.factory import Factory
from vestibule.connectors.http_message import HTTP_EMAIL, HTTP_SMS
from vestibule.connectors.oauth.provider import Provider
from vestibule.connectors.senders.engine import factory_of as sender_factory_of
from vestibule.connectors.senders.records import SENDERS
from vestibule.connectors.smtp import SMTP_EMAIL
from vestibule.connectors.social import alipay, east_asia, standard, wechat, worldwide
from vestibule.connectors.social.apple import APPLE
from vestibule.connectors.social.factory import factory_of
from vestibule.connectors.social.saml import SAML
from vestibule.settings import ServerSettings

Factories = Mapping[str, Factory[Any]]
GROUP = "vestibule.connectors"
"""The entry points by which a package adds a connector: each names a `Provider` record, or a `Factory`."""

PROVIDERS = (
    *worldwide.PROVIDERS,
    APPLE,
    *east_asia.PROVIDERS,
    *wechat.PROVIDERS,
    *alipay.PROVIDERS,
    *standard.PROVIDERS,
)


class UnusableConnector(RuntimeError):
    """An installed package names something as a connector that is none, or one of an id that is taken."""


@lru_cache(maxsize=8)
def factories(settings: ServerSettings) -> Factories:
    """Return the factories by id; the outbox only where the public address is this machine.

    Raises UnusableConnector for what an installed package brings and cannot be offered.
    """
    if not settings.is_loopback:
        return everywhere()
    folder = Path(settings.outbox)
    return by_id([*everywhere().values(), outbox.email(folder), outbox.sms(folder)])


@cache
def everywhere() -> Factories:
    """Return the factories that every server offers; what is installed is looked up once."""
    ours: list[Factory[Any]] = [SMTP_EMAIL, HTTP_EMAIL, HTTP_SMS]
    ours += [*map(sender_factory_of, SENDERS), *map(factory_of, PROVIDERS), SAML]
    return by_id([*ours, *installed()])


def by_id(offered: Sequence[Factory[Any]]) -> Factories:
    """Return factories by their ids; raises UnusableConnector for an id that is taken."""
    found: dict[str, Factory[Any]] = {}
    for factory in offered:
        if factory.id in found:
            raise UnusableConnector(f"A connector {factory.id} is there already.")
        found[factory.id] = factory
    return found


def installed() -> Iterator[Factory[Any]]:
    """Yield what installed packages bring; raises UnusableConnector."""
    for entry in entry_points(group=GROUP):
        brought = entry.load()
        if isinstance(brought, Provider):
            brought = factory_of(brought)
        if not isinstance(brought, Factory):
            raise UnusableConnector(f"The entry point {entry.name} is no Provider and no Factory.")
        yield brought
