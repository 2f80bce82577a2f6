"""`vestibule keys` beside running servers."""

import contextlib
import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest
from joserfc import jws

from tests.live import Live, live_servers
from vestibule.clock import SystemClock

SOON = 15
RESOURCE = "https://default.logto.app/api"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("rotation")
    with live_servers(folder, "sqlite:///var/vestibule.db", "sqlite:///var/account.db") as servers:
        yield servers


def fetch(request: "str | urllib.request.Request") -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def becomes(live: Live, ask: Callable[[], object], wanted: object) -> None:
    """Ask until the answer is as wanted; running servers have a few seconds."""
    until = monotonic() + SOON
    while (seen := ask()) != wanted and monotonic() < until:
        with contextlib.suppress(subprocess.TimeoutExpired):
            live.process.wait(0.2)
    assert seen == wanted


def test_running_servers_follow_every_rotation(live: Live) -> None:
    """B113: published soon, signing in its time, the old tokens good until their key is withdrawn."""
    app = live.application("machine-to-machine", "--management")

    def kids() -> list[str]:
        return [key["kid"] for key in fetch(f"{live.identity}/oidc/jwks")[1]["keys"]]

    def token() -> str:
        form = {"grant_type": "client_credentials", "resource": RESOURCE, "scope": "all"}
        form |= {"client_id": app["id"], "client_secret": app["secret"]}
        body = urllib.parse.urlencode(form).encode()
        return str(fetch(urllib.request.Request(f"{live.identity}/oidc/token", body))[1]["access_token"])

    def signer(token: str) -> str:
        return str(jws.extract_compact(token.encode()).headers()["kid"])

    def status(token: str) -> int:
        bearer = {"authorization": f"Bearer {token}"}
        return fetch(urllib.request.Request(f"{live.identity}/api/users", headers=bearer))[0]

    (first,), before = kids(), token()
    waiting = json.loads(live.command("keys", "rotate", "--json"))
    becomes(live, kids, [first, waiting["kid"]])
    assert waiting["signsAt"] > SystemClock().now() + 3_000_000
    assert signer(token()) == first

    second = json.loads(live.command("keys", "rotate", "--now", "--json"))["kid"]
    becomes(live, kids, [second, first])
    assert signer(token()) == second
    assert (status(before), status(token())) == (200, 200)

    live.command("keys", "withdraw")
    becomes(live, kids, [second])
    assert (status(before), status(token())) == (401, 200)
