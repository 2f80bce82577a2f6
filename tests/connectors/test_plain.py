"""Which addresses may be spoken to without TLS: those in the networks that an operator lists, and no others."""

from collections.abc import Sequence

import pytest

from tests.connectors.world import LOOPBACK
from vestibule.connectors.outgoing import AddressRefused, Outgoing, OutgoingError, PlainRefused

pytestmark = pytest.mark.anyio


async def plain(url: str, *found: str) -> None:
    """Ask about an address whose name resolves to these."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return found or [host]

    await Outgoing([LOOPBACK], resolver=resolve).refuse_plain(url)


async def test_plain_text_goes_through_listed_networks_and_tls_anywhere() -> None:
    for url in ("https://id.example/auth", "HTTPS://9.9.9.9", "http://127.0.0.1:8080/token"):
        await plain(url)
    await plain("http://keycloak:8080/realms/acme", "127.0.0.5")


async def test_plain_text_goes_nowhere_else() -> None:
    for found in (["9.9.9.9"], ["9.9.9.9", "127.0.0.1"], ["2620:fe::9"]):
        with pytest.raises(PlainRefused, match="VESTIBULE_ALLOW_PRIVATE"):
            await plain("http://id.example/auth", *found)
    with pytest.raises(AddressRefused):
        await plain("HTTP://intranet.example/", "10.0.0.1")


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)//https://a.example", "data:text/html,x", "ftp://127.0.0.1/", "//a.example", "https:", ""],
)
async def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(OutgoingError):
        await plain(url)
