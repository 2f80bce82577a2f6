"""How the API answers before anybody is let in, and what it keeps out of the log."""

import pytest

from tests.world import World

pytestmark = pytest.mark.anyio


async def test_the_refusal_of_a_scheme_names_the_right_one(world: World) -> None:
    answer = await world.client.get("/api/users", headers={"authorization": "Basic x"})
    assert answer.json()["data"] == {"supportedTypes": ["Bearer"]}


async def test_unknown_paths_and_methods_need_no_token_and_answer_in_text(world: World) -> None:
    missing = await world.client.get("/api/nothing")
    assert (missing.status_code, missing.text) == (404, "Not Found")
    assert missing.headers["content-type"].startswith("text/plain")
    wrong = await world.client.put("/api/users")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["allow"]


async def test_paths_fold_case_and_allow_a_trailing_slash(world: World) -> None:
    headers = {"authorization": f"Bearer {await world.management_token()}"}
    for path in ("/api/Users", "/api/users/", "/api/USERS?page=1"):
        assert (await world.client.get(path, headers=headers)).status_code == 200


async def test_no_secret_reaches_the_log(world: World) -> None:
    """B93: canary password and code leave no trace."""
    user = await world.user(password="canary-password", primaryEmail="canary@example.com")
    await world.call("POST", f"/users/{user['id']}/password/verify", {"password": "canary-wrong"})
    await world.call("POST", "/verification-codes", {"email": "canary@example.com"})
    code = world.code_for("canary@example.com")
    text = "".join(world.lines)
    assert "canary-password" not in text
    assert "canary-wrong" not in text
    assert code not in text
    assert await world.management_token() not in text
