"""Our OpenAPI document against the server that serves it: whatever is sent, the answer is a declared one (B90).

A short run by default; VESTIBULE_TEST_EXAMPLES=100 asks every operation so often in each of two ways.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from tests.world import JSON, URL, World, worlds

LONG = os.environ.get("VESTIBULE_TEST_EXAMPLES", "")
SHORT_RUN = 400
"""Cases of a short run, shared between all operations."""
TOKEN_MS = 3_000_000
AnyCase = Case[Any]
Operation = APIOperation[Any, Any, Any, Any]
CHECKED = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


async def nobody(host: str, port: int) -> list[str]:
    """Know no host."""
    raise OSError


class Fuzz:
    """A server, its document, and what there is to name in paths."""

    def __init__(self, database_url: str, folder: Path) -> None:
        load_all_checks()
        self.checks: list[Any] = list(CHECKS.get_by_names(CHECKED))
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.world: World = self.runner.run(self.stack.enter_async_context(worlds(database_url, folder)))
        self.world.server.ctx.outgoing._resolver = nobody  # connectors are made up, too
        self.document: JSON = self.call("GET", "/swagger.json").json()
        self.seed()
        self.sent = 0

    def close(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def call(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        return self.runner.run(self.world.call(method, path, body))

    def seed(self) -> None:
        """Make one of each thing, so that paths can name what exists."""
        user = self.call(
            "POST", "/users", {"username": "ada", "password": "x", "primaryEmail": "ada@example.com"}
        ).json()
        self.call("POST", f"/users/{user['id']}/personal-access-tokens", {"name": "mine"})
        self.call("POST", f"/users/{user['id']}/mfa-verifications", {"type": "Totp"})
        resource = self.call("POST", "/resources", {"name": "Api", "indicator": "https://api.example"}).json()
        self.call("POST", f"/resources/{resource['id']}/scopes", {"name": "read", "description": ""})

    def known(self, template: str) -> dict[str, str]:
        """Return real values for the parameters of a path: the first of the list that its beginning names."""
        values: dict[str, str] = {}
        path = ""
        for segment in template.removeprefix("/api").split("/")[1:]:
            if segment.startswith("{"):
                listed = self.call("GET", path)
                items = listed.json() if listed.status_code == 200 else []
                if not isinstance(items, list) or not items:
                    return {}
                item = items[-1]
                value = quote(str(item.get("id", item.get("name"))), safe="")
                values[segment.strip("{}")] = value
                path += f"/{value}"
            else:
                path += f"/{segment}"
        return values

    def send(self, case: AnyCase) -> httpx2.Response:
        """Send what was made up, with a good token."""
        if self.world.clock.now() % TOKEN_MS < 1000:
            self.world.token = ""
        self.world.clock.advance(seconds=1)
        kwargs = case.as_transport_kwargs(base_url=URL)
        url = f"{kwargs['url']}?{urlencode(kwargs.get('params') or {}, doseq=True)}"
        headers = {name: value for name, value in kwargs["headers"].items() if name.lower() == "content-type"}

        async def sent() -> httpx2.Response:
            headers["authorization"] = f"Bearer {await self.world.management_token()}"
            client = self.world.client
            request = client.build_request(
                kwargs["method"], url, headers=headers, content=kwargs.get("data"), json=kwargs.get("json")
            )
            return await client.send(request)

        self.sent += 1
        return self.runner.run(sent())

    def check(self, case: AnyCase) -> None:
        """Send a case: never a fault of ours, never an undeclared status, never a body outside its schema."""
        answer = self.send(case)
        assert answer.status_code not in {500, 502, 503, 504}, (answer.text, self.world.lines[-2:])
        case.validate_response(answer, checks=self.checks)


@pytest.fixture
def fuzz(database_url: str, tmp_path: Path) -> Iterator[Fuzz]:
    made = Fuzz(database_url, tmp_path)
    yield made
    made.close()


def faults_of(fuzz: Fuzz, operation: Operation, mode: GenerationMode, examples: int) -> list[str]:
    """Try one operation so often; returns the first fault that was found, made small."""
    known = fuzz.known(operation.path)

    @given(case=operation.as_strategy(generation_mode=mode), named=st.sampled_from([True, True, False]))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=not LONG,
        suppress_health_check=list(HealthCheck),
    )
    def one(case: AnyCase, named: bool) -> None:
        if named and known:
            case.path_parameters = {**known}
        fuzz.check(case)

    try:
        one()
    except Unsatisfiable:
        # Some operations take nothing that could be wrong.
        return [] if mode is GenerationMode.NEGATIVE else [f"{operation.label} was never tried"]
    except Exception as error:
        return [f"{operation.label} {mode.value}: {error!r}"]
    return []


def test_whatever_is_sent_the_answer_is_a_declared_one(fuzz: Fuzz) -> None:
    """B90: every operation, with what fits its schema and with what does not."""
    found = schemathesis.openapi.from_dict(fuzz.document).get_all_operations()
    operations = [result.ok() for result in found if isinstance(result, Ok)]
    assert len(operations) == sum(len(path) for path in fuzz.document["paths"].values()) > 20
    examples = int(LONG or max(4, SHORT_RUN // (2 * len(operations))))
    faults = []
    for operation in operations:
        faults += faults_of(fuzz, operation, GenerationMode.POSITIVE, examples)
        if operation.body or operation.query:  # what is in a path can hardly be wrong
            faults += faults_of(fuzz, operation, GenerationMode.NEGATIVE, examples)
    print(f"{fuzz.sent} cases on {len(operations)} operations")
    assert faults == [], "\n".join(faults)
