"""Users: created, read, changed, suspended and deleted, as the contract's section 1 says."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, func, select

from tests.world import World, worlds
from vestibule.db import Statement
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import ensure_default_role
from vestibule.store.rows import Row
from vestibule.store.tables import user_roles

COUNT_ROLES: Statement[Row] = Statement(
    select(func.count()).select_from(user_roles).where(user_roles.c.user_id == bindparam("holder"))
)

pytestmark = pytest.mark.anyio

KEYS = [
    "id", "username", "primaryEmail", "primaryPhone", "name", "avatar", "customData", "identities", "lastSignInAt",
    "createdAt", "updatedAt", "profile", "applicationId", "cimdClientId", "isSuspended", "hasPassword",
]  # fmt: skip


async def test_an_absent_body_creates_a_blank_user_with_every_member_in_order(world: World) -> None:
    answer = await world.call("POST", "/users")
    assert answer.status_code == 200
    assert list(answer.json()) == KEYS
    user = answer.json()
    assert len(user["id"]) == 12
    assert user["customData"] == user["identities"] == user["profile"] == {}
    assert user["hasPassword"] is user["isSuspended"] is False
    assert user["createdAt"] == world.clock.now()


async def test_everything_given_at_creation_is_kept(world: World) -> None:
    body = {
        "username": "ada",
        "primaryEmail": "Ada@Example.com",
        "primaryPhone": "610412345678",
        "password": "x",
        "name": "Ada",
        "avatar": "https://example.com/a.png",
        "customData": {"a": {"b": [1, None]}},
        "profile": {"nickname": "A", "address": {"region": "r", "unknown": "x"}, "unknown": "x"},
        "isSuspended": True,
        "id": "chosen",
    }
    user = await world.user(**body)
    assert user["primaryEmail"] == "Ada@Example.com"
    assert user["primaryPhone"] == "61412345678"
    assert user["profile"] == {"nickname": "A", "address": {"region": "r"}}
    assert user["customData"] == body["customData"]
    assert user["hasPassword"] is True
    # B79: privileged members are ignored.
    assert user["isSuspended"] is False
    assert user["id"] != "chosen"
    assert (await world.call("GET", f"/users/{user['id']}")).json() == user


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("610412345678", "61412345678"),
        ("4407911123456", "447911123456"),
        ("123", "123"),
        ("1415555267", "1415555267"),
        ("104155552671", "104155552671"),
    ],
)
async def test_a_phone_number_is_stored_without_its_trunk_prefix(world: World, given: str, stored: str) -> None:
    assert (await world.user(primaryPhone=given))["primaryPhone"] == stored


@pytest.mark.parametrize("given", ["1", "12", "0", "0412345678", "00441234", "999999999999"])
async def test_digits_that_are_no_phone_number_are_refused(world: World, given: str) -> None:
    answer = await world.call("POST", "/users", {"primaryPhone": given})
    assert (answer.status_code, answer.json()["code"]) == (422, "user.invalid_phone")
    assert answer.json()["data"] == {"name": "ParseError"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"username": "ada"}, "user.username_already_in_use"),
        ({"primaryEmail": "ADA@example.com"}, "user.email_already_in_use"),
        ({"primaryPhone": "610412345678"}, "user.phone_already_in_use"),
        ({"username": "ada", "primaryEmail": "ada@example.com"}, "user.username_already_in_use"),
        ({"primaryEmail": "ada@example.com", "primaryPhone": "61412345678"}, "user.email_already_in_use"),
    ],
)
async def test_an_identifier_in_use_is_refused_user_name_first(world: World, body: Any, code: str) -> None:
    """A27, B76: e-mail addresses collide in any case; phone numbers in either spelling."""
    await world.user(username="ada", primaryEmail="ada@example.com", primaryPhone="61412345678")
    answer = await world.call("POST", "/users", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_user_names_differ_by_case(world: World) -> None:
    await world.user(username="alice")
    assert (await world.user(username="Alice"))["username"] == "Alice"


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"username": "1a"}, ["username"], "invalid_string"),
        ({"username": "a b"}, ["username"], "invalid_string"),
        ({"username": "ü"}, ["username"], "invalid_string"),
        ({"username": "ada\n"}, ["username"], "invalid_string"),
        ({"username": None}, ["username"], "invalid_type"),
        ({"primaryEmail": "no at"}, ["primaryEmail"], "invalid_string"),
        ({"primaryPhone": "+41"}, ["primaryPhone"], "invalid_string"),
        ({"primaryPhone": "٤١"}, ["primaryPhone"], "invalid_string"),
        ({"password": ""}, ["password"], "too_small"),
        ({"avatar": "no url"}, ["avatar"], "invalid_string"),
        ({"customData": []}, ["customData"], "invalid_type"),
        ({"profile": {"nickname": None}}, ["profile", "nickname"], "invalid_type"),
        ({"passwordAlgorithm": "rot13"}, ["passwordAlgorithm"], "invalid_enum_value"),
    ],
)
async def test_a_wrong_member_is_named_in_the_issues(world: World, body: Any, path: list[str], code: str) -> None:
    answer = await world.call("POST", "/users", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")
    issues = answer.json()["data"]["issues"]
    assert [(issue["path"], issue["code"]) for issue in issues] == [(path, code)]
    assert ".".join(path) in answer.json()["details"]


@pytest.mark.parametrize("text", ["a\u0000b", "\ud800"])
async def test_text_that_cannot_be_stored_is_refused_and_nothing_is_written(world: World, text: str) -> None:
    """B89: NUL and lone surrogates are 4xx, never 500."""
    for body in ({"name": text}, {"customData": {"a": [text]}}, {"customData": {text: 1}}):
        content = json.dumps(body).encode()
        answer = await world.call("POST", "/users", headers={"content-type": "application/json"}, content=content)
        assert answer.status_code in {400, 422}, answer.text
    assert (await world.call("GET", "/users")).json() == []


async def test_a_value_longer_than_its_column_is_refused_on_both_stores(world: World) -> None:
    answer = await world.call("POST", "/users", {"username": "a" * 129})
    assert (answer.status_code, answer.json()["code"]) == (422, "entity.value_too_long")
    user = await world.user()
    answer = await world.call("PATCH", f"/users/{user['id']}", {"name": "n" * 129})
    assert (answer.status_code, answer.json()["code"]) == (422, "entity.value_too_long")


@pytest.mark.parametrize("letter", ["ß", "ΐ", "İ"])
async def test_an_address_whose_letters_grow_when_case_is_folded_is_stored_and_found(world: World, letter: str) -> None:
    """One letter folds to as many as three: an address of 128 characters to 380."""
    address = f"{letter * 123}@x.io"
    user = await world.user(primaryEmail=address)
    assert user["primaryEmail"] == address
    for query in (
        {"search.primaryEmail": address},
        {"search.primaryEmail": address, "mode": "exact"},
        {"search": f"%{letter * 100}%"},
        {"search.primaryEmail": address, "mode": "exact", "isCaseSensitive": "true"},
    ):
        found = (await world.call("GET", "/users", params=query)).json()
        assert [one["id"] for one in found] == [user["id"]], query
    assert await world.refusal("POST", "/users", {"primaryEmail": address}) == (422, "user.email_already_in_use")
    other = await world.user()
    longer = {"primaryEmail": letter * 2 + address}
    assert await world.refusal("PATCH", f"/users/{other['id']}", longer) == (422, "entity.value_too_long")
    assert (await world.call("PATCH", f"/users/{other['id']}", {"primaryEmail": address[1:]})).status_code == 200


async def test_an_update_changes_only_what_it_names_and_null_or_empty_clears(world: World) -> None:
    user = await world.user(
        username="ada", primaryEmail="a@x.io", name="Ada", avatar="https://x.io/a", customData={"a": 1}
    )
    path = f"/users/{user['id']}"
    changed = (await world.call("PATCH", path, {"name": "Ada L", "primaryEmail": None, "avatar": ""})).json()
    assert (changed["name"], changed["primaryEmail"], changed["avatar"]) == ("Ada L", None, None)
    assert changed["username"] == "ada"
    assert changed["customData"] == {"a": 1}
    replaced = (await world.call("PATCH", path, {"customData": {"b": 2}, "profile": {"nickname": "x"}})).json()
    assert (replaced["customData"], replaced["profile"]) == ({"b": 2}, {"nickname": "x"})
    cleared = (await world.call("PATCH", path, {"username": ""})).json()
    assert cleared["username"] is None


async def test_an_update_bumps_updated_at_even_when_nothing_differs(world: World) -> None:
    user = await world.user(name="Ada")
    world.clock.advance(seconds=5)
    changed = (await world.call("PATCH", f"/users/{user['id']}", {"name": "Ada"})).json()
    assert changed["updatedAt"] == user["updatedAt"] + 5000


@pytest.mark.parametrize("body", [None, {}, {"unknown": 1}])
async def test_an_update_without_anything_to_change_is_refused(world: World, body: Any) -> None:
    user = await world.user()
    answer = await world.call("PATCH", f"/users/{user['id']}", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "entity.invalid_input")


async def test_an_update_reports_collisions_e_mail_first_and_keeps_ones_own(world: World) -> None:
    await world.user(username="ada", primaryEmail="a@x.io", primaryPhone="61412345678")
    bob = await world.user(username="bob")
    path = f"/users/{bob['id']}"
    everything = {"username": "ada", "primaryEmail": "A@x.io", "primaryPhone": "61412345678"}
    assert (await world.call("PATCH", path, everything)).json()["code"] == "user.email_already_in_use"
    del everything["primaryEmail"]
    assert (await world.call("PATCH", path, everything)).json()["code"] == "user.phone_already_in_use"
    assert (await world.call("PATCH", path, {"username": "ada"})).json()["code"] == "user.username_already_in_use"
    assert (await world.call("PATCH", path, {"username": "bob"})).status_code == 200
    assert (await world.call("GET", path)).json()["username"] == "bob"


async def test_an_unknown_user_is_404_everywhere_but_a_bad_body_is_400_first(world: World) -> None:
    calls: list[tuple[str, str, Any]] = [
        ("GET", "", None), ("PATCH", "", {"name": "x"}), ("PATCH", "", {"username": "x"}), ("DELETE", "", None),
        ("PATCH", "/profile", {"profile": {}}), ("GET", "/custom-data", None),
        ("PATCH", "/custom-data", {"customData": {}}),
        ("PATCH", "/is-suspended", {"isSuspended": True}), ("POST", "/password/verify", {"password": "x"}),
        ("PATCH", "/password", {"password": "x"}), ("GET", "/has-password", None),
    ]  # fmt: skip
    for method, path, body in calls:
        answer = await world.call(method, f"/users/nobody{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "entity.not_found"), (method, path)
        assert set(answer.json()) == {"code", "message"}
    assert (await world.call("PATCH", "/users/nobody", {"name": 1})).status_code == 400


async def test_a_value_that_is_too_long_is_told_only_of_a_user_who_exists(world: World) -> None:
    user = await world.user()
    for user_id, expected in (("nobody", "404 entity.not_found"), (user["id"], "422 entity.value_too_long")):
        answer = await world.call("PATCH", f"/users/{user_id}", {"name": "x" * 129})
        assert f"{answer.status_code} {answer.json()['code']}" == expected


async def test_a_faulty_flag_is_told_before_an_unknown_user(world: World) -> None:
    answer = await world.call("GET", "/users/nobody?includePasswordHash=1&includePasswordHash=1")
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")


async def test_names_that_differ_by_case_collide_where_the_server_says_so(database_url: str, tmp_path: Path) -> None:
    """Also when they come at once, for which no index stands in."""
    async with worlds(database_url, tmp_path, CASE_SENSITIVE_USERNAME="false") as world:
        made = await asyncio.gather(
            *(world.call("POST", "/users", {"username": name}) for name in ("ada", "Ada", "ADA", "aDA") * 3)
        )
        assert sorted(answer.status_code for answer in made) == [200, *[422] * 11]
        others = [(await world.user())["id"] for _ in range(6)]
        renamed = await asyncio.gather(
            *(world.call("PATCH", f"/users/{user_id}", {"username": name})
              for user_id, name in zip(others, ("Bob", "bob", "BOB") * 2, strict=True))
        )  # fmt: skip
        assert sorted(answer.status_code for answer in renamed) == [200, *[422] * 5]


async def test_profile_members_merge_and_the_address_is_replaced_whole(world: World) -> None:
    user = await world.user(profile={"nickname": "a", "address": {"region": "r", "country": "c"}})
    path = f"/users/{user['id']}/profile"
    merged = await world.call("PATCH", path, {"profile": {"givenName": "", "address": {"region": "q"}}})
    assert merged.json() == {"givenName": "", "nickname": "a", "address": {"region": "q"}}
    assert (await world.call("PATCH", path, {"profile": {}})).json() == merged.json()
    assert (await world.call("PATCH", path, {"profile": {"nickname": None}})).status_code == 400
    assert (await world.call("PATCH", path, {})).status_code == 400


async def test_custom_data_merges_at_the_top_and_null_is_a_value(world: World) -> None:
    user = await world.user(customData={"a": {"x": 1}, "b": 1})
    path = f"/users/{user['id']}/custom-data"
    merged = await world.call("PATCH", path, {"customData": {"a": {"y": 2}, "b": None}})
    assert merged.json() == {"a": {"y": 2}, "b": None}
    assert (await world.call("GET", path)).json() == {"a": {"y": 2}, "b": None}
    wrongs: list[Any] = [[], "x", None]
    for wrong in wrongs:
        assert (await world.call("PATCH", path, {"customData": wrong})).status_code == 400


async def test_suspending_is_told_and_takes_a_boolean(world: World) -> None:
    user = await world.user()
    path = f"/users/{user['id']}/is-suspended"
    assert (await world.call("PATCH", path, {"isSuspended": True})).json()["isSuspended"] is True
    assert (await world.call("PATCH", path, {"isSuspended": False})).json()["isSuspended"] is False
    for wrong in ({"isSuspended": "true"}, {"isSuspended": 1}, {}):
        assert (await world.call("PATCH", path, wrong)).status_code == 400


async def test_a_deleted_user_is_gone_and_a_caller_cannot_delete_itself(world: World) -> None:
    user = await world.user(username="ada")
    assert (await world.call("DELETE", f"/users/{user['id']}")).status_code == 204
    assert (await world.call("DELETE", f"/users/{user['id']}")).status_code == 404
    client_id, secret = await world.app("MachineToMachine", management=True)
    token = await world.client_token(client_id, secret, resource="https://default.logto.app/api", scope="all")
    headers = {"authorization": f"Bearer {token['access_token']}"}
    answer = await world.client.delete(f"/api/users/{client_id}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "user.cannot_delete_self")


async def test_the_password_digest_is_shown_only_when_asked_for(world: World) -> None:
    user = await world.user(password="secret word")
    plain = (await world.call("GET", f"/users/{user['id']}")).json()
    assert "passwordDigest" not in plain
    assert "ssoIdentities" not in plain
    flags = {"includePasswordHash": "yes", "includeSsoIdentities": "1"}
    shown = (await world.call("GET", f"/users/{user['id']}", params=flags)).json()
    assert shown["ssoIdentities"] == []
    assert shown["passwordDigest"].startswith("$argon2id$")
    assert shown["passwordAlgorithm"] == "Argon2id"
    off = (await world.call("GET", f"/users/{user['id']}", params={"includePasswordHash": "on"})).json()
    assert "passwordDigest" not in off
    twice = await world.call("GET", f"/users/{user['id']}?includePasswordHash=1&includePasswordHash=1")
    assert twice.json()["code"] == "guard.invalid_input"


async def test_a_get_answers_not_modified_to_its_own_etag(world: World) -> None:
    user = await world.user()
    first = await world.call("GET", f"/users/{user['id']}")
    again = await world.call("GET", f"/users/{user['id']}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["logto-core-request-id"]


async def test_new_users_get_the_default_roles(world: World) -> None:
    ctx = world.server.ctx
    await ensure_resource(ctx, "https://api.example", "Api", {"read": "Read"})
    await ensure_default_role(ctx, "Readers", "Read", "https://api.example", ["read"])
    user = await world.user()
    async with ctx.db.read() as tx:
        held = await tx.value(COUNT_ROLES, holder=user["id"])
    assert held == 1


async def test_the_id_of_somebody_who_was_deleted_is_never_given_again(world: World) -> None:
    """B82: ids are drawn, not counted, so that nobody inherits what still names the one who left."""
    gone, later = set(), set()
    for _ in range(20):
        made = (await world.call("POST", "/users", {})).json()["id"]
        assert (await world.call("DELETE", f"/users/{made}")).status_code == 204
        gone.add(made)
    for number in range(20):
        # The id is the server's to choose, whatever the body asks for.
        body = {"id": sorted(gone)[number], "username": f"later{number}"}
        later.add((await world.call("POST", "/users", body)).json()["id"])
    assert len(gone) == len(later) == 20
    assert not gone & later
    assert all(re.fullmatch("[0-9a-z]{12}", one) for one in gone | later)
    assert (await world.call("GET", f"/users/{min(gone)}")).status_code == 404
