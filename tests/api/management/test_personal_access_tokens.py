"""Personal access tokens through the Management API: every answer of the contract, in its order."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import JSON, URL, World, worlds
from vestibule.api.management.personal_access_tokens import LAST_TIME
from vestibule.client import AsyncManagementClient, NotFound, subject_tokens
from vestibule.client import personal_access_tokens as tokens
from vestibule.domain.shown_secrets import HIDDEN

pytestmark = pytest.mark.anyio

MINUTE = 60_000


async def owner(world: World) -> str:
    """Create a user; returns the path of the tokens."""
    return f"/users/{(await world.user())['id']}/personal-access-tokens"


async def made(world: World, path: str, name: str = "deploy", **more: Any) -> JSON:
    answer = await world.call("POST", path, {"name": name, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def names(world: World, path: str) -> list[str]:
    return [token["name"] for token in (await world.call("GET", path)).json()]


async def refusal(world: World, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = await world.call(method, path, body)
    return answer.status_code, answer.json()["code"]


async def test_a_token_is_made_and_shown_again_in_the_list(world: World) -> None:
    path = await owner(world)
    assert (await world.call("GET", path)).json() == []
    token = await made(world, path)
    assert re.fullmatch(r"pat_[0-9A-Za-z]{32}", token["value"])
    assert token == {
        "tenantId": "default",
        "userId": path.split("/")[2],
        "name": "deploy",
        "value": token["value"],
        "createdAt": world.clock.now(),
        "expiresAt": None,
        "lastUsedAt": None,
    }
    world.clock.advance(seconds=1)
    second = await made(world, path, "second", expiresAt=world.clock.now() + MINUTE + 0.7)
    assert second["expiresAt"] == world.clock.now() + MINUTE
    assert (await world.call("GET", path)).json() == [token, second]
    world.clock.advance(seconds=61)
    assert await names(world, path) == ["deploy", "second"]  # expired ones included


async def test_lists_of_unknown_users_are_not_empty_but_missing(world: World) -> None:
    assert await refusal(world, "GET", "/users/nobody/personal-access-tokens") == (404, "entity.not_found")


async def test_a_token_of_an_unknown_user_lacks_its_relation(world: World) -> None:
    body = {"name": "x"}
    for user_id in ("nobody", "n" * 13, "n" * 21):
        found = await refusal(world, "POST", f"/users/{user_id}/personal-access-tokens", body)
        assert found == (404, "entity.relation_foreign_key_not_found")
    found = await refusal(world, "POST", f"/users/{'n' * 22}/personal-access-tokens", body)
    assert found == (422, "entity.value_too_long")


BAD_BODIES: list[Any] = [
    {},
    {"name": ""},
    {"name": "n" * 257},
    {"name": "🦊" * 129},
    {"name": None},
    {"name": 1},
    {"name": "a\0b"},
    {"name": "x", "expiresAt": "2030-01-01"},
    {"name": "x", "expiresAt": True},
    {"name": "x", "expiresAt": LAST_TIME + 1},
    {"name": "x", "expiresAt": 1e300},
    [],
]


@pytest.mark.parametrize("body", BAD_BODIES)
async def test_a_faulty_body_is_refused_before_the_user_is_looked_for(world: World, body: Any) -> None:
    found = await refusal(world, "POST", "/users/nobody/personal-access-tokens", body)
    assert found == (400, "guard.invalid_input")


async def test_absurd_numbers_and_texts_are_the_callers_fault(world: World) -> None:
    """B89: never 500."""
    path = await owner(world)
    headers = {"authorization": f"Bearer {await world.management_token()}", "content-type": "application/json"}
    odd = [b"1e400", b"-1e400", b"9" * 400, b"-" + b"9" * 400, b"9" * 20, b"NaN", b"-1", b"[1]", b"{}"]
    for number in odd:
        body = b'{"name":"x","expiresAt":' + number + b"}"
        answer = await world.client.post(f"/api{path}", content=body, headers=headers)
        assert answer.status_code == 400, number
    for name in (b'"\\ud800"', b'"\xff"', b'"\\u0000"'):
        answer = await world.client.post(f"/api{path}", content=b'{"name":' + name + b"}", headers=headers)
        assert 400 <= answer.status_code < 500, name
    assert await names(world, path) == []


async def test_an_expiry_that_has_passed_is_refused(world: World) -> None:
    path = await owner(world)
    now = world.clock.now()
    for past in (now, now - 1, 1, 0.5, -1, -1e300):
        assert await refusal(world, "POST", path, {"name": "x", "expiresAt": past}) == (400, "request.invalid_input")
    # The body comes first, then the expiry, then the user.
    elsewhere = "/users/nobody/personal-access-tokens"
    assert await refusal(world, "POST", elsewhere, {"name": "x", "expiresAt": 1}) == (400, "request.invalid_input")
    assert (await made(world, path, expiresAt=now + 1))["expiresAt"] == now + 1
    assert (await made(world, path, "far", expiresAt=LAST_TIME))["expiresAt"] == LAST_TIME


@pytest.mark.parametrize("zero", [0, -0.0, None])
async def test_no_expiry_and_zero_mean_never_and_are_shown_so(world: World, zero: object) -> None:
    path = await owner(world)
    assert (await made(world, path, expiresAt=zero))["expiresAt"] is None


async def test_a_name_is_unique_for_its_user_alone_and_in_its_case(world: World) -> None:
    path, other = await owner(world), await owner(world)
    await made(world, path)
    taken = (422, "user.personal_access_token_name_exists")
    assert await refusal(world, "POST", path, {"name": "deploy"}) == taken
    await made(world, path, "Deploy")
    await made(world, other)
    assert await refusal(world, "PATCH", path, {"currentName": "Deploy", "name": "deploy"}) == taken
    assert await refusal(world, "PATCH", f"{path}/Deploy", {"name": "deploy"}) == taken
    assert sorted(await names(world, path)) == ["Deploy", "deploy"]


async def test_a_token_is_renamed_by_either_way(world: World) -> None:
    path = await owner(world)
    token = await made(world, path, expiresAt=world.clock.now() + MINUTE)
    by_body = await world.call("PATCH", path, {"currentName": "deploy", "name": "b", "expiresAt": 1, "value": "x"})
    assert (by_body.status_code, by_body.json()) == (200, token | {"name": "b"})
    by_path = await world.call("PATCH", f"{path}/b", {"name": "c", "currentName": "deploy"})
    assert (by_path.status_code, by_path.json()) == (200, token | {"name": "c"})
    itself = await world.call("PATCH", path, {"name": "c"})
    assert (itself.status_code, itself.json()) == (200, token | {"name": "c"})
    assert (await world.call("PATCH", f"{path}/c", {"name": "c"})).status_code == 200
    assert (await world.call("GET", path)).json() == [token | {"name": "c"}]


async def test_renaming_what_is_not_there_says_so_and_never_looks_at_the_user(world: World) -> None:
    path, other = await owner(world), await owner(world)
    await made(world, path)
    missing = (404, "entity.not_exists")
    assert await refusal(world, "PATCH", path, {"name": "b"}) == missing
    assert await refusal(world, "PATCH", path, {"name": "b", "currentName": ""}) == missing
    assert await refusal(world, "PATCH", f"{path}/a", {"name": "deploy"}) == missing
    for elsewhere in (other, "/users/nobody/personal-access-tokens"):
        assert await refusal(world, "PATCH", elsewhere, {"name": "b", "currentName": "deploy"}) == missing
        assert await refusal(world, "PATCH", f"{elsewhere}/deploy", {"name": "b"}) == missing
    for body in ({}, {"name": ""}, {"name": "n" * 257}, {"name": "b", "currentName": None}):
        assert await refusal(world, "PATCH", path, body) == (400, "guard.invalid_input")
    for body in ({}, {"name": ""}, {"name": "n" * 257}):
        assert await refusal(world, "PATCH", f"{path}/deploy", body) == (400, "guard.invalid_input")


async def test_a_token_is_deleted_by_either_way(world: World) -> None:
    path, other = await owner(world), await owner(world)
    missing = (404, "entity.not_found")
    await made(world, path, "a")
    await made(world, path, "b")
    for elsewhere in (other, "/users/nobody/personal-access-tokens"):
        assert await refusal(world, "DELETE", f"{elsewhere}/a") == missing
        assert await refusal(world, "POST", f"{elsewhere}/delete", {"name": "a"}) == missing
    for name in ("", "n" * 300, "A"):
        assert await refusal(world, "POST", f"{path}/delete", {"name": name}) == missing
    assert await refusal(world, "POST", f"{path}/delete", {}) == (400, "guard.invalid_input")
    for answer in (
        await world.call("DELETE", f"{path}/a"),
        await world.call("POST", f"{path}/delete", {"name": "b"}),
    ):
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-type" not in answer.headers
    assert await refusal(world, "DELETE", f"{path}/a") == missing
    assert await names(world, path) == []


@pytest.mark.parametrize("name", ["a/b", "délété", "%41", "a b", "?", "#", "delete", "🦊", "%2F", "a%00b", "+"])
async def test_any_name_is_reached_in_the_path(world: World, name: str) -> None:
    path = await owner(world)
    await made(world, path, name)
    await made(world, path, "other")
    renamed = await world.call("PATCH", f"{path}/{quote(name, safe='')}", {"name": name})
    assert renamed.status_code == 200, renamed.text
    assert (await world.call("DELETE", f"{path}/{quote(name, safe='')}")).status_code == 204
    assert await names(world, path) == ["other"]


async def test_nul_in_the_path_is_refused(world: World) -> None:
    """B89."""
    path = await owner(world)
    assert await refusal(world, "DELETE", f"{path}/a%00b") == (400, "guard.invalid_input")


async def test_tokens_go_with_their_user(world: World) -> None:
    path = await owner(world)
    await made(world, path)
    assert (await world.call("DELETE", path.rpartition("/")[0])).status_code == 204
    assert await refusal(world, "GET", path) == (404, "entity.not_found")


async def test_a_personal_access_token_opens_no_api(world: World) -> None:
    """B86: it is not a bearer token; it cannot mint others."""
    path = await owner(world)
    headers = {"authorization": f"Bearer {(await made(world, path))['value']}"}
    for method, place in (("GET", path), ("POST", path), ("DELETE", f"{path}/deploy")):
        answer = await world.client.request(method, f"/api{place}", headers=headers, json={"name": "more"})
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthorized")
    assert (await world.client.get("/oidc/me", headers=headers)).status_code == 401


async def test_a_value_shown_once_is_masked_ever_after(database_url: str, tmp_path: Path) -> None:
    async with worlds(database_url, tmp_path, VESTIBULE_SHOW_TOKENS="once") as world:
        path = await owner(world)
        token = await made(world, path)
        assert token["value"].startswith("pat_")
        masked = token | {"value": HIDDEN}
        assert (await world.call("GET", path)).json() == [masked]
        assert (await world.call("PATCH", path, {"name": "deploy"})).json() == masked


async def test_our_own_client_does_it_all_by_name_in_the_body(world: World) -> None:
    user_id = (await world.user())["id"]
    client_id, secret = await world.app("MachineToMachine", management=True)
    transport = httpx2.ASGITransport(app=world.server.app)
    async with AsyncManagementClient(URL, client_id, secret, transport=transport) as management:
        token = await management.send(tokens.create(user_id, "..", expires_at=world.clock.now() + MINUTE))
        assert token.expires_at == world.clock.now() + MINUTE
        renamed = await management.send(tokens.rename(user_id, "..", "a/b"))
        assert await management.send(tokens.find(user_id)) == [renamed]
        assert (renamed.name, renamed.value) == ("a/b", token.value)
        await management.send(tokens.delete(user_id, "a/b"))
        with pytest.raises(NotFound) as caught:
            await management.send(tokens.delete(user_id, "a/b"))
        assert caught.value.code == "entity.not_found"
        made = await management.send(subject_tokens.create(user_id, {"ticket": 7}))
        assert (made.subject_token[:4], made.expires_in) == ("sub_", 600)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=256))
async def test_every_name_comes_back_as_it_was_sent(shared_world: tuple[World, str], name: str) -> None:
    world, path = shared_world
    if len(name.encode("utf-16-le")) > 512:
        return
    assert (await made(world, path, name))["name"] == name
    assert await names(world, path) == [name]
    assert (await world.call("POST", f"{path}/delete", {"name": name})).status_code == 204


@pytest.fixture
async def shared_world(world: World) -> tuple[World, str]:
    """A world and the tokens of one user, the same for every example."""
    return world, await owner(world)
