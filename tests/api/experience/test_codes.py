"""Codes that are asked for over the Experience API: how many go out, and to whom."""

import pytest

from tests.api.experience.headless import Headless
from tests.world import PASSWORD, World
from vestibule.domain.interactions.codes import PER_ADDRESS, WINDOW_MS
from vestibule.domain.outbox import list_messages
from vestibule.store import users as store

pytestmark = pytest.mark.anyio


def asked(number: int) -> dict[str, object]:
    """Return a wish for a code to one of many addresses."""
    identifier = {"type": "email", "value": f"someone{number}@example.com"}
    return {"identifier": identifier, "interactionEvent": "ForgotPassword"}


async def test_one_place_in_the_network_cannot_write_to_everybody(world: World, program: Headless) -> None:
    """B57: the limits of the recipients alone would let one machine send a message to each of a million people."""
    path = "/verification/verification-code"
    await program.start("ForgotPassword")
    for number in range(PER_ADDRESS):
        await program.good("POST", path, asked(number))
    assert await program.refused("POST", path, asked(PER_ADDRESS)) == (429, "request.message_rate_limited")
    world.clock.advance(seconds=WINDOW_MS // 1000)
    await program.good("POST", path, asked(PER_ADDRESS))


async def test_a_code_goes_to_the_stored_address_whatever_is_looked_up_alike(world: World, program: Headless) -> None:
    """A27: `ß` and `ss` are one to the look-up and two mailboxes; who has the other one learns nothing."""
    await world.user(primaryEmail="voss@example.com", password=PASSWORD)
    await program.start("ForgotPassword")
    sent = await program.send_code("voß@example.com", "ForgotPassword")
    (message,) = list_messages(world.outbox)
    assert message.to == "voss@example.com"
    wrong = program.code(sent, "vo\u00df@example.com", str(message.code))
    await program.good("POST", "/verification/verification-code/verify", wrong)
    assert "voss" not in (await program.call("GET", "/interaction")).text


async def test_a_mailbox_that_is_only_looked_up_alike_proves_nobody(world: World, program: Headless) -> None:
    """A27: an account that comes after the code went out is not that of whoever read the code."""
    await program.start("ForgotPassword")
    verification = await program.verified_code("voß@example.com", "ForgotPassword")
    await world.user(primaryEmail="voss@example.com", password=PASSWORD)
    refused = await program.refused("POST", "/identification", {"verificationId": verification})
    assert refused == (404, "user.user_not_exist")


async def test_a_phone_number_is_reached_in_any_spelling(world: World, program: Headless) -> None:
    user = await world.user(primaryPhone="33612345678", password=PASSWORD)
    await program.start("ForgotPassword")
    verification = await program.send_code("330612345678", "ForgotPassword", "phone")
    code = program.code(verification, "330612345678", world.code_for("33612345678"), "phone")
    await program.good("POST", "/verification/verification-code/verify", code)
    await program.identify(verification)
    assert (await program.good("GET", "/interaction"))["userId"] == user["id"]


async def test_a_message_is_in_the_language_of_the_browser(world: World, program: Headless) -> None:
    """Also in one that the pages have no words in; a stored template comes first, and the tag is passed on."""
    await program.start("ForgotPassword")
    path, subjects = "/verification/verification-code", []
    for number, accepted in enumerate(["es-MX, en;q=0.5", "zh-CN", "*", "", "<script>"]):
        answer = await program.call("POST", path, asked(number), accept_language=accepted)
        assert answer.status_code == 200, answer.text
        subjects.append(list_messages(world.outbox)[0].subject)
        world.clock.advance(seconds=1)
    english = "Your code for a new password"
    assert subjects == ["Su código para una contraseña nueva", "用于设置新密码的验证码", english, english, english]


async def test_what_the_client_asked_wins_over_the_browser(world: World, program: Headless) -> None:
    await program.begin(ui_locales="fr-CA en")
    await program.start("ForgotPassword")
    details = {"subject": "{{application.name}} {{locale}} {{uiLocales}} {{code}}", "content": "-"}
    templates = [{"languageTag": "fr", "templateType": "ForgotPassword", "details": details}]
    assert (await world.call("PUT", "/email-templates", {"templates": templates})).status_code == 200
    await program.call("POST", "/verification/verification-code", asked(0), accept_language="de")
    (message,) = list_messages(world.outbox)
    assert message.subject == f"Test fr-CA fr-CA en {message.code}"


@pytest.mark.parametrize("proven", [True, False])
async def test_a_message_names_whoever_has_proven_the_address_and_nobody_else(
    world: World, program: Headless, *, proven: bool
) -> None:
    """What an account says of itself is not told to whoever reads an address that it only claims."""
    subject = (
        "[{{user.name}}|{{user.username}}|{{user.primaryPhone}}|{{user.profile.nickname}}|{{user.secret}}] {{code}}"
    )
    templates = [{"languageTag": "en", "templateType": "Generic", "details": {"subject": subject, "content": "-"}}]
    assert (await world.call("PUT", "/email-templates", {"templates": templates})).status_code == 200
    user = await world.user(
        username="ana", primaryEmail="ana@x.io", primaryPhone="447911123456", name="Ana", profile={"nickname": "A"}
    )
    if not proven:
        async with world.server.ctx.db.write() as tx:
            await store.change(tx, user["id"], {"email_verified": False})
    await program.start("ForgotPassword")
    for address in ("ana@x.io", "nobody@x.io"):
        await program.send_code(address, "ForgotPassword")
        (message, *_) = [one for one in list_messages(world.outbox) if one.to == address]
        told = "[Ana|ana|447911123456|A|]" if proven and address == "ana@x.io" else subject.partition(" {{code")[0]
        assert message.subject == f"{told} {message.code}"
        world.clock.advance(seconds=1)
