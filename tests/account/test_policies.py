"""New passwords and user names are judged by what is set at the identity server; by the defaults where it is mute."""

from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from tests.account.conftest import World, refused
from tests.account.test_page import post, sign_in
from vestibule.account.policies import PASSWORD_WORDS, UNKNOWN_REASON

pytestmark = pytest.mark.anyio
GOOD = "battery staple nine"
CHECK = "/api/sign-in-exp/default/check-password"
STRICT = {
    "passwordPolicy": {"length": {"min": 15, "max": 64}, "characterTypes": {"min": 3}},
    "usernamePolicy": {
        "caseSensitive": True,
        "minLength": 3,
        "maxLength": 10,
        "allowedChars": {"lowercase": True, "uppercase": False, "numbers": True, "underscore": False},
    },
}


def issue(code: str, **numbers: int) -> dict[str, Any]:
    """Return an issue as the contract has it."""
    return {"code": f"password_rejected.{code}"} | ({"interpolation": numbers} if numbers else {})


async def set_password(world: World, password: str) -> Any:
    """Try to set ada's password, with a good proof."""
    world.stub.passwords["ada"] = "correct horse"
    proof = await world.proof("password", "password.change", "correct horse")
    return await world.call("PUT", "/password", {"password": password}, proofs=[proof])


async def test_the_servers_verdict_on_a_password_counts_and_each_reason_is_a_sentence(world: World) -> None:
    world.stub.issues = {GOOD: [issue("too_short", min=15), issue("character_types", min=3), issue("brand_new")]}
    answer = await set_password(world, GOOD)
    assert refused(answer, 422, "invalid-fields")
    problem = answer.json()
    short, kinds = "Use at least 15 characters.", PASSWORD_WORDS["character_types"].format(min=3)
    assert problem["fields"] == {"password": f"{short} {kinds} {UNKNOWN_REASON}"}
    assert problem["reasons"]["password"] == [
        {"code": "too_short", "detail": short, "numbers": {"min": 15}},
        {"code": "character_types", "detail": kinds, "numbers": {"min": 3}},
        {"code": "brand_new", "detail": UNKNOWN_REASON},
    ]
    assert world.stub.passwords["ada"] == "correct horse"


async def test_a_password_that_only_our_default_would_refuse_is_set(world: World) -> None:
    world.stub.issues = {}
    assert (await set_password(world, "tiny")).status_code == 204
    assert world.stub.passwords["ada"] == "tiny"


@pytest.mark.parametrize(
    "answer",
    [
        Response("Not Found", 404),
        JSONResponse({"code": "request.invalid_input", "message": "no", "data": {"message": "fetch failed"}}, 400),
    ],
)
async def test_a_server_that_cannot_tell_leaves_it_to_the_default_policy(world: World, answer: Response) -> None:
    """One that does not know the question, and one that asks a service elsewhere and cannot reach it."""
    world.stub.broken = lambda path: answer if path == CHECK else None
    assert refused(await set_password(world, "password1"), 422, "invalid-fields")
    assert (await set_password(world, GOOD)).status_code == 204


@pytest.mark.parametrize("answer", [Response("", 500), JSONResponse({"result": "perhaps"}), Response("<p>hello</p>")])
async def test_a_server_that_fails_to_judge_changes_nothing(world: World, answer: Response) -> None:
    world.stub.broken = lambda path: answer if path == CHECK else None
    assert refused(await set_password(world, GOOD), 503, "identity-server-away")
    assert world.stub.passwords["ada"] == "correct horse"


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("ada7", []),
        ("ad", ["too_short"]),
        ("adalovelace", ["too_long"]),
        ("Ada", ["characters"]),
        ("ada_l", ["characters"]),
        ("A_", ["too_short", "characters"]),
    ],
)
async def test_a_user_name_is_judged_by_the_policy_that_is_set(world: World, name: str, codes: list[str]) -> None:
    world.stub.experience = STRICT
    world.stub.users["ada"]["username"] = "before"
    answer = await world.call("PUT", "/username", {"username": name})
    if codes:
        assert refused(answer, 422, "invalid-fields")
        assert [reason["code"] for reason in answer.json()["reasons"]["username"]] == codes
        assert world.stub.users["ada"]["username"] == "before"
    else:
        assert answer.json()["username"] == name


@pytest.mark.parametrize("experience", [None, {}, {"usernamePolicy": {"minLength": "three"}}])
async def test_without_a_policy_that_can_be_read_a_user_name_is_what_the_contract_says(
    world: World, experience: Any
) -> None:
    world.stub.experience = experience
    assert (await world.call("PUT", "/username", {"username": "Ada_Lovelace_1815"})).status_code == 200
    assert refused(await world.call("PUT", "/username", {"username": "7ada"}), 422, "invalid-fields")


async def test_a_name_that_somebody_has_already_is_not_judged_again(world: World) -> None:
    """A policy that came later takes nobody's name away."""
    world.stub.experience = STRICT
    world.stub.users["ada"]["username"] = "Ada_Lovelace"
    assert (await world.call("PUT", "/username", {"username": "Ada_Lovelace"})).status_code == 200


async def test_front_ends_can_tell_before_they_ask(world: World) -> None:
    assert (await world.call("GET", "/policies")).json() == {
        "password": {"minLength": 8, "maxLength": 256, "characterTypes": 1},
        "username": {
            "minLength": 1,
            "maxLength": 128,
            "allowedChars": {"lowercase": True, "uppercase": True, "numbers": True, "underscore": True},
        },
    }
    world.stub.experience = STRICT
    told = (await world.call("GET", "/policies")).json()
    assert told["password"] == {"minLength": 15, "maxLength": 64, "characterTypes": 3}
    assert told["username"]["allowedChars"]["uppercase"] is False


async def test_the_page_says_what_is_asked_and_what_is_wrong_in_its_language(world: World) -> None:
    world.stub.experience = STRICT
    world.stub.issues = {GOOD: [issue("too_short", min=15), issue("restricted.user_info"), issue("brand_new")]}
    await sign_in(world)
    page = (await world.client.get("/password")).text
    assert "15 to 64 characters" in page
    assert (
        'minlength="15" passwordrules="minlength: 15; maxlength: 64;" data-wrong="Use at least 15 characters."' in page
    )
    weak = await post(world, "/password?lang=fr", page, current="correct horse", password=GOOD)
    assert weak.status_code == 422
    for words in ("Utilisez au moins 15 caractères.", "à partir de votre nom", UNKNOWN_REASON):
        assert words in weak.text
    page = (await world.client.get("/username?lang=en")).text
    assert "3 to 10 characters: small letters, digits. Not a digit first." in page
    wrong = await post(world, "/username?lang=en", page, username="Ada")
    assert (wrong.status_code, "Use nothing but small letters, digits." in wrong.text) == (422, True)
