"""What is asked of a new password, told where one is chosen: every broken rule at once, in the visitor's language."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.experience.headless import headless
from tests.pages.visitor import CALLBACK, Visitor, application, visitor
from tests.world import JSON, PASSWORD, World, worlds
from vestibule.ui.messages import LANGUAGES, translator

pytestmark = pytest.mark.anyio
STRICT: JSON = {
    "length": {"min": 12, "max": 20},
    "characterTypes": {"min": 3},
    "rejects": {"pwned": True, "repetitionAndSequence": True, "userInfo": True, "words": ["acme"]},
}
NUMBERS: dict[str, JSON] = {"too_short": {"min": 12}, "too_long": {"max": 20}, "character_types": {"min": 3}}
REFUSED = [
    ("ada_love", ("too_short", "character_types", "restricted.user_info")),
    ("password", ("too_short", "character_types", "pwned")),
    ("xyzxyzxyz", ("too_short", "character_types", "restricted.repetition", "restricted.sequence")),
    ("acme sells boots", ("character_types", "restricted.words")),
    ("123456789", ("too_short", "character_types", "pwned", "restricted.sequence")),
    ("Correct horse 1 battery", ("too_long",)),
]


async def ask(world: World, **policy: Any) -> None:
    """Set the password policy."""
    answer = await world.call("PATCH", "/sign-in-exp", {"passwordPolicy": policy})
    assert answer.status_code == 200, answer.text


def sentences(language: str, *codes: str) -> list[str]:
    """Return what is said of each broken rule."""
    t = translator(language)
    return [t(f"fault.password_rejected_{code.replace('.', '_')}", **NUMBERS.get(code, {})) for code in codes]


@pytest.mark.parametrize(("password", "broken"), REFUSED)
@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_every_broken_rule_is_told_at_once_by_its_own_sentence(
    world: World, ada: Visitor, password: str, broken: tuple[str, ...], language: str
) -> None:
    """B46."""
    await ask(world, **STRICT)
    await ada.begin(await application(world), ui_locales=language)
    await ada.register("ada_love", password)
    assert ada.answer.status_code == 422
    assert " ".join(sentences(language, *broken)) in ada.text
    unbroken = {"too_short", "too_long", "character_types", "pwned", "restricted.words"} - set(broken)
    fault = ada.text.partition('id="password-fault">')[2].partition("</p>")[0]
    assert not any(sentence in fault for sentence in sentences(language, *unbroken))


@pytest.mark.parametrize(("password", "broken"), REFUSED)
async def test_a_program_is_told_the_same_as_a_list(world: World, password: str, broken: tuple[str, ...]) -> None:
    """The contract's section 6.6: `data` lists the codes, with the numbers that a sentence names."""
    await ask(world, **STRICT)
    program = await headless(world)
    await program.begin()
    await program.start("Register")
    new = {"identifier": {"type": "username", "value": "ada_love"}, "password": password}
    answer = await program.call("POST", "/verification/new-password-identity", new)
    assert (answer.status_code, answer.json()["code"]) == (422, "password.rejected")
    assert answer.json()["data"] == [
        {"code": f"password_rejected.{code}"} | ({"interpolation": NUMBERS[code]} if code in NUMBERS else {})
        for code in broken
    ]


async def test_rules_that_are_off_stop_nobody(world: World, ada: Visitor) -> None:
    rejects = {"pwned": False, "repetitionAndSequence": False, "userInfo": False, "words": []}
    await ask(world, length={"min": 1, "max": 256}, rejects=rejects)
    await (await ada.begin(await application(world))).register("ada_love", "1234")
    assert ada.address.startswith(CALLBACK)


async def test_administrators_who_set_a_password_meet_no_policy(world: World) -> None:
    """The contract: the Management API applies none."""
    await ask(world, **STRICT)
    user = await world.user(username="ada", password="x")
    assert (await world.call("PATCH", f"/users/{user['id']}/password", {"password": "ada"})).status_code == 200


async def test_one_setting_asks_for_fifteen_characters_until_administrators_say_otherwise(
    database_url: str, tmp_path: Path
) -> None:
    """B44: told before the form is sent, and to whoever reads the sign-in experience (the account server does)."""
    async with worlds(database_url, tmp_path, VESTIBULE_PASSWORD_MIN="15") as world:
        app, ada = await application(world), visitor(world)
        await (await ada.begin(app)).register("ada", "lazy door step")
        assert ada.reads("fault.password_rejected_too_short", min=15)
        assert ada.reads("register.password_hint", min=15, max=256)
        held = (await world.call("GET", "/sign-in-exp")).json()["passwordPolicy"]
        assert held == {"length": {"min": 15, "max": 256}}
        await ask(world, rejects={"words": ["acme"]})
        await ada.register("ada", "lazy door step")
        assert ada.reads("register.password_hint", min=15, max=256)
        await ask(world, length={"min": 10, "max": 64})
        await ada.register("ada", "lazy door step")
        assert ada.address.startswith(CALLBACK)


async def test_by_default_eight_do_and_the_record_says_nothing(world: World, ada: Visitor) -> None:
    assert (await world.call("GET", "/sign-in-exp")).json()["passwordPolicy"] == {}
    await (await ada.begin(await application(world))).register("ada", PASSWORD[:8])
    assert ada.address.startswith(CALLBACK)


async def test_a_password_about_an_address_that_is_said_later_is_asked_for_again(world: World, ada: Visitor) -> None:
    """And the address, which was proven by then, is not."""
    beside = [{"identifier": "email", "verify": True}]
    sign_up = {"identifiers": ["username"], "password": True, "verify": False, "secondaryIdentifiers": beside}
    assert (await world.call("PATCH", "/sign-in-exp", {"signUp": sign_up})).status_code == 200
    await ada.begin(await application(world), first_screen="register")
    await ada.submit(identifier="someone", password="lovelace9")
    await ada.submit(identifier="lovelace@example.com")
    await ada.submit(code=world.code_for("lovelace@example.com"))
    assert (ada.answer.status_code, "/continue" in ada.address) == (422, True)
    assert sentences("en", "restricted.user_info")[0] in ada.text
    assert 'name="identifier"' not in ada.answer.text
    await ada.submit(password=PASSWORD)
    assert ada.address.startswith(CALLBACK)
    (user,) = (await world.call("GET", "/users")).json()
    assert (user["username"], user["primaryEmail"]) == ("someone", "lovelace@example.com")
