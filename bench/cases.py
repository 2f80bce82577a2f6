"""What is measured: each operation, its requests, its floor, and its target (docs/performance.md)."""

import itertools
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from bench.load import Call, Source, call
from bench.seed import API, phone

JSON = {"content-type": "application/json"}
METADATA = "/.well-known/openid-configuration"
FORM = {"content-type": "application/x-www-form-urlencoded"}
PARTS = [f"ench{number}" for number in range(100, 150)]
"""Eleven to a hundred and eleven of 10,000 users have one in their name or address."""


@dataclass(frozen=True)
class Case:
    """One row of the table. `floor` names paths of bench/floor.py; targets are CPU ms on SQLite and PostgreSQL.

    Where there is no figure, `goal` says what is aimed at. `calls` are walked round and round; a source makes them up,
    for requests that can be made only once.
    """

    name: str
    calls: list[Call] | Source
    floor: list[Call]
    targets: tuple[float, float]
    connections: int = 32
    goal: str = ""


@dataclass(frozen=True)
class World:
    """What the seeded server offers to the cases."""

    user_ids: list[str]
    password_user: str
    password: str
    management_token: str
    opaque_token: str
    personal_tokens: dict[str, str]
    client_id: str
    client_secret: str


def cases(world: World) -> list[Case]:
    """Return every measured operation for one seeded server."""
    bearer = {"authorization": f"Bearer {world.management_token}"}
    writing = {**bearer, **JSON}
    ids = world.user_ids
    credentials = {
        "grant_type": "client_credentials",
        "client_id": world.client_id,
        "client_secret": world.client_secret,
        "resource": "https://default.logto.app/api",
        "scope": "all",
    }
    token = urlencode(credentials).encode()
    new_name = json.dumps({"name": "Benchmark Person"}).encode()
    new_data = json.dumps({"customData": {"theme": "dark"}}).encode()
    password = json.dumps({"password": world.password}).encode()
    rows = [call("GET", f"/row/{i}") for i in ids]
    writes = [call("GET", f"/write/{i}") for i in ids]
    verify = f"/api/users/{world.password_user}/password/verify"
    return [
        Case("get user", [call("GET", f"/api/users/{i}", headers=bearer) for i in ids], rows, (0.10, 0.18)),
        Case(
            "list 20 users",
            [call("GET", f"/api/users?page={page}", headers=bearer) for page in range(1, 20)],
            [call("GET", "/rows")],
            (0.35, 0.40),
        ),
        Case(
            "patch user",
            [call("PATCH", f"/api/users/{i}", headers=writing, body=new_name) for i in ids],
            writes,
            (0.30, 0.30),
        ),
        Case(
            "patch custom data",
            [call("PATCH", f"/api/users/{i}/custom-data", headers=writing, body=new_data) for i in ids],
            writes,
            (0.30, 0.30),
        ),
        Case("post user", partial(_new_users, writing), [call("GET", f"/create/{ids[0]}")], (0.35, 0.35)),
        Case(
            "search by part",
            [call("GET", f"/api/users?search=%25{part}%25", headers=bearer) for part in PARTS],
            [call("GET", f"/part/{part}") for part in PARTS],
            (0.0, 0.50),
            goal="bound",
        ),
        Case("exact look-up", list(_exact(bearer, len(ids))), rows, (0.0, 0.0), connections=1, goal="5 ms"),
        Case(
            "client credentials",
            [call("POST", "/oidc/token", headers=FORM, body=token)],
            [call("GET", "/sign")],
            (0.38, 0.42),
        ),
        Case(
            "userinfo",
            [call("GET", "/oidc/me", headers={"authorization": f"Bearer {world.opaque_token}"})],
            rows,
            (0.11, 0.18),
        ),
        *personal_access_tokens(world, rows),
        Case("jwks", [call("GET", "/oidc/jwks")], [call("GET", "/constant")], (0.06, 0.06)),
        Case("discovery", [call("GET", f"/oidc{METADATA}")], [call("GET", "/constant")], (0.06, 0.06)),
        Case(
            "password verify",
            [call("POST", verify, headers=writing, body=password, expected=204)],
            [call("GET", "/hash")],
            (0.0, 0.0),
            connections=4,
            goal="hash+.3",
        ),
    ]


def _exact(headers: dict[str, str], users: int) -> Iterator[Call]:
    """Look for users all over the store by address, name and number; `p99 ms` is what to look at."""
    for number in range(0, users, max(1, users // 50)):
        name = f"bench{number}"
        held = {"primaryEmail": f"{name}@example.com", "username": name, "primaryPhone": phone(number)}
        for column, value in held.items():
            query = urlencode({f"search.{column}": value, f"mode.{column}": "exact"})
            yield call("GET", f"/api/users?{query}", headers=headers)


def _new_users(headers: dict[str, str]) -> Iterator[Call]:
    """Make users without a password, no two alike."""
    while True:
        name = f"n{secrets.token_hex(8)}"
        body = {"username": name, "primaryEmail": f"{name}@example.com", "name": f"New Person {name}"}
        yield call("POST", "/api/users", headers=headers, body=json.dumps(body).encode())


def personal_access_tokens(world: World, rows: list[Call]) -> list[Case]:
    """Return the cases of personal access tokens: exchanged, listed, created."""
    bearer = {"authorization": f"Bearer {world.management_token}"}
    names = itertools.count()

    def exchange(**more: str) -> list[Call]:
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:logto:token-type:personal_access_token",
            "client_id": world.client_id,
            "client_secret": world.client_secret,
            **more,
        }
        bodies = [urlencode({**form, "subject_token": token}).encode() for token in world.personal_tokens.values()]
        return [call("POST", "/oidc/token", headers=FORM, body=body) for body in bodies]

    def create() -> Iterator[Call]:
        for number in names:
            path = f"/api/users/{world.user_ids[number % len(world.user_ids)]}/personal-access-tokens"
            body = json.dumps({"name": f"made {number}"}).encode()
            yield call("POST", path, headers={**bearer, **JSON}, body=body, expected=201)

    owned = [call("GET", f"/api/users/{i}/personal-access-tokens", headers=bearer) for i in world.personal_tokens]
    inserts = [call("GET", f"/insert/{i}/{world.client_id}") for i in world.user_ids]
    return [
        Case("exchange, opaque", exchange(scope="openid profile"), inserts, (0.30, 0.35)),
        Case("exchange, JWT", exchange(scope="read write", resource=API), [call("GET", "/sign")], (0.55, 0.60)),
        Case("list access tokens", owned, rows, (0.10, 0.18)),
        Case("create access token", create, inserts, (0.30, 0.30)),
    ]
