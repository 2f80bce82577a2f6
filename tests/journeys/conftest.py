"""One Chromium for all journeys, and one set of servers a store."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.conftest import STORES
from tests.journeys.companies import Company, companies
from tests.journeys.elsewhere import Elsewhere, elsewhere
from tests.journeys.site import Site, running
from tests.postgres_stores import databases

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
ONE_STORE = STORES[:1]
"""For what does not depend on the store: `parametrize("site", ONE_STORE, indirect=True)`."""

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session", params=STORES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everything running, on a new store of each kind."""
    folder = tmp_path_factory.mktemp(f"journeys-{request.param}")
    if request.param == "sqlite":
        with running(folder, "sqlite:///var/vestibule.db", "sqlite:///var/account.db") as site:
            yield site
        return
    server: str = request.getfixturevalue("postgres_server")
    with databases(server, "journeys") as addresses, running(folder, *addresses) as site:
        yield site


@pytest.fixture(scope="session")
def there(site: Site) -> Iterator[Elsewhere]:
    """A real provider of accounts elsewhere, with connectors in front of it."""
    with elsewhere(site) as running:
        yield running


@pytest.fixture(scope="session")
def by_assertion(site: Site) -> Iterator[list[Company]]:
    """Companies that sign their people in by SAML: one signs its assertions, another its responses."""
    with companies(site) as running:
        yield running


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """Debian's Chromium; not having one is a failure, never a skip."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()
