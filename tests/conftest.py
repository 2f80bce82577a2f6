"""What every test may ask for: a fresh, migrated store of each kind."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import loopback, postgres
from tests.postgres_stores import PostgresStores, run_admin
from vestibule.account import migrations as account_migrations
from vestibule.db.migrate import migrate
from vestibule.store import migrations

loopback.confine()
# Timing decides no test: on a busy machine an example may take long to make or to run.
settings.register_profile("by what happens", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("by what happens")

STORES = os.environ.get("VESTIBULE_TEST_STORES", "sqlite,postgresql").split(",")
STORE_FIXTURES = {"database_url", "account_database_url", "site"}
"""What a test asks for that touches a store."""
TREES = {"identity": migrations, "account": account_migrations}


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL server for the session; not having one is a failure in CI, and loud elsewhere."""
    try:
        with postgres.server() as address:
            yield address
    except postgres.NoPostgresError as error:
        pytest.fail(f"the PostgreSQL suite cannot run: {error}")


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One migrated file for each tree, to be copied."""
    folder = tmp_path_factory.mktemp("templates")
    for name, tree in TREES.items():
        migrate(f"sqlite:///{folder / name}.db", tree)
    return {name: folder / f"{name}.db" for name in TREES}


@pytest.fixture(scope="session")
def postgres_templates(postgres_server: str) -> dict[str, str]:
    """One migrated database for each tree, to be cloned."""
    databases = {name: f"template_{name}_{os.getpid()}" for name in TREES}
    for name, database in databases.items():
        run_admin(postgres_server, f"CREATE DATABASE {database}")
        migrate(f"{postgres_server}/{database}", TREES[name])
    return databases


@pytest.fixture(scope="session")
def postgres_stores(postgres_server: str, postgres_templates: dict[str, str]) -> Iterator[dict[str, PostgresStores]]:
    """The databases of each tree."""
    stores = {name: PostgresStores.of(postgres_server, template) for name, template in postgres_templates.items()}
    yield stores
    for held in stores.values():
        held.close()


def fresh_store(request: pytest.FixtureRequest, tree: str, folder: Path) -> str:
    """Return the address of a migrated, empty store of the kind the test runs on."""
    if request.param == "sqlite":
        path = folder / f"{tree}.db"
        shutil.copy(request.getfixturevalue("sqlite_templates")[tree], path)
        return f"sqlite:///{path}"
    stores: dict[str, PostgresStores] = request.getfixturevalue("postgres_stores")
    return stores[tree].fresh()


@pytest.fixture(params=STORES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh identity store, once on each engine."""
    return fresh_store(request, "identity", tmp_path)


@pytest.fixture(params=STORES)
def account_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh store of the account server, once on each engine."""
    return fresh_store(request, "account", tmp_path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In the PostgreSQL-only run, leave out what does not touch a store: the SQLite run covers it."""
    if STORES != ["postgresql"]:
        return
    kept = [item for item in items if STORE_FIXTURES & set(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
