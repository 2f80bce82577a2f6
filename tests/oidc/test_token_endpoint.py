"""The token endpoint: how clients prove who they are, what they are told, and the client-credentials grant."""

import base64
from typing import Any

import pytest
from sqlalchemy import update

from tests.oidc.world import JSON, PUBLIC_URL, World
from vestibule.domain.resources import ensure_resource
from vestibule.model import MANAGEMENT_RESOURCE
from vestibule.store.tables import application_secrets

pytestmark = pytest.mark.anyio

MACHINE = {"grant_type": "client_credentials", "resource": MANAGEMENT_RESOURCE, "scope": "all"}


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


async def refused(world: World, form: dict[str, Any], status: int = 400, **headers: str) -> JSON:
    """Return the error body of a token request."""
    answer = await world.post("/oidc/token", form, **headers)
    assert answer.status_code == status, answer.text
    body: JSON = answer.json()
    assert body["code"] == f"oidc.{body['error']}"
    assert body["message"]
    assert "error_uri" not in body
    assert answer.headers["cache-control"] == "no-store"
    return body


async def test_a_management_token_is_a_jwt_for_the_resource(world: World) -> None:
    """B33: never stored by caches."""
    app = await world.application("MachineToMachine", management=True)
    answer = await world.post("/oidc/token", MACHINE | app.login)
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert body.keys() == {"access_token", "expires_in", "scope", "token_type"}
    assert (body["scope"], body["expires_in"], body["token_type"]) == ("all", 3600, "Bearer")
    claims = await world.claims(body["access_token"])
    now = world.clock.now() // 1000
    assert len(claims.pop("jti")) == 43
    assert claims == {
        "sub": app.id,
        "client_id": app.id,
        "iat": now,
        "exp": now + 3600,
        "scope": "all",
        "iss": f"{PUBLIC_URL}/oidc",
        "aud": MANAGEMENT_RESOURCE,
    }
    assert (await world.keys.verify(body["access_token"]))["scope"] == "all"


async def test_nothing_asked_is_nothing_granted(world: World) -> None:
    app = await world.application("MachineToMachine", management=True)
    body = (await world.post("/oidc/token", MACHINE | app.login | {"scope": ""})).json()
    assert "scope" not in body
    assert "scope" not in await world.claims(body["access_token"])
    extra = (await world.post("/oidc/token", MACHINE | app.login | {"scope": "all fly all"})).json()
    assert extra["scope"] == "all"


async def test_without_the_role_the_token_opens_nothing(world: World) -> None:
    app = await world.application("MachineToMachine")
    body = (await world.post("/oidc/token", MACHINE | app.login)).json()
    assert "scope" not in await world.claims(body["access_token"])


async def test_a_default_resource_serves_when_none_is_named(world: World) -> None:
    app = await world.application("MachineToMachine")
    form = {"grant_type": "client_credentials", **app.login}
    body = await refused(world, form)
    assert body["error_description"] == "both `resource` and `organization_id` are not provided"
    resource = await ensure_resource(world.ctx, "https://api.example", "API", {})
    await world.change("resources", resource.id, is_default=True, access_token_ttl=120)
    body = (await world.post("/oidc/token", form)).json()
    assert body["expires_in"] == 120
    assert (await world.claims(body["access_token"]))["aud"] == "https://api.example"


async def test_a_token_is_for_one_resource(world: World) -> None:
    """B6: nothing is chosen in silence among several."""
    await ensure_resource(world.ctx, "https://api.example", "API", {})
    app = await world.application("MachineToMachine", management=True)
    body = await refused(world, MACHINE | app.login | {"resource": ["https://api.example", MANAGEMENT_RESOURCE]})
    assert (body["error"], body["error_description"]) == ("invalid_target", "only one resource can be named")
    twice = MACHINE | app.login | {"resource": [MANAGEMENT_RESOURCE, MANAGEMENT_RESOURCE]}
    assert (await world.post("/oidc/token", twice)).status_code == 200


