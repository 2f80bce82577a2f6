"""Passwords through the Management API: checked, set, re-hashed, and what ends with them."""

import hashlib
import json

import bcrypt
import pytest

from tests.world import World
from vestibule import app as composition

pytestmark = pytest.mark.anyio
SECRET = "correct horse"


async def test_a_password_is_checked_without_saying_more(world: World) -> None:
    user = await world.user(password=SECRET)
    path = f"/users/{user['id']}/password/verify"
    right = await world.call("POST", path, {"password": SECRET})
    assert (right.status_code, right.content) == (204, b"")
    assert "content-type" not in right.headers
    wrong = await world.call("POST", path, {"password": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "session.invalid_credentials")
    for body in ({"password": ""}, {}, {"password": None}):
        assert (await world.call("POST", path, body)).status_code == 400


async def test_a_user_without_a_password_never_matches(world: World) -> None:
    user = await world.user()
    answer = await world.call("POST", f"/users/{user['id']}/password/verify", {"password": "x"})
    assert answer.json()["code"] == "session.invalid_credentials"
    assert (await world.call("GET", f"/users/{user['id']}/has-password")).json() == {"hasPassword": False}


async def test_management_callers_are_not_locked_out(world: World) -> None:
    user = await world.user(password=SECRET)
    path = f"/users/{user['id']}/password/verify"
    for _ in range(12):
        assert (await world.call("POST", path, {"password": "wrong"})).status_code == 422
    assert (await world.call("POST", path, {"password": SECRET})).status_code == 204


DIGESTS = {
    "MD5": hashlib.md5(SECRET.encode()).hexdigest(),
    "SHA1": hashlib.sha1(SECRET.encode()).hexdigest(),
    "SHA256": hashlib.sha256(SECRET.encode()).hexdigest(),
    "Bcrypt": bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(4)).decode(),
    "Legacy": json.dumps(["sha512", ["pepper", "@"], hashlib.sha512(f"pepper{SECRET}".encode()).hexdigest()]),
}


async def test_the_server_as_it_is_composed_hashes_at_the_recommended_cost(world: World) -> None:
    """B48: argon2id, 19 MiB, t=2, p=1; the other tests pay for less."""
    server = await composition.build(world.server.ctx.settings)
    try:
        assert (await server.ctx.passwords.hash(SECRET)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    finally:
        await server.close()


@pytest.mark.parametrize("algorithm", sorted(DIGESTS))
async def test_an_imported_digest_works_and_becomes_ours_at_the_first_good_use(world: World, algorithm: str) -> None:
    """B48: imported digests are re-hashed."""
    user = await world.user(passwordDigest=DIGESTS[algorithm], passwordAlgorithm=algorithm)
    path = f"/users/{user['id']}"
    assert (await world.call("POST", f"{path}/password/verify", {"password": "wrong"})).status_code == 422
    shown = (await world.call("GET", f"{path}?includePasswordHash=1")).json()
    assert (shown["passwordDigest"], shown["passwordAlgorithm"]) == (DIGESTS[algorithm], algorithm)
    assert (await world.call("POST", f"{path}/password/verify", {"password": SECRET})).status_code == 204
    shown = (await world.call("GET", f"{path}?includePasswordHash=1")).json()
    assert shown["passwordAlgorithm"] == "Argon2id"
    assert (await world.call("POST", f"{path}/password/verify", {"password": SECRET})).status_code == 204


@pytest.mark.parametrize(("digest", "algorithm"), [("$argon2id$broken", "Argon2id"), ("$2b$nonsense", "Bcrypt")])
async def test_a_malformed_digest_does_not_match_and_is_no_server_error(
    world: World, digest: str, algorithm: str
) -> None:
    user = await world.user(passwordDigest=digest, passwordAlgorithm=algorithm)
    answer = await world.call("POST", f"/users/{user['id']}/password/verify", {"password": SECRET})
    assert (answer.status_code, answer.json()["code"]) == (422, "session.invalid_credentials")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"password": "x", "passwordDigest": "y", "passwordAlgorithm": "MD5"}, "user.password_and_digest"),
        ({"passwordDigest": "y"}, "user.password_algorithm_required"),
        ({"passwordAlgorithm": "Legacy"}, "password.unsupported_encryption_method"),
        ({"passwordDigest": "[]", "passwordAlgorithm": "Legacy"}, "password.invalid_legacy_password_format"),
        (
            {"passwordDigest": '["x",["@"],"y"]', "passwordAlgorithm": "Legacy"},
            "password.unsupported_legacy_hash_algorithm",
        ),
    ],
)
async def test_a_faulty_import_is_refused_and_nothing_is_created(world: World, body: dict[str, str], code: str) -> None:
    answer = await world.call("POST", "/users", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (await world.call("GET", "/users")).json() == []


async def test_an_algorithm_without_digest_is_ignored(world: World) -> None:
    assert (await world.user(passwordAlgorithm="MD5"))["hasPassword"] is False
    assert (await world.user(passwordAlgorithm="MD5", passwordDigest=""))["hasPassword"] is False


async def test_a_password_can_be_set_to_anything_and_replaces_the_old_one(world: World) -> None:
    user = await world.user(password=SECRET)
    path = f"/users/{user['id']}/password"
    assert (await world.call("PATCH", path, {"password": "1"})).json()["hasPassword"] is True
    assert (await world.call("POST", f"{path}/verify", {"password": SECRET})).status_code == 422
    assert (await world.call("POST", f"{path}/verify", {"password": "1"})).status_code == 204
    assert (await world.call("PATCH", path, {"password": None})).status_code == 400
