"""Personal access tokens, factors and deleting the account: each change behind a fresh proof (B63, B85)."""

from typing import Any

import pyotp
import pytest
from starlette.responses import Response

from tests.account.conftest import World, refused

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse"


async def proven(world: World, action: str) -> list[str]:
    """Prove presence with the password."""
    return [await world.proof("password", action, PASSWORD)]


async def create(world: World, name: str = "laptop", **more: Any) -> Any:
    return await world.call("POST", "/tokens", {"name": name, **more}, proofs=await proven(world, "token.create"))


async def names(world: World) -> list[str]:
    answer = await world.call("GET", "/tokens")
    assert answer.status_code == 200
    return [token["name"] for token in answer.json()["tokens"]]


CHANGES: list[tuple[str, str, str, Any]] = [
    ("token.create", "POST", "/tokens", {"name": "phone"}),
    ("token.rename", "PATCH", "/tokens/laptop", {"name": "phone"}),
    ("token.delete", "DELETE", "/tokens/laptop", None),
    ("factor.add", "POST", "/factors/backup-codes", None),
    ("factor.rename", "PATCH", "/factors/passkey", {"name": "key ring"}),
    ("factor.remove", "DELETE", "/factors/factor0", None),
    ("account.delete", "DELETE", "", None),
]


@pytest.mark.parametrize(("action", "method", "path", "body"), CHANGES)
async def test_nothing_is_changed_without_a_proof_for_exactly_that(
    world: World, action: str, method: str, path: str, body: Any
) -> None:
    await create(world)
    await add_totp(world)
    add_passkey(world)
    before = (list(world.stub.users), str(world.stub.personal), str(world.stub.factors))
    other = next(name for name, *_ in CHANGES if name != action)
    for proofs in (None, ["made up"], await proven(world, other)):
        assert refused(await world.call(method, path, body, proofs=proofs), 403, "proof-required")
    assert (list(world.stub.users), str(world.stub.personal), str(world.stub.factors)) == before
    proofs = await proven(world, action)
    assert (await world.call(method, path, body, proofs=proofs)).status_code < 300
    if action != "account.delete":
        again = await world.call(method, path, body, proofs=proofs)
        assert refused(again, 403, "proof-required")


async def test_the_value_of_a_token_is_shown_once(world: World) -> None:
    made = await create(world)
    value = made.json()["value"]
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert value.startswith("pat_")
    assert value not in (await world.call("GET", "/tokens")).text
    renamed = await world.call("PATCH", "/tokens/laptop", {"name": "phone"}, proofs=await proven(world, "token.rename"))
    assert renamed.status_code == 200
    assert value not in renamed.text
    assert not [line for line in world.lines if value in line]


async def test_tokens_are_listed_newest_first_and_deleted_by_name(world: World) -> None:
    for name in ("one", "two", "a/b ?#%"):
        await create(world, name)
    assert await names(world) == ["a/b ?#%", "two", "one"]
    path = "/tokens/a%2Fb%20%3F%23%25"
    assert (await world.call("DELETE", path, proofs=await proven(world, "token.delete"))).status_code == 204
    assert await names(world) == ["two", "one"]


async def test_refusals_of_tokens_say_what_to_do(world: World) -> None:
    await create(world)
    assert refused(await create(world), 409, "taken")
    past = await create(world, "old", expiresAt=world.clock.now())
    assert refused(past, 422, "invalid-fields")
    assert past.json()["fields"].keys() == {"expiresAt"}
    gone = await world.call("DELETE", "/tokens/nothing", proofs=await proven(world, "token.delete"))
    assert refused(gone, 404, "unknown")
    lost = await world.call("PATCH", "/tokens/nothing", {"name": "x"}, proofs=await proven(world, "token.rename"))
    assert refused(lost, 404, "unknown")
    for body in ({}, {"name": ""}, {"name": "x" * 257}, {"name": 1}, {"name": "x", "expiresAt": "soon"}):
        assert (await world.call("POST", "/tokens", body)).status_code == 400


async def test_a_token_may_have_an_end(world: World) -> None:
    ends = world.clock.now() + 86_400_000
    assert (await create(world, expiresAt=ends)).json()["expiresAt"] == ends


async def secret_of(world: World) -> str:
    answer = await world.call("POST", "/factors/totp/secret")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["qrCode"].startswith("data:image/png;base64,")
    assert answer.json()["secret"] in answer.json()["address"]
    return str(answer.json()["secret"])


