"""The page that sets up a second factor at sign-in, without script (A21, B61)."""

import re

import pytest

from tests.authenticator import code_at
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import JSON, PASSWORD, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def user(world: World) -> JSON:
    """Ada, who has an address and no factor."""
    return await world.user(username="ada", primaryEmail="ada@example.com", password=PASSWORD)


async def policy(world: World, policy: str, *factors: str) -> None:
    answer = await world.call("PATCH", "/sign-in-exp", {"mfa": {"factors": list(factors), "policy": policy}})
    assert answer.status_code == 200, answer.text


async def after_the_password(world: World, ada: Visitor) -> Visitor:
    return await (await ada.begin(await application(world))).sign_in("ada")


def seed(ada: Visitor) -> str:
    """Read the seed as somebody does who cannot scan."""
    found = re.search(r'class="secret-text">([A-Z2-7 ]+)<', ada.answer.text)
    assert found
    return found[1].replace(" ", "")


async def test_an_authenticator_and_backup_codes_are_set_up_on_the_way_in(
    world: World, ada: Visitor, user: JSON
) -> None:
    await policy(world, "Mandatory", "Totp", "BackupCode")
    await after_the_password(world, ada)
    assert ada.heading == t("authenticator.add")
    assert not ada.reads("binding.later")
    secret = seed(ada)
    await ada.submit(code="12345")
    assert (ada.answer.status_code, 'id="code-fault"' in ada.answer.text) == (422, True)
    assert seed(ada) == secret, "a typing mistake does not ask for a new scan"
    await ada.submit(code=code_at(world.clock.now(), secret))
    assert ada.heading == t("backup.made_heading")
    codes = re.findall(r"<li>([0-9a-f]{10})</li>", ada.answer.text)
    assert len(codes) == 10
    await ada.submit()
    assert ada.address.startswith(CALLBACK)
    other = await after_the_password(world, visitor(world))
    assert other.heading == t("factor.title")
    await other.open(f"{other.address}&factor=backup-code")
    await other.submit(code=codes[4])
    assert other.address.startswith(CALLBACK)


async def test_codes_that_were_shown_before_others_do_not_count(world: World, ada: Visitor, user: JSON) -> None:
    """A page left open in another tab binds nothing that the person has not seen last."""
    await policy(world, "Mandatory", "Totp", "BackupCode")
    await after_the_password(world, ada)
    await ada.submit(code=code_at(world.clock.now(), seed(ada)))
    old = ada.form.fields["record"]
    await ada.open(ada.address)
    await ada.submit(record=old)
    assert ada.heading == t("backup.made_heading")
    await ada.submit()
    assert ada.address.startswith(CALLBACK)


async def test_not_now_is_remembered(world: World, ada: Visitor, user: JSON) -> None:
    await policy(world, "UserControlled", "Totp", "EmailVerificationCode")
    await after_the_password(world, ada)
    assert ada.heading == t("binding.title")
    await ada.submit(index=0, factor="none")
    assert ada.address.startswith(CALLBACK)
    other = await after_the_password(world, visitor(world))
    assert other.address.startswith(CALLBACK)


async def test_somebody_who_registers_is_asked_too(world: World, ada: Visitor) -> None:
    await policy(world, "PromptAtSignInAndSignUp", "Totp")
    await (await ada.begin(await application(world))).register("grace")
    assert ada.heading == t("authenticator.add")
    await ada.submit(code=code_at(world.clock.now(), seed(ada)))
    assert ada.address.startswith(CALLBACK)


async def test_codes_by_email_are_one_of_the_choices(world: World, ada: Visitor, user: JSON) -> None:
    """The page says where the code goes, in part; a wrong one is told at its field; a new one can be had."""
    await policy(world, "UserControlled", "Totp", "EmailVerificationCode")
    await after_the_password(world, ada)
    assert ada.reads("binding.email_what", address="a••••@example.com")
    await ada.open(f"{ada.address}&factor=email")
    await ada.submit(factor="email")
    assert ada.heading == t("factor.title")
    await ada.submit(send="yes")
    assert ada.reads("factor.email_sent_lead", address="a••••@example.com")
    assert ada.reads("factor.none_came")
    await ada.submit(code="nonsense")
    assert ada.reads("fault.sent_code")
    await ada.submit(code=world.code_for("ada@example.com"))
    assert ada.address.startswith(CALLBACK)
    other = await after_the_password(world, visitor(world))
    await other.submit(send="yes")
    world.clock.advance(seconds=601)
    await other.submit(code=world.code_for("ada@example.com"))
    assert other.reads("fault.sent_code_over")
    await other.submit(send="yes")
    await other.submit(code=world.code_for("ada@example.com"))
    assert other.address.startswith(CALLBACK)


async def test_a_mandatory_factor_that_nobody_can_set_up_is_said_in_words(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await policy(world, "Mandatory", "PhoneVerificationCode")
    for connector in (await world.call("GET", "/connectors")).json():
        await world.call("DELETE", f"/connectors/{connector['id']}")
    await after_the_password(world, ada)
    assert (ada.heading, ada.reads("binding.none_lead")) == (t("binding.none_title"), True)
    assert not ada.reads("notice.support")
    assert not await ada.has_session(await application(world))


async def test_whoever_signs_in_by_a_code_to_their_only_factor_is_told_whom_to_ask_and_of_another_way(
    world: World, ada: Visitor
) -> None:
    await world.user(username="ada", primaryEmail="ada@example.com", password=PASSWORD)
    name = {"identifier": "username", "password": True, "verificationCode": False, "isPasswordPrimary": True}
    mail = {"identifier": "email", "password": False, "verificationCode": True, "isPasswordPrimary": False}
    await world.call("PATCH", "/sign-in-exp", {"signIn": {"methods": [name, mail]}, "supportEmail": "help@x.io"})
    await policy(world, "Mandatory", "EmailVerificationCode")
    await ada.begin(await application(world))
    await ada.open(f"{ada.address}&way=code")
    await ada.submit(identifier="ada@example.com", way="code")
    await ada.submit(code=world.code_for("ada@example.com"))
    assert (ada.heading, ada.reads("binding.none_lead")) == (t("binding.none_title"), True)
    assert 'href="mailto:help@x.io"' in ada.answer.text
    await ada.open(re.findall(r'<a href="(/sign-in[^"]+)"', ada.text)[0])
    await ada.sign_in("ada")
    assert ada.heading == t("factor.title")
    world.clock.advance(seconds=60)
    await ada.submit(send="yes")
    await ada.submit(code=world.code_for("ada@example.com"))
    assert ada.address.startswith(CALLBACK)


async def test_the_page_is_for_whoever_proved_the_password(world: World, ada: Visitor, user: JSON) -> None:
    """B62: neither the page nor its forms do anything for a stranger, nor before a factor that is there was proven."""
    await policy(world, "UserControlled", "Totp")
    app = await application(world)
    await ada.begin(app)
    csrf = ada.form.fields["csrf"]
    await ada.open(f"/mfa-binding?app_id={app.id}")
    assert ada.heading == t("sign_in.title")
    answer = await ada.client.post(f"/mfa-binding?app_id={app.id}", data={"csrf": csrf, "factor": "none"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?app_id={app.id}")
    await ada.sign_in("ada")
    secret = seed(ada)
    await ada.submit(code=code_at(world.clock.now(), secret))
    other = await after_the_password(world, visitor(world))
    await other.open(other.address.replace("mfa-verification", "mfa-binding"))
    assert other.heading == t("factor.title")
