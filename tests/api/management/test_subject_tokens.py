"""Subject tokens: made for a user who exists, noted in the trail, stored by their digest."""

import re
from typing import Any

import pytest

from tests.world import World

pytestmark = pytest.mark.anyio


async def test_a_subject_token_is_made_for_ten_minutes(world: World) -> None:
    user = await world.user()
    for body in ({"userId": user["id"]}, {"userId": user["id"], "context": {"ticket": 7, "deep": {"er": [1]}}}):
        answer = await world.call("POST", "/subject-tokens", body)
        assert answer.status_code == 201
        token = answer.json()["subjectToken"]
        assert answer.json() == {"subjectToken": token, "expiresIn": 600}
        assert re.fullmatch(r"sub_[0-9A-Za-z]{32}", token)


async def test_nobody_acts_as_somebody_unknown(world: World) -> None:
    for user_id in ("nobody", "n" * 300, ""):
        answer = await world.call("POST", "/subject-tokens", {"userId": user_id})
        assert (answer.status_code, answer.json()["code"]) == (404, "entity.not_found")


BAD: list[Any] = [{}, {"userId": None}, {"userId": 1}, {"userId": "a\0"}, {"userId": "x", "context": []}]


@pytest.mark.parametrize("body", [*BAD, {"userId": "x", "context": {"a": "\0"}}, {"userId": "x", "context": None}])
async def test_a_faulty_body_is_refused(world: World, body: Any) -> None:
    answer = await world.call("POST", "/subject-tokens", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")


async def test_the_trail_tells_who_may_act_as_whom(world: World) -> None:
    """B95."""
    user = await world.user()
    await world.call("POST", "/subject-tokens", {"userId": user["id"]})
    (entry,) = (await world.call("GET", f"/logs?userId={user['id']}&logKey=SubjectToken.Create")).json()
    assert entry["payload"]["result"] == "Success"
    assert len(entry["payload"]["applicationId"]) == 21