async def add_totp(world: World, secret: str = "", shift: int = 0, code: str = "") -> Any:
    secret = secret or await secret_of(world)
    proofs = await proven(world, "factor.add")
    right = pyotp.TOTP(secret).at(world.clock.now() // 1000 + shift)
    return await world.call("POST", "/factors/totp", {"secret": secret, "code": code or right}, proofs=proofs)


async def test_an_authenticator_is_added_only_after_it_has_shown_a_right_code(world: World) -> None:
    secret = await secret_of(world)
    assert world.stub.factors.get("ada", []) == []
    assert refused(await add_totp(world, secret, shift=300), 422, "wrong-totp-code")
    assert world.stub.factors.get("ada", []) == []
    assert (await add_totp(world, secret)).status_code == 204
    (factor,) = (await world.call("GET", "/factors")).json()["factors"]
    assert (factor["type"], "secret" in factor) == ("Totp", False)
    assert world.stub.factors["ada"][0]["secret"] == secret
    assert not [line for line in world.lines if secret in line]


async def test_a_code_may_be_typed_in_groups(world: World) -> None:
    secret = await secret_of(world)
    world.clock.advance(seconds=-61)  # a proof takes a minute in these tests
    code = pyotp.TOTP(secret).at(world.clock.now() // 1000 + 61)
    assert (await add_totp(world, secret, code=f" {code[:3]} {code[3:]} ")).status_code == 204


async def test_only_one_authenticator_and_only_a_real_seed(world: World) -> None:
    await add_totp(world)
    assert refused(await add_totp(world), 409, "taken")
    proofs = await proven(world, "factor.add")
    answer = await world.call("POST", "/factors/totp", {"secret": "not base32", "code": "123456"}, proofs=proofs)
    assert refused(answer, 422, "invalid-fields")


async def test_backup_codes_need_an_authenticator_and_are_shown_once(world: World) -> None:
    alone = await world.call("POST", "/factors/backup-codes", proofs=await proven(world, "factor.add"))
    assert refused(alone, 409, "needs-another-factor")
    await add_totp(world)
    made = await world.call("POST", "/factors/backup-codes", proofs=await proven(world, "factor.add"))
    codes = made.json()["codes"]
    assert (made.status_code, len(codes), made.headers["cache-control"]) == (201, 10, "no-store")
    listed = await world.call("GET", "/factors")
    assert not [code for code in codes if code in listed.text]
    assert [factor["remainingCodes"] for factor in listed.json()["factors"]] == [None, 10]
    again = await world.call("POST", "/factors/backup-codes", proofs=await proven(world, "factor.add"))
    assert refused(again, 409, "taken")


async def test_a_factor_is_removed(world: World) -> None:
    await add_totp(world)
    for factor, status in (("factor0", 204), ("factor0", 404)):
        answer = await world.call("DELETE", f"/factors/{factor}", proofs=await proven(world, "factor.remove"))
        assert answer.status_code == status


def add_passkey(world: World, user: str = "ada") -> None:
    made = {"id": "passkey", "createdAt": "2026-01-01T00:00:00.000Z", "type": "WebAuthn", "agent": "Mozilla/5.0"}
    world.stub.factors.setdefault(user, []).append(made)


async def test_a_passkey_is_renamed_and_nothing_else_is(world: World) -> None:
    await add_totp(world)
    add_passkey(world)
    for factor, body, status in (
        ("passkey", {"name": "  key ring "}, 200),
        ("factor0", {"name": "x"}, 404),
        ("nothing", {"name": "x"}, 404),
        ("passkey", {"name": "  "}, 422),
        ("passkey", {"name": "x" * 129}, 400),
    ):
        proofs = await proven(world, "factor.rename")
        assert (await world.call("PATCH", f"/factors/{factor}", body, proofs=proofs)).status_code == status, body
    listed = (await world.call("GET", "/factors")).json()["factors"]
    assert [one["name"] for one in listed] == [None, "key ring"]


async def test_a_server_that_cannot_rename_passkeys_says_so_and_nobody_is_signed_out(world: World) -> None:
    add_passkey(world)
    proofs = await proven(world, "factor.rename")
    world.stub.broken = lambda path: Response("Not Found", 404) if path.endswith("/name") else None
    answer = await world.call("PATCH", "/factors/passkey", {"name": "key ring"}, proofs=proofs)
    assert refused(answer, 404, "unknown")


async def test_an_account_is_deleted_and_then_gone(world: World) -> None:
    answer = await world.call("DELETE", proofs=await proven(world, "account.delete"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "ada" not in world.stub.users
    assert refused(await world.call("GET"), 404, "gone")


async def test_a_server_that_is_away_gives_the_proof_back(world: World) -> None:
    proofs = await proven(world, "account.delete")
    world.stub.broken = lambda path: Response(status_code=500) if path.endswith("/ada") else None
    assert refused(await world.call("DELETE", proofs=proofs), 503, "identity-server-away")
    world.stub.broken = lambda _: None
    assert (await world.call("DELETE", proofs=proofs)).status_code == 204


async def test_nobody_touches_the_tokens_and_factors_of_others(world: World) -> None:
    """B78, B83: the user is the subject of the token, whatever the path or the body say."""
    world.stub.add("eve", PASSWORD, username="eve")
    await create(world)
    await add_totp(world)
    foreign = await world.proof("password", "token.delete", PASSWORD, user="eve")
    answer = await world.call("DELETE", "/tokens/laptop?userId=ada", {"userId": "ada"}, proofs=[foreign], user="eve")
    assert refused(answer, 404, "unknown")
    assert await names(world) == ["laptop"]
    assert (await world.call("GET", "/tokens", user="eve")).json() == {"tokens": []}
