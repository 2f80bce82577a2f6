"""What other packages bring: a provider by an entry point, and nothing that cannot be offered."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from tests.connectors.world import settings
from vestibule.connectors import registry
from vestibule.connectors.http_message import HTTP_SMS
from vestibule.connectors.registry import GROUP, UnusableConnector, everywhere, factories
from vestibule.connectors.social.worldwide import DISCORD

ACME = replace(DISCORD, id="acme", target="acme", name="Acme")
PAGER = replace(HTTP_SMS, id="pager", target="pager")
NOTHING = object()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    """Let what is installed be looked up again."""
    everywhere.cache_clear()
    factories.cache_clear()


def bring(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let installed packages name these objects of this module."""
    found = EntryPoints(EntryPoint(name.lower(), f"{__name__}:{name}", GROUP) for name in names)
    monkeypatch.setattr(registry, "entry_points", lambda group: found.select(group=group))


def test_a_package_adds_a_provider_by_its_record_and_a_sender_by_its_factory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bring(monkeypatch, "ACME", "PAGER")
    offered = factories(settings(tmp_path))
    assert (offered["acme"].kind, offered["acme"].name["en"]) == ("Social", "Acme")
    assert offered["pager"].kind == "Sms"
    assert {"discord-universal", "http-sms"} <= set(offered)


@pytest.mark.parametrize(("name", "words"), [("NOTHING", "no Provider"), ("DISCORD", "there already")])
def test_what_cannot_be_offered_stops_the_server_with_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, words: str
) -> None:
    bring(monkeypatch, name)
    with pytest.raises(UnusableConnector, match=words):
        factories(settings(tmp_path))


def test_every_factory_has_words_and_a_picture_of_its_own(tmp_path: Path) -> None:
    for factory in factories(settings(tmp_path)).values():
        assert {"en", "fr"} <= set(factory.name)
        assert {"en", "fr"} <= set(factory.description)
        assert factory.logo.startswith("data:image/svg+xml,")
        keys = [item.key for item in factory.form_items]
        assert len(keys) == len(set(keys))
