"""Who users are at social and enterprise providers: put, shown, removed, and never of two users at once."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from tests.world import World
from vestibule.client import AsyncManagementClient, NotFound, Refused, identities, organizations, users
from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import user_identities

pytestmark = pytest.mark.anyio

HELD: Statement[Row] = Statement(select(user_identities))
DETAILS = {"name": "Ada", "deep": [{"a": None, "n": 12345678901234567890}], "ü": "ß"}


def path(user: dict[str, Any], target: str = "github") -> str:
    return f"/users/{user['id']}/identities/{target}"


async def put(world: World, user: dict[str, Any], target: str = "github", **body: Any) -> tuple[int, Any]:
    answer = await world.call("PUT", path(user, target), body)
    return answer.status_code, answer.json()


async def table(world: World) -> set[tuple[object, ...]]:
    async with world.server.ctx.db.read() as tx:
        return {tuple(row) for row in await tx.all(HELD)}


async def test_an_identity_is_new_once_and_then_replaced_as_a_whole(world: World) -> None:
    user = await world.user()
    assert await put(world, user, userId="7", details=DETAILS, more=1) == (
        201,
        {"github": {"userId": "7", "details": DETAILS}},
    )
    assert await put(world, user, "google", userId="g") == (
        201,
        {"github": {"userId": "7", "details": DETAILS}, "google": {"userId": "g"}},
    )
    assert await put(world, user, userId="8") == (200, {"github": {"userId": "8"}, "google": {"userId": "g"}})
    assert await table(world) == {(user["id"], "github", "8"), (user["id"], "google", "g")}


async def test_users_are_shown_with_their_identities_and_the_time_of_the_change(world: World) -> None:
    user = await world.user(username="ada")
    world.clock.advance(seconds=5)
    await put(world, user, userId="7", details=DETAILS)
    shown = (await world.call("GET", f"/users/{user['id']}")).json()
    assert shown["identities"] == {"github": {"userId": "7", "details": DETAILS}}
    assert shown["updatedAt"] == user["updatedAt"] + 5000
    [listed] = (await world.call("GET", "/users")).json()
    assert listed == shown
    assert (await world.call("GET", path(user))).json() == {"identity": shown["identities"]["github"]}
    everything = (await world.call("GET", f"/users/{user['id']}/all-identities")).json()
    assert everything == {
        "socialIdentities": [{"target": "github", "identity": shown["identities"]["github"]}],
        "ssoIdentities": [],
    }


async def test_a_removed_identity_is_gone_and_the_user_is_shown(world: World) -> None:
    user, other = await world.user(username="ada"), await world.user()
    await put(world, user, userId="7")
    await put(world, user, "google", userId="7")
    removed = await world.call("DELETE", path(user))
    assert removed.status_code == 200
    assert removed.json() == (await world.call("GET", f"/users/{user['id']}")).json()
    assert removed.json()["identities"] == {"google": {"userId": "7"}}
    for method in ("GET", "DELETE"):
        assert await world.refusal(method, path(user)) == (404, "user.identity_not_exist")
    assert (await put(world, other, userId="7"))[0] == 201


async def test_an_identity_belongs_to_one_user(world: World) -> None:
    ada, bob = await world.user(), await world.user()
    await put(world, ada, userId="7", details=DETAILS)
    for given in ({"userId": "7"}, {"userId": "7", "details": {}}):
        assert await world.refusal("PUT", path(bob), given) == (422, "user.identity_already_in_use")
    assert (await world.call("GET", f"/users/{bob['id']}/all-identities")).json()["socialIdentities"] == []
    assert (await put(world, ada, userId="7"))[0] == 200, "one's own is not in use"
    assert (await put(world, bob, "Github", userId="7"))[0] == 201, "targets are told apart by case"
    assert (await put(world, bob, userId="07"))[0] == 201
    await put(world, ada, userId="8")
    assert (await put(world, bob, userId="7"))[0] == 200, "what was left is free"


async def test_of_many_users_at_once_one_gets_an_identity(world: World) -> None:
    """Both what is shown and what is unique say the same one; the rest are told, and nothing of theirs is kept."""
    people = [await world.user() for _ in range(8)]
    for round_ in range(3):
        answers = await asyncio.gather(*(put(world, user, userId=str(round_)) for user in people))
        assert sorted(status for status, _ in answers if status == 422) == [422] * 7
        shown = {user["id"]: user["identities"] for user in (await world.call("GET", "/users")).json()}
        holders = [user for user, held in shown.items() if held.get("github", {}).get("userId") == str(round_)]
        assert [row[0] for row in await table(world) if row[2] == str(round_)] == holders
        assert len(holders) == 1


async def test_two_users_who_trade_identities_are_refused_and_do_not_wait_for_each_other(world: World) -> None:
    ada, bob = await world.user(), await world.user()
    await put(world, ada, userId="a")
    await put(world, bob, userId="b")
    answers = await asyncio.gather(*(put(world, ada, userId="b"), put(world, bob, userId="a")) * 4)
    assert {(status, body["code"]) for status, body in answers} == {(422, "user.identity_already_in_use")}


async def test_changes_of_one_user_at_once_are_all_kept(world: World) -> None:
    user = await world.user()
    targets = [f"t{number}" for number in range(8)]
    answers = await asyncio.gather(*(put(world, user, target, userId="7") for target in targets))
    assert [status for status, _ in answers] == [201] * 8
    assert set((await world.call("GET", f"/users/{user['id']}")).json()["identities"]) == set(targets)
    removals = await asyncio.gather(*(world.call("DELETE", path(user, "t0")) for _ in range(4)))
    assert sorted(answer.status_code for answer in removals) == [200, 404, 404, 404]


@pytest.mark.parametrize(
    ("target", "user_id"), [("a%2Fb", ""), ("%C3%BC%20%25", "x" * 256), ("toString", "'"), ("__proto__", "\\u0000")]
)
async def test_targets_and_ids_are_any_text(world: World, target: str, user_id: str) -> None:
    user = await world.user()
    status, held = await put(world, user, target, userId=user_id)
    assert (status, list(held.values())) == (201, [{"userId": user_id}])
    assert (await world.call("GET", path(user, target))).json() == {"identity": {"userId": user_id}}
    assert (await world.call("DELETE", path(user, target))).json()["identities"] == {}


@pytest.mark.parametrize(
    ("target", "body", "refusal"),
    [
        ("github", {}, (400, "guard.invalid_input")),
        ("github", {"userId": None}, (400, "guard.invalid_input")),
        ("github", {"userId": 7}, (400, "guard.invalid_input")),
        ("github", {"userId": "7", "details": None}, (400, "guard.invalid_input")),
        ("github", {"userId": "7", "details": []}, (400, "guard.invalid_input")),
        ("github", {"userId": "7", "details": {"a": "\0"}}, (400, "guard.invalid_input")),
        ("gith%00ub", {"userId": "7"}, (400, "guard.invalid_input")),
        ("git%22hub", {"userId": "7"}, (422, "entity.invalid_input")),
        ("t" * 129, {"userId": "7"}, (422, "entity.value_too_long")),
        ("github", {"userId": "7" * 257}, (422, "entity.value_too_long")),
    ],
)
async def test_what_cannot_be_an_identity_is_refused_and_nothing_is_kept(
    world: World, target: str, body: Any, refusal: tuple[int, str]
) -> None:
    """B89."""
    user = await world.user()
    assert await world.refusal("PUT", path(user, target), body) == refusal
    assert await table(world) == set()
    assert (await world.call("GET", f"/users/{user['id']}")).json() == user


async def test_an_unknown_user_is_said_first(world: World) -> None:
    nobody = {"id": "nobody"}
    missing = (404, "entity.not_found")
    for method in ("GET", "DELETE"):
        assert await world.refusal(method, path(nobody)) == missing
    for target in ("github", 'git"hub', "t" * 129):
        assert await world.refusal("PUT", path(nobody, target), {"userId": "7"}) == missing
    assert await world.refusal("PUT", path(nobody), {}) == (400, "guard.invalid_input")
    for rest in ("all-identities", "sso-identities/x", "organizations"):
        assert await world.refusal("GET", f"/users/nobody/{rest}") == missing


async def test_nobody_has_an_identity_at_an_enterprise_or_is_in_an_organization(world: World) -> None:
    user = await world.user()
    missing = (404, "user.enterprise_sso_identity_not_exists")
    assert await world.refusal("GET", f"/users/{user['id']}/sso-identities/any") == missing
    assert (await world.call("GET", f"/users/{user['id']}/organizations")).json() == []
    answer = await world.call("GET", f"/users/{user['id']}/sso-identities")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")


async def test_asking_for_the_tokens_of_providers_adds_none_where_none_are_kept(world: World) -> None:
    user = await world.user()
    await put(world, user, userId="7")
    for address in (path(user), f"/users/{user['id']}/all-identities"):
        plain = await world.call("GET", address)
        for query in ("includeTokenSecret=true", "includeTokenSecret=", "includeTokenSecret"):
            assert (await world.call("GET", f"{address}?{query}")).json() == plain.json()
        twice = f"{address}?includeTokenSecret=1&includeTokenSecret=1"
        assert await world.refusal("GET", twice) == (400, "guard.invalid_input")


async def test_no_connector_says_who_somebody_is_yet(world: World) -> None:
    """The contract's refusals of connectors that are not social: there are no others."""
    user = await world.user()
    connector = (await world.call("GET", "/connectors")).json()[0]["id"]
    address = f"/users/{user['id']}/identities"
    for body, refusal in (
        ({"connectorId": connector, "connectorData": {}}, (422, "session.invalid_connector_id")),
        ({"connectorId": "unknown", "connectorData": {}}, (404, "entity.not_found")),
        ({"connectorId": connector}, (400, "guard.invalid_input")),
        ({"connectorId": connector, "connectorData": None}, (400, "guard.invalid_input")),
    ):
        assert await world.refusal("POST", address, body) == refusal
    body = {"connectorId": connector, "connectorData": {}}
    assert await world.refusal("POST", "/users/nobody/identities", body) == (404, "entity.not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_identities_without_a_target_can_only_be_posted(world: World, method: str) -> None:
    """The documentation's table spells them so; the contract's server has a target in each path."""
    answer = await world.call(method, f"/users/{(await world.user())['id']}/identities")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_each_change_leaves_an_entry_in_the_audit_trail(world: World) -> None:
    """B95."""
    user, other = await world.user(), await world.user()
    await put(world, user, userId="7")
    await put(world, other, userId="7")
    await world.call("DELETE", path(user))
    entries = (await world.call("GET", "/logs")).json()
    found = {(entry["key"], entry["payload"].get("userId"), entry["payload"].get("error")) for entry in entries}
    put_key, delete_key = (f"Management.{way} /users/{{userId}}/identities/{{target}}" for way in ("PUT", "DELETE"))
    assert found >= {
        (put_key, user["id"], None),
        (put_key, other["id"], "user.identity_already_in_use"),
        (delete_key, user["id"], None),
    }
    [entry] = [entry for entry in entries if entry["key"] == delete_key]
    assert entry["payload"]["params"] == {"userId": user["id"], "target": "github"}


async def test_the_life_of_an_identity_with_the_typed_client(management: AsyncManagementClient) -> None:
    user = await management.send(users.create(username="ada"))
    held = await management.send(identities.put(user.id, "github", "7", details={"name": "Ada"}))
    found = await management.send(identities.get(user.id, "github", token_secret=True))
    assert (found.identity, found.token_secret) == (held["github"], None)
    assert found.identity.details == {"name": "Ada"}
    everything = await management.send(identities.find(user.id))
    assert [(one.target, one.identity.user_id) for one in everything.social_identities] == [("github", "7")]
    assert everything.sso_identities == []
    assert await management.send(organizations.of_user(user.id)) == []
    with pytest.raises(NotFound, match="enterprise"):
        await management.send(identities.get_sso(user.id, "x"))
    with pytest.raises(NotFound):
        await management.send(identities.link(user.id, "x", {}))
    other = await management.send(users.create())
    with pytest.raises(Refused, match="identity_already_in_use"):
        await management.send(identities.put(other.id, "github", "7"))
    assert (await management.send(identities.remove(user.id, "github"))).identities == {}