@pytest.mark.parametrize(
    ("extra", "status", "error"),
    [
        ({"resource": "https://unknown.example"}, 400, "invalid_target"),
        ({"organization_id": "o"}, 403, "access_denied"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "invalid_request"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}, 400, "invalid_request"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
async def test_grants_that_are_not_the_clients(world: World, extra: dict[str, str], status: int, error: str) -> None:
    """B31: password and unregistered grants."""
    app = await world.application("MachineToMachine", management=True)
    assert (await refused(world, MACHINE | app.login | extra, status))["error"] == error


async def test_a_public_client_is_no_machine(world: World) -> None:
    """B31: a grant of another type of application."""
    app = await world.application("SPA")
    body = await refused(world, MACHINE | app.login)
    assert body["error_description"] == "requested grant type is not allowed for this client"


async def test_header_and_body_are_interchangeable(world: World) -> None:
    app = await world.application("MachineToMachine", management=True)
    header = basic(app.id, app.secret or "")
    assert (await world.post("/oidc/token", MACHINE, authorization=header)).status_code == 200
    with_id = MACHINE | {"client_id": app.id}
    assert (await world.post("/oidc/token", with_id, authorization=header)).status_code == 200
    as_json = await world.client().post("/oidc/token", json=MACHINE | app.login)
    assert as_json.status_code == 200


async def test_an_sdk_without_secret_sends_an_empty_one(world: World) -> None:
    app = await world.application("SPA")
    body = await refused(world, {"grant_type": "refresh_token", "refresh_token": "x"}, authorization=basic(app.id, ""))
    assert body["error"] == "invalid_grant"
    assert body["error_description"] == "grant request is invalid"


MALFORMED = "invalid authorization header value format"
NO_MECHANISM = "no client authentication mechanism provided"
TWO_MECHANISMS = "client authentication must only be provided using one mechanism"
FAILED = "client authentication failed"
CREDENTIALS: list[tuple[dict[str, str], str, int, str, str]] = [
    ({"client_id": "nobody"}, "", 400, "invalid_client", "invalid client nobody"),
    ({}, "", 400, "invalid_request", NO_MECHANISM),
    ({}, "Basic !!!", 400, "invalid_request", MALFORMED),
    ({}, "Basic " + base64.b64encode(b"no colon").decode(), 400, "invalid_request", MALFORMED),
    ({}, "Basic " + base64.b64encode(b"a:\xff").decode(), 400, "invalid_request", MALFORMED),
    ({}, "Basic " + base64.b64encode(b"a%00:b").decode(), 400, "invalid_request", MALFORMED),
    ({}, "Bearer abc", 400, "invalid_request", MALFORMED),
    ({"client_secret": "x"}, "HEADER", 400, "invalid_request", TWO_MECHANISMS),
    ({"client_id": "other"}, "HEADER", 400, "invalid_request", "client_id mismatch"),
    ({"client_id": "APP", "client_secret": "wrong"}, "", 401, "invalid_client", FAILED),
    ({"client_id": "APP"}, "", 401, "invalid_client", FAILED),
    ({"client_id": "SPA", "client_secret": "x"}, "", 401, "invalid_client", FAILED),
]


@pytest.mark.parametrize(("form", "header", "status", "error", "description"), CREDENTIALS)
async def test_each_way_to_fail_has_its_answer(
    world: World, form: dict[str, str], header: str, status: int, error: str, description: str
) -> None:
    app, spa = await world.application("MachineToMachine"), await world.application("SPA")
    ids = {"APP": app.id, "SPA": spa.id}
    filled = {name: ids.get(value, value) for name, value in form.items()}
    headers = {"authorization": basic(app.id, app.secret or "") if header == "HEADER" else header} if header else {}
    body = await refused(world, MACHINE | filled, status, **headers)
    assert (body["error"], body["error_description"]) == (error, description)


async def test_a_wrong_secret_in_the_header_is_challenged(world: World) -> None:
    app = await world.application("MachineToMachine")
    answer = await world.post("/oidc/token", MACHINE, authorization=basic(app.id, "wrong"))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Basic realm="{PUBLIC_URL}/oidc"'


async def test_an_expired_secret_says_so(world: World) -> None:
    app = await world.application("MachineToMachine", management=True)
    await world.execute(update(application_secrets).values(expires_at=1))
    body = await refused(world, MACHINE | app.login)
    assert body["error_description"] == "client secret has expired"


async def test_wrong_secrets_are_limited_without_locking_the_client_out(world: World) -> None:
    """B32: twenty a minute; the right secret still works."""
    app = await world.application("MachineToMachine", management=True)
    statuses = [
        (await world.post("/oidc/token", MACHINE | {"client_id": app.id, "client_secret": "x"})).status_code
        for _ in range(22)
    ]
    assert statuses == [401] * 20 + [429] * 2
    body = await refused(world, MACHINE | {"client_id": app.id, "client_secret": "x"}, 429)
    assert body["error"] == "slow_down"
    assert (await world.post("/oidc/token", MACHINE | app.login)).status_code == 200
    world.clock.advance(seconds=61)
    await refused(world, MACHINE | {"client_id": app.id, "client_secret": "x"}, 401)


async def test_secrets_are_stored_as_keyed_digests(world: World) -> None:
    """B98: the value itself only sealed."""
    app = await world.application("MachineToMachine")
    assert app.secret
    assert app.secret not in await world.dump(application_secrets)


async def test_bad_bodies_are_refused(world: World) -> None:
    client = world.client()
    odd = await client.post("/oidc/token", content=b"{}", headers={"content-type": "application/json1"})
    assert odd.status_code == 400
    assert "content-type bodies are supported on POST /token" in odd.json()["error_description"]
    broken = await client.post("/oidc/token", content=b"{", headers={"content-type": "application/json"})
    assert broken.json()["error_description"] == "no client authentication mechanism provided"
    null = await client.post("/oidc/token", data={"client_id": "a\0b"})
    assert null.json()["error_description"] == "null bytes are not allowed in the request body"
    twice = await client.post(
        "/oidc/token",
        content=b"client_id=a&client_id=b",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert twice.json()["error_description"] == "'client_id' parameter must not be provided twice"
    for json in (b'{"client_id":"a","client_id":"b"}', b'{"client_id":["a","b"]}'):
        twice = await client.post("/oidc/token", content=json, headers={"content-type": "application/json"})
        assert twice.json()["error_description"] == "'client_id' parameter must not be provided twice"
    plain = await client.post("/oidc/token?parse_error=false", data={"client_id": "nobody"})
    assert plain.json() == {"error": "invalid_client", "error_description": "invalid client nobody"}


async def test_lone_surrogates_and_odd_text_are_refused_cleanly(world: World) -> None:
    """B89: never 500."""
    for body in (b'{"client_id":"\\ud800"}', b'{"client_id":"\xf0\x9f\x98\x80"}', b'{"client_id":{"a":1}}', b"[]"):
        answer = await world.client().post("/oidc/token", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400
    assert world.lines == []
