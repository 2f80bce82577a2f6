"""The shape of the code is held here: who may import whom, how long files and functions are, what may not be written.

Each rule has a control: a small planted fault that it must complain about.
"""

import statistics
from pathlib import Path

import pytest

from tests import architecture
from tests.architecture import Source

ROOT = Path(__file__).parent.parent
PRODUCT = architecture.sources(ROOT / "src")
CODE = [item for item in PRODUCT if ".migrations.versions" not in item.module]  # a migration is a table of records
TESTS = architecture.sources(ROOT / "tests")

# Tables of records: long because there are many of them, each a few lines. The size bars are not about these.
RECORDS = {
    "vestibule.errors": "one class an outcome",
    "vestibule.store.tables": "one table a noun",
    "vestibule.settings": "one field a setting",
    "vestibule.model": "one struct a noun",
}


def source(text: str, module: str = "vestibule.domain.planted") -> Source:
    """Return a planted source."""
    return Source.of(module, text)


def test_imports_follow_the_direction_of_the_architecture() -> None:
    assert architecture.wrong_imports(PRODUCT) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("vestibule.domain.users", "from vestibule.http import Request"),
        ("vestibule.domain.users", "import vestibule.ui.render"),
        ("vestibule.store.users", "from vestibule.domain import users"),
        ("vestibule.store.users", "from vestibule.connectors.smtp import send"),
        ("vestibule.db.sqlite", "from vestibule.store.tables import users"),
        ("vestibule.http.request", "from vestibule.db import connect"),
        ("vestibule.oidc.token", "from vestibule.api.auth import access"),
        ("vestibule.pages.sign_in", "from vestibule import oidc"),
        ("vestibule.api.management.users", "from vestibule.pages import sign_in"),
        ("vestibule.client.users", "from vestibule.errors import AppError"),
        ("vestibule.account.me", "from vestibule.domain import users"),
        ("vestibule.account.me", "from vestibule.store.tables import users"),
        ("vestibule.clock", "from vestibule.http import Request"),
        ("vestibule.app", "from vestibule.cli.up import run"),
        ("vestibule.app", "from vestibule.account.app import build"),
        ("vestibule.store.users", "from ..domain import users"),
        ("vestibule.unheard_of", "from vestibule.http import Request"),
    ],
)
def test_an_import_against_the_direction_is_noticed(module: str, line: str) -> None:
    assert architecture.wrong_imports([source(f'"""Planted."""\n{line}\n', module)]) != []


def test_what_the_direction_allows_is_not_noticed() -> None:
    allowed = {
        "vestibule.domain.users": "from vestibule.store import users",
        "vestibule.account.me": "from vestibule.client import AsyncManagementClient",
        "vestibule.cli.serve": "from vestibule import app",
        "vestibule.oidc.token": "from vestibule.domain import grants",
    }
    assert architecture.wrong_imports([source(f"{line}\n", module) for module, line in allowed.items()]) == []


def test_nothing_is_imported_inside_a_function_or_by_a_computed_name() -> None:
    assert architecture.hidden_imports(PRODUCT) == []


@pytest.mark.parametrize(
    "text",
    [
        "def f() -> None:\n    import json\n",
        "def f() -> None:\n    if True:\n        from json import loads\n",
        "import importlib\n\nthing = importlib.import_module('json')\n",
        "thing = __import__('json')\n",
    ],
)
def test_a_hidden_import_is_noticed(text: str) -> None:
    assert architecture.hidden_imports([source(text)]) != []


def test_files_are_short() -> None:
    lengths = {item.module: item.lines for item in CODE if item.module not in RECORDS and item.lines > 5}
    assert {name: count for name, count in lengths.items() if count > 400} == {}
    assert statistics.median(lengths.values()) <= 100
    assert architecture.percentile(lengths.values(), 90) < 250


def test_functions_are_short() -> None:
    lengths = architecture.function_lengths(CODE)
    assert {name: count for name, count in lengths.items() if count > 50} == {}
    assert statistics.median(lengths.values()) <= 8
    assert architecture.percentile(lengths.values(), 90) < 25


def test_lengths_are_counted_as_written() -> None:
    text = "def f() -> int:\n" + "    x = 1\n" * 50 + "    return x\n"
    assert architecture.function_lengths([source(text)]) == {"vestibule.domain.planted.f": 52}
    assert source(text).lines == 52
    assert architecture.percentile(range(1, 11), 90) == 9


def test_every_exempt_table_of_records_is_still_one() -> None:
    modules = {item.module: item for item in PRODUCT}
    assert set(RECORDS) <= set(modules)
    assert architecture.function_lengths([modules[name] for name in RECORDS], longest=25) == {}


def test_every_file_says_what_it_is() -> None:
    assert [item.module for item in [*PRODUCT, *TESTS] if not item.documented] == []
    assert not source("x = 1\n").documented


def test_time_and_randomness_have_one_home_each() -> None:
    assert architecture.stray_sources(PRODUCT) == []


@pytest.mark.parametrize(
    "text",
    [
        "import time\n\nnow = time.time()\n",
        "from time import time_ns\n",
        "from datetime import datetime\n\nnow = datetime.now()\n",
        "import datetime\n\nnow = datetime.datetime.utcnow()\n",
        "import random\n",
        "from secrets import token_bytes\n",
        "from uuid import uuid4\n",
        "import os\n\nnoise = os.urandom(4)\n",
    ],
)
def test_reading_the_clock_or_making_randomness_elsewhere_is_noticed(text: str) -> None:
    assert architecture.stray_sources([source(text)]) != []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("from starlette.middleware.base import BaseHTTPMiddleware\n", "BaseHTTPMiddleware"),
        ("assert 1 == 1\n", "assert"),
        ("if __debug__:\n    x = 1\n", "__debug__"),
        ("x = 1  # TODO later\n", "TODO"),
        ("x = 1  # FIXME\n", "FIXME"),
        ("import pytest\n\npytest.skip('no')\n", "skip"),
        ("import pytest\n\n\n@pytest.mark.xfail\ndef test_it() -> None: ...\n", "xfail"),
    ],
)
def test_a_forbidden_word_is_noticed(text: str, fault: str) -> None:
    assert [word for _, word in architecture.forbidden([source(text)])] == [fault]


def test_no_forbidden_word_is_written() -> None:
    """B97: without an `assert` and `__debug__` the product is the same under `python -O`."""
    assert architecture.forbidden(PRODUCT) == []


def test_no_test_is_skipped() -> None:
    held = [item for item in TESTS if item.module not in ("tests.architecture", "tests.test_architecture")]
    assert [found for found in architecture.forbidden(held) if found[1] in ("skip", "xfail", "TODO", "FIXME")] == []


def test_tracked_files_name_no_registry_and_no_machine() -> None:
    assert architecture.addresses(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://pypi.example.com/simple",
        "https://files.pythonhosted.org/packages/x.whl",
        '"resolved": "https://registry.npmjs.org/x/-/x-1.0.0.tgz"',
        "file:///home/someone/x",
        "/home/someone/project",
        "/Users/someone/project",
    ],
)
def test_a_registry_or_a_machine_path_is_noticed(line: str) -> None:
    assert architecture.names_a_machine(line)


def test_the_lock_files_carry_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        pins = [number for number, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]
        assert pins
        assert [lines[number] for number in pins if "--hash=sha256:" not in lines[number + 1]] == []
