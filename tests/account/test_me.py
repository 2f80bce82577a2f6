"""`/api/me`: what each caller may see and change, and with which proof."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import validate
from starlette.responses import Response

from tests.account.conftest import ALL, World, refused
from tests.account.stub import CODE
from vestibule.account import identifiers
from vestibule.account.permissions import RULES, SCOPES
from vestibule.account.problems import InvalidFields

pytestmark = pytest.mark.anyio
NEW = "new@example.com"

CALLS: list[tuple[str, str, Any, str]] = [
    ("GET", "", None, "account:read"),
    ("PATCH", "", {"name": "x"}, "account:profile"),
    ("PATCH", "/profile", {"nickname": "x"}, "account:profile"),
    ("GET", "/custom-data", None, "account:read"),
    ("GET", "/policies", None, "account:read"),
    ("PATCH", "/custom-data", {"customData": {}}, "account:profile"),
    ("POST", "/proofs", {"method": "password", "action": "password.change"}, "account:read"),
    ("POST", "/proofs/{proof_id}/verify", {"secret": "x"}, "account:read"),
    ("PUT", "/username", {"username": "x"}, "account:identifiers"),
    ("PUT", "/email", {"email": NEW}, "account:identifiers"),
    ("PUT", "/phone", {"phone": "33612345678"}, "account:identifiers"),
    ("PUT", "/password", {"password": "battery staple"}, "account:security"),
    ("DELETE", "/username", None, "account:identifiers"),
    ("DELETE", "/email", None, "account:identifiers"),
    ("DELETE", "/phone", None, "account:identifiers"),
    ("GET", "/tokens", None, "account:security"),
    ("POST", "/tokens", {"name": "x"}, "account:security"),
    ("PATCH", "/tokens/{name}", {"name": "x"}, "account:security"),
    ("DELETE", "/tokens/{name}", None, "account:security"),
    ("GET", "/factors", None, "account:security"),
    ("POST", "/factors/totp/secret", None, "account:security"),
    ("POST", "/factors/totp", {"secret": "x", "code": "x"}, "account:security"),
    ("POST", "/factors/backup-codes", None, "account:security"),
    ("PATCH", "/factors/{factor_id}", {"name": "x"}, "account:security"),
    ("DELETE", "/factors/{factor_id}", None, "account:security"),
    ("GET", "/trusted-devices", None, "account:security"),
    ("DELETE", "/trusted-devices", None, "account:security"),
    ("DELETE", "/trusted-devices/{device_id}", None, "account:security"),
    ("GET", "/applications", None, "account:security"),
    ("DELETE", "/applications/{application_id}", None, "account:security"),
    ("GET", "/sessions", None, "account:security"),
    ("DELETE", "/sessions/{session_id}", None, "account:security"),
    ("POST", "/other-sessions/end", {"keep": "x"}, "account:security"),
    ("GET", "/identities", None, "account:security"),
    ("POST", "/identities/{target}/start", {"binding": "x" * 43}, "account:security"),
    ("POST", "/identities/{target}/finish", {"binding": "x" * 43, "connectorData": {}}, "account:security"),
    ("DELETE", "/identities/{target}", None, "account:security"),
    ("DELETE", "", None, "account:security"),
]


async def test_every_route_asks_for_a_token_and_its_scope(world: World) -> None:
    """B84: default deny, least scope; before the identity server is asked anything about the user."""
    document = (await world.client.get("/api/openapi.json")).json()
    documented = {(m.upper(), p) for p, ways in document["paths"].items() for m in ways}
    called = {(method, f"/api/me{path}") for method, path, _, _ in CALLS}
    assert documented - called == {("GET", "/api/openapi.json")}
    for method, path, body, scope in CALLS:
        bare = await world.client.request(method, f"/api/me{path}", json=body)
        assert refused(bare, 401, "not-signed-in")
        others = ALL.replace(scope, "").strip()
        assert refused(await world.call(method, path, body, scope=others), 403, "not-allowed"), (method, path)
    assert not any("/api/users" in asked for asked in world.stub.asked)


async def test_the_description_is_complete_and_valid(world: World) -> None:
    document = (await world.client.get("/api/openapi.json")).json()
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert set(SCOPES) == {rule.scope for rule in RULES.values()}


async def test_name_and_picture_are_changed_and_cleared(world: World) -> None:
    changed = await world.call("PATCH", body={"name": "Ada L", "avatar": "https://example.com/a.png"})
    assert (changed.json()["name"], changed.json()["avatar"]) == ("Ada L", "https://example.com/a.png")
    assert (await world.call("PATCH", body={"name": None, "avatar": ""})).json()["name"] is None
    assert (await world.call("PATCH", body={})).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": 1}, 400), ({"name": "x" * 129}, 400), ({"avatar": "no url"}, 400),
        ({"avatar": "javascript:alert(1)"}, 422),
        ({"avatar": "data:text/html,x"}, 422), ({"name": "a\u0000"}, 400), ([], 400),
    ],
)  # fmt: skip
async def test_a_wrong_name_or_picture_changes_nothing(world: World, body: Any, status: int) -> None:
    answer = await world.call("PATCH", body=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert world.stub.users["ada"]["name"] == "Ada"


async def test_a_user_id_or_a_privilege_in_the_body_is_ignored(world: World) -> None:
    """A28, B79, B83: the subject comes from the token only, and nobody sets what the server decides."""
    world.stub.add("bob", name="Bob")
    body = {"name": "Mallory", "id": "bob", "userId": "bob", "isSuspended": True, "primaryEmail": "x@x.io"}
    answer = await world.client.patch(
        "/api/me?userId=bob", json=body, headers={"authorization": f"Bearer {world.stub.sign(world.claims())}"}
    )
    assert answer.status_code == 200
    assert world.stub.users["bob"]["name"] == "Bob"
    assert world.stub.users["ada"]["primaryEmail"] == "ada@example.com"
    assert world.stub.users["ada"]["isSuspended"] is False


async def test_profile_members_merge_and_an_empty_text_clears(world: World) -> None:
    world.stub.users["ada"]["profile"] = {"nickname": "A", "website": "https://x.io"}
    answer = await world.call("PATCH", "/profile", {"nickname": "", "givenName": "Ada"})
    assert answer.json() == {"givenName": "Ada", "website": "https://x.io"}


async def test_only_custom_data_that_the_operator_allows_is_seen_and_changed(world: World) -> None:
    world.stub.users["ada"]["customData"] = {"theme": "dark", "credit": 7}
    assert (await world.call("GET", "/custom-data")).json() == {"customData": {"theme": "dark"}}
    changed = await world.call("PATCH", "/custom-data", {"customData": {"plan": "x"}})
    assert changed.json() == {"customData": {"theme": "dark", "plan": "x"}}
    answer = await world.call("PATCH", "/custom-data", {"customData": {"credit": 8}})
    assert refused(answer, 422, "invalid-fields")
    assert list(answer.json()["fields"]) == ["credit"]
    assert world.stub.users["ada"]["customData"]["credit"] == 7


async def test_a_user_name_is_changed_unless_it_is_taken_or_unsound(world: World) -> None:
    world.stub.add("bob", username="bob")
    assert (await world.call("PUT", "/username", {"username": " ada_l "})).json()["username"] == "ada_l"
    assert refused(await world.call("PUT", "/username", {"username": "bob"}), 409, "taken")
    for wrong in ("1a", "a b", "ü", "a-b"):
        assert refused(await world.call("PUT", "/username", {"username": wrong}), 422, "invalid-fields")


async def both(world: World, action: str = "email.change", target: str = NEW) -> list[str]:
    """Return the two proofs that a new address asks for."""
    kind = action.partition(".")[0]
    return [
        await world.proof("password", action, "correct horse"),
        await world.proof(kind, action, CODE, target),
    ]


async def test_a_new_address_needs_its_own_code_and_the_password(world: World) -> None:
    """B85: proof of the new address and fresh verification."""
    password, code = await both(world)
    for proofs in (None, [password], [code], [code, code], ["x", "y"]):
        assert refused(await world.call("PUT", "/email", {"email": NEW}, proofs=proofs), 403, "proof-required")
    answer = await world.call("PUT", "/email", {"email": NEW}, proofs=[code, password])
    assert (answer.status_code, answer.json()["email"]) == (200, NEW)


async def test_a_proof_is_for_its_address_action_and_owner(world: World) -> None:
    """B56, B63: bound to user, action and target."""
    world.stub.add("bob", "bob's password")
    password, code = await both(world)
    assert refused(
        await world.call("PUT", "/email", {"email": "other@example.com"}, proofs=[password, code]),
        403,
        "proof-required",
    )
    assert refused(
        await world.call("PUT", "/password", {"password": "battery staple"}, proofs=[password]), 403, "proof-required"
    )
    answer = await world.call("PUT", "/email", {"email": NEW}, proofs=[password, code], user="bob")
    assert refused(answer, 403, "proof-required")
    assert (await world.call("PUT", "/email", {"email": NEW}, proofs=[password, code])).status_code == 200


async def test_a_proof_ends_after_ten_minutes(world: World) -> None:
    """B63: ten minutes, before and after it is verified."""
    proof = await world.proof("password", "password.change", "correct horse")
    started = (await world.start("password", "password.change")).json()["id"]
    world.clock.advance(seconds=600)
    answer = await world.call("PUT", "/password", {"password": "battery staple nine"}, proofs=[proof])
    assert refused(answer, 403, "proof-required")
    answer = await world.call("POST", f"/proofs/{started}/verify", {"secret": "correct horse"})
    assert refused(answer, 404, "proof-not-found")


async def test_an_unverified_proof_proves_nothing(world: World) -> None:
    proof = (await world.start("password", "password.change")).json()["id"]
    answer = await world.call("PUT", "/password", {"password": "battery staple nine"}, proofs=[proof])
    assert refused(answer, 403, "proof-required")


async def test_wrong_secrets_are_counted_and_end_the_proof(world: World) -> None:
    """B51, B55: five tries a proof, also in parallel."""
    proof = (await world.start("password", "password.change")).json()["id"]
    answers = await asyncio.gather(
        *(world.call("POST", f"/proofs/{proof}/verify", {"secret": "wrong"}) for _ in range(9))
    )
    kinds = sorted(answer.json()["type"].rpartition(":")[2] for answer in answers)
    assert kinds == ["too-many"] * 4 + ["wrong-password"] * 5
    assert refused(await world.call("POST", f"/proofs/{proof}/verify", {"secret": "correct horse"}), 429, "too-many")


async def test_password_proofs_are_limited_for_each_user(world: World) -> None:
    """B51: ten in a quarter of an hour."""
    for _ in range(10):
        assert (
            await world.call("POST", "/proofs", {"method": "password", "action": "password.change"})
        ).status_code == 201
    answer = await world.call("POST", "/proofs", {"method": "password", "action": "email.change"})
    assert refused(answer, 429, "too-many")


async def test_messages_are_limited_for_each_recipient(world: World) -> None:
    """B57: one a minute and five an hour."""
    body = {"method": "email", "action": "email.change", "target": NEW}
    assert (await world.call("POST", "/proofs", body)).status_code == 201
    assert refused(await world.call("POST", "/proofs", body), 429, "too-many")
    for _ in range(4):
        assert (await world.start("email", "email.change", NEW)).status_code == 201
    assert refused(await world.start("email", "email.change", NEW), 429, "too-many")
    assert world.stub.sent == [NEW] * 5


async def test_the_answer_masks_the_recipient(world: World) -> None:
    assert (await world.start("email", "email.remove")).json()["target"] == "a•••@example.com"
    assert (await world.start("phone", "phone.change", "+33 6 12 34 56 78")).json()["target"] == "•••678"


async def test_a_password_is_changed_only_with_the_present_one_and_by_the_policy(world: World) -> None:
    proof = await world.proof("password", "password.change", "correct horse")
    for wrong in ("short", "password123", "a" * 257):
        answer = await world.call("PUT", "/password", {"password": wrong}, proofs=[proof])
        assert refused(answer, 422, "invalid-fields"), wrong
    assert (
        await world.call("PUT", "/password", {"password": "battery staple nine"}, proofs=[proof])
    ).status_code == 204
    assert world.stub.passwords["ada"] == "battery staple nine"


async def test_without_a_password_a_code_to_the_own_address_sets_one(world: World) -> None:
    world.stub.add("bob", primaryEmail="bob@example.com")
    assert refused(await world.start("password", "password.change", user="bob"), 422, "method-unavailable")
    proof = await world.proof("email", "password.change", CODE, user="bob")
    answer = await world.call("PUT", "/password", {"password": "battery staple nine"}, proofs=[proof], user="bob")
    assert answer.status_code == 204


async def test_a_code_to_the_own_address_does_not_replace_the_password(world: World) -> None:
    proof = await world.proof("email", "password.change", CODE)
    answer = await world.call("PUT", "/password", {"password": "battery staple nine"}, proofs=[proof])
    assert refused(answer, 403, "proof-required")


async def test_an_identifier_is_removed_with_a_proof_and_never_the_last(world: World) -> None:
    assert refused(await world.call("DELETE", "/email"), 403, "proof-required")
    proof = await world.proof("password", "email.remove", "correct horse")
    assert (await world.call("DELETE", "/email", proofs=[proof])).json()["email"] is None
    assert (await world.call("DELETE", "/email")).status_code == 200
    proof = await world.proof("password", "username.remove", "correct horse")
    assert refused(await world.call("DELETE", "/username", proofs=[proof]), 409, "last-identifier")


async def test_a_taken_address_is_told_after_the_proof(world: World) -> None:
    world.stub.add("bob", primaryEmail=NEW)
    proofs = await both(world)
    assert refused(await world.call("PUT", "/email", {"email": NEW}, proofs=proofs), 409, "taken")


async def test_proofs_are_given_back_when_the_identity_server_is_away(world: World) -> None:
    proofs = await both(world)
    calls = 0

    def away(path: str) -> Response | None:
        nonlocal calls
        calls += path == "/api/users/ada"
        return Response("", 503) if calls == 2 else None

    world.stub.broken = away
    assert refused(await world.call("PUT", "/email", {"email": NEW}, proofs=proofs), 503, "identity-server-away")
    assert (await world.call("PUT", "/email", {"email": NEW}, proofs=proofs)).status_code == 200


async def test_suspended_and_deleted_users_can_do_nothing(world: World) -> None:
    world.stub.users["ada"]["isSuspended"] = True
    for method, path, body, _ in CALLS:
        if "verify" not in path:
            assert refused(await world.call(method, path, body), 403, "suspended"), path
    del world.stub.users["ada"]
    assert refused(await world.call("GET"), 404, "gone")


async def test_faulty_bodies_are_problems_too(world: World) -> None:
    """B87, B89."""
    headers = {"authorization": f"Bearer {world.stub.sign(world.claims())}", "content-type": "application/json"}
    for content, status in (
        (b"{", 400),
        (b"[" * 200, 400),
        (b'{"name": "' + b"a" * 2_000_000 + b'"}', 413),
        (b'{"name": NaN}', 400),
    ):
        answer = await world.client.patch("/api/me", content=content, headers=headers)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
    assert refused(await world.call("PUT", "/nothing"), 404, "not-found")
    assert refused(await world.call("POST", ""), 405, "method-not-allowed")


async def test_only_configured_origins_may_read_answers(world: World) -> None:
    """B104: never reflected."""
    for origin, allowed in (("https://front.example", "https://front.example"), ("https://evil.example", None)):
        headers = {"origin": origin, "access-control-request-method": "PATCH"}
        answer = await world.client.options("/api/me", headers=headers)
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in answer.headers


async def test_no_secret_reaches_the_log_or_the_store(world: World) -> None:
    """B93, B98."""
    await both(world)
    text = "".join(world.lines) + json.dumps(world.stub.asked)
    assert "correct horse" not in text
    assert CODE not in text


@given(st.text(max_size=40))
def test_any_text_is_an_identifier_or_is_refused(text: str) -> None:
    for check in (identifiers.username, identifiers.email, identifiers.phone):
        with contextlib.suppress(InvalidFields):
            value = check(text)
            assert value
            assert not value.isspace()
            assert value == value.strip()
