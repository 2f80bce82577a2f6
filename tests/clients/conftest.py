"""What the published clients are tried against."""

from collections.abc import Iterator

import pytest

from tests.live import Live, live_servers


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Both servers on SQLite."""
    folder = tmp_path_factory.mktemp("clients")
    # A module of Apache and a receiver of logout tokens listen on this machine.
    with live_servers(
        folder, "sqlite:///var/vestibule.db", "sqlite:///var/account.db", VESTIBULE_ALLOW_PRIVATE="127.0.0.0/8,::1/128"
    ) as servers:
        yield servers
