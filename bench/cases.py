"""What is measured: each operation, its requests, its floor, and its target (docs/performance.md)."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.load import Call, call

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Case:
    """One row of the table. `floor` names a path of bench/floor.py; targets are CPU ms on SQLite and PostgreSQL."""

    name: str
    calls: list[Call]
    floor: list[Call]
    targets: tuple[float, float]
    connections: int = 32


@dataclass(frozen=True)
class World:
    """What the seeded server offers to the cases."""

    user_ids: list[str]
    password_user: str
    password: str
    management_token: str
    opaque_token: str
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
        Case("jwks", [call("GET", "/oidc/jwks")], [call("GET", "/constant")], (0.06, 0.06)),
        Case(
            "password verify",
            [call("POST", verify, headers=writing, body=password, expected=204)],
            [call("GET", "/hash")],
            (0.0, 0.0),
            connections=4,
        ),
    ]
