"""Signing in, registering and coming back in by a code, on pages that need no script."""

import re
from typing import Any

import pytest

from tests.authenticator import give_totp
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import JSON, PASSWORD, World
from vestibule.domain.interactions.by_code import WAIT_MS
from vestibule.domain.outbox import list_messages
from vestibule.domain.sign_in_experience import DEFAULT_CODE_SECONDS, DEFAULT_CODE_TRIES

pytestmark = pytest.mark.anyio
ADDRESS, NUMBER, OTHER = "ada@example.com", "33612345678", "another lazy door"


async def decide(world: World, **body: Any) -> None:
    answer = await world.call("PATCH", "/sign-in-exp", body)
    assert answer.status_code == 200, answer.text


def method(identifier: str, *, password: bool = False, code: bool = True, first: str = "code") -> JSON:
    """Return a way to sign in."""
    return {
        "identifier": identifier, "password": password, "verificationCode": code,
        "isPasswordPrimary": first == "password",
    }  # fmt: skip


def sign_up(*identifiers: str, password: bool = False, verify: bool = True, beside: Any = ()) -> JSON:
    """Return what people register with."""
    return {
        "identifiers": list(identifiers), "password": password, "verify": verify, "secondaryIdentifiers": list(beside),
    }  # fmt: skip


async def by_code(world: World, **more: Any) -> None:
    """Let people sign in by e-mail and SMS code."""
    await decide(world, signIn={"methods": [method("email"), method("phone")]}, **more)


async def users(world: World) -> list[JSON]:
    """Return everybody who has an account."""
    return list((await world.call("GET", "/users")).json())


def wrong(code: str) -> str:
    """Return another code."""
    return "000000" if code != "000000" else "000001"


# --- signing in ---


@pytest.mark.parametrize(
    ("typed", "to", "title"),
    [(" ADA@example.com ", ADDRESS, "code.title_email"), ("+33 (0) 6 12 34 56 78", NUMBER, "code.title_phone")],
)
async def test_a_code_signs_in(world: World, ada: Visitor, typed: str, to: str, title: str) -> None:
    await world.user(primaryEmail=ADDRESS, primaryPhone=NUMBER)
    await by_code(world)
    await ada.begin(await application(world))
    assert 'type="password"' not in ada.answer.text
    await ada.submit(identifier=typed, way="code")
    assert (ada.heading, ada.address.partition("?")[0]) == (t(title), "http://id.localhost:3001/verification-code")
    assert 'autocomplete="one-time-code"' in ada.answer.text
    assert 'inputmode="numeric"' in ada.answer.text
    code = world.code_for(to)
    await ada.submit(code=f"{code[:3]} {code[3:]}")
    assert ada.address.startswith(CALLBACK)
    (user,) = await users(world)
    assert user["lastSignInAt"] == world.clock.now()


async def test_who_has_an_account_does_not_show_before_the_code_is_entered(world: World, ada: Visitor) -> None:
    """B50: the same page, and the same message; then it is told to whoever reads what is sent to the address."""
    await world.user(primaryEmail=ADDRESS)
    await by_code(world, signInMode="SignIn")
    app = await application(world)
    shown = set[str]()
    for address in (ADDRESS, "abc@example.com"):
        eve = await visitor(world).begin(app)
        await eve.submit(identifier=address, way="code")
        assert world.code_for(address)
        text = eve.answer.text.replace(address, "…").replace(eve.form.fields["csrf"], "…")
        shown.add(text)
    assert len(shown) == 1
    await eve.submit(code=world.code_for("abc@example.com"))
    assert eve.heading == t("verdict.nobody_title")
    assert eve.reads("verdict.nobody_lead", target="abc@example.com")
    assert not eve.reads("verdict.nobody_go"), "nobody registers here"
    assert len(await users(world)) == 1


@pytest.mark.parametrize(
    ("wait", "tries", "words"),
    [(0, 1, "fault.sent_code"), (0, DEFAULT_CODE_TRIES + 1, "fault.sent_code_over"),
     (DEFAULT_CODE_SECONDS + 1, 1, "fault.sent_code_over")],
)  # fmt: skip
async def test_a_code_that_does_not_do_is_told_at_its_field(
    world: World, ada: Visitor, wait: int, tries: int, words: str
) -> None:
    """B54, B55."""
    await world.user(primaryEmail=ADDRESS)
    await by_code(world)
    await ada.begin(await application(world))
    await ada.submit(identifier=ADDRESS, way="code")
    code = world.code_for(ADDRESS)
    world.clock.advance(seconds=wait)
    for _ in range(tries):
        await ada.submit(code=wrong(code))
    assert (ada.answer.status_code, 'id="code-fault"' in ada.answer.text) == (422, True)
    assert ada.reads(words)
    if words != "fault.sent_code":
        await ada.submit(code=code)
        assert ada.reads(words)
        world.clock.advance(seconds=WAIT_MS / 1000)
        await ada.submit(1, way="again")
        assert ada.reads("edit.sent_again")
        code = world.code_for(ADDRESS)
    await ada.submit(code=code)
    assert ada.address.startswith(CALLBACK)


async def test_the_lifetime_that_is_set_is_said_and_holds(world: World, ada: Visitor) -> None:
    await world.user(primaryEmail=ADDRESS)
    await by_code(world, verificationCodePolicy={"expirationDuration": 120, "maxRetryAttempts": 1})
    await ada.begin(await application(world))
    await ada.submit(identifier=ADDRESS, way="code")
    assert ada.reads("code.lead", target=ADDRESS, minutes=2)
    code = world.code_for(ADDRESS)
    await ada.submit(code=wrong(code))
    await ada.submit(code=code)
    assert ada.reads("fault.sent_code_over")


async def test_another_code_is_sent_after_a_minute_and_the_first_one_dies(world: World, ada: Visitor) -> None:
    """B57: once a minute, and the page says how long that is."""
    await world.user(primaryEmail=ADDRESS)
    await by_code(world)
    await ada.begin(await application(world))
    await ada.submit(identifier=ADDRESS, way="code")
    first = world.code_for(ADDRESS)
    assert ada.reads("code.wait", seconds=60)
    world.clock.advance(seconds=20)
    await ada.submit(1, way="again")
    assert (ada.answer.status_code, ada.reads("fault.too_soon", seconds=40)) == (429, True)
    assert len(list_messages(world.outbox)) == 1
    world.clock.advance(seconds=40)
    await ada.submit(1, way="again")
    assert ada.reads("edit.sent_again")
    second = world.code_for(ADDRESS)
    if first != second:
        await ada.submit(code=first)
        assert ada.reads("fault.sent_code")
    await ada.submit(code=second)
    assert ada.address.startswith(CALLBACK)


async def test_the_address_can_be_changed(world: World, ada: Visitor) -> None:
    await world.user(primaryEmail=ADDRESS)
    await by_code(world)
    await ada.begin(await application(world))
    await ada.submit(identifier="adda@example.com", way="code")
    link = re.search(r'href="([^"]+)">' + re.escape(t("code.change_email")), ada.answer.text)
    assert link is not None
    await ada.open(link[1].replace("&amp;", "&"))
    assert ada.heading == t("sign_in.title")
    await ada.submit(identifier=ADDRESS, way="code")
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.address.startswith(CALLBACK)


@pytest.mark.parametrize(
    ("typed", "words"), [("ada", "fault.identifier_kind"), ("", "fault.identifier_kind"), ("+1 2", "fault.phone")]
)
async def test_a_code_goes_to_addresses_only(world: World, ada: Visitor, typed: str, words: str) -> None:
    await by_code(world)
    await ada.begin(await application(world))
    await ada.submit(identifier=typed, way="code")
    assert (ada.answer.status_code, 'id="identifier-fault"' in ada.answer.text) == (422, True)
    assert ada.reads(words, kind=t("field.email_or_phone"))
    assert list_messages(world.outbox) == []


async def test_the_page_offers_the_ways_that_are_open_the_first_one_first(world: World, ada: Visitor) -> None:
    await world.user(username="ada", primaryEmail=ADDRESS, password=PASSWORD)
    app = await application(world)
    await decide(world, signIn={"methods": [method("email", password=True, first="password")]})
    await ada.begin(app)
    assert ada.reads("sign_in.send_code")
    await ada.submit(identifier=ADDRESS, way="code")
    assert ada.heading == t("code.title_email")
    await decide(world, signIn={"methods": [method("email", password=True)]})
    await ada.begin(app)
    assert ada.reads("sign_in.code_go")
    assert ada.reads("sign_in.use_password")
    await ada.open(f"{ada.address}&way=password")
    await ada.sign_in(ADDRESS)
    assert ada.address.startswith(CALLBACK)
    name = method("username", password=True, code=False, first="password")
    await decide(world, signIn={"methods": [name, method("email")]})
    await ada.begin(app, prompt="login")
    assert f">{t('field.username')}</label>" in ada.text
    assert ada.reads("sign_in.use_code")
    await ada.open(f"{ada.address}&way=code")
    assert f">{t('field.email')}</label>" in ada.text
    assert (await world.call("PATCH", "/sign-in-exp", {"signIn": {"methods": [name]}})).status_code == 200
    await ada.submit(identifier=ADDRESS, way="code")
    assert (ada.answer.status_code, list_messages(world.outbox)[1:]) == (422, []), "closed meanwhile"


async def test_a_factor_is_asked_for_after_a_code(world: World, ada: Visitor) -> None:
    """A21."""
    user = await world.user(primaryEmail=ADDRESS)
    await give_totp(world, user)
    await by_code(world)
    await ada.begin(await application(world))
    await ada.submit(identifier=ADDRESS, way="code")
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.heading == t("factor.title")


async def test_a_message_that_cannot_be_sent_is_told(world: World, ada: Visitor) -> None:
    await by_code(world)
    for connector in (await world.call("GET", "/connectors")).json():
        await world.call("DELETE", f"/connectors/{connector['id']}")
    await ada.begin(await application(world))
    await ada.submit(identifier=ADDRESS, way="code")
    assert (ada.answer.status_code, ada.reads("fault.no_message")) == (501, True)


async def test_a_suspended_account_is_told_so(world: World, ada: Visitor) -> None:
    user = await world.user(primaryEmail=ADDRESS)
    await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    await by_code(world)
    await ada.begin(await application(world))
    await ada.submit(identifier=ADDRESS, way="code")
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.heading == t("verdict.suspended_title")


async def test_terms_are_accepted_before_a_code_is_sent(world: World, ada: Visitor) -> None:
    await by_code(world, termsOfUseUrl="https://x.io/terms", agreeToTermsPolicy="Manual", signUp=sign_up("email"))
    await ada.begin(await application(world))
    for page in ("/sign-in", "/register"):
        await ada.open(ada.address.replace("/sign-in", page))
        await ada.submit(identifier=ADDRESS, way="code")
        assert ada.reads("fault.agree")
        assert list_messages(world.outbox) == []


async def test_the_pages_lead_back_to_sign_in_when_nothing_was_begun(world: World, ada: Visitor) -> None:
    app = await application(world)
    await ada.begin(app)
    csrf = ada.form.fields["csrf"]
    for path, heading in (
        ("/verification-code", "sign_in.title"),
        ("/forgot-password/new", "recovery.title"),
        ("/continue", "register.title"),
    ):
        await ada.open(f"{path}?app_id={app.id}")
        assert ada.heading == t(heading)
        sent = {"csrf": csrf, "code": "123456", "password": OTHER, "event": "Register"}
        answer = await ada.client.post(f"{path}?app_id={app.id}", data=sent)
        assert answer.status_code == 303
        forged = await ada.client.post(f"{path}?app_id={app.id}", data={**sent, "csrf": "x"})
        assert forged.status_code == 403


# --- registering ---


async def test_somebody_registers_by_a_code_alone(world: World, ada: Visitor) -> None:
    await by_code(world, signUp=sign_up("email"))
    app = await application(world)
    await ada.begin(app, first_screen="register")
    assert 'type="password"' not in ada.answer.text
    await ada.submit(identifier="Ada@Example.com")
    assert await users(world) == []
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.address.startswith(CALLBACK)
    (user,) = await users(world)
    assert (user["primaryEmail"], user["hasPassword"]) == ("Ada@Example.com", False)


async def say_more(ada: Visitor) -> None:
    """Give a user name and a password, each wrong at first, and then a number that a code goes to."""
    assert ada.heading == t("more.title")
    await ada.submit(username="1 x", password=PASSWORD)
    assert 'id="username-fault"' in ada.answer.text
    await ada.submit(username="lovelace", password="lovelace99")
    assert ada.reads("fault.password_rejected_restricted_user_info")
    await ada.submit(username="lovelace", password=PASSWORD)
    assert f">{t('field.phone')}</label>" in ada.text
    await ada.submit(identifier="+33 6 12 34 56 78")


async def test_what_more_is_asked_for_is_filled_in(world: World, ada: Visitor) -> None:
    """A password and a user name together, then a number with a code of its own."""
    beside = [{"identifier": "username"}, {"identifier": "phone", "verify": True}]
    await decide(world, signUp=sign_up("email", password=True, beside=beside))
    await ada.begin(await application(world), first_screen="register")
    await ada.submit(identifier=ADDRESS)
    await ada.submit(code=world.code_for(ADDRESS))
    await say_more(ada)
    assert await users(world) == []
    await ada.submit(code=world.code_for(NUMBER))
    assert ada.address.startswith(CALLBACK)
    (user,) = await users(world)
    assert (user["username"], user["primaryEmail"], user["primaryPhone"]) == ("lovelace", ADDRESS, NUMBER)
    assert user["hasPassword"]


async def test_an_address_that_need_not_be_proven_is_filled_in_without_a_code(world: World, ada: Visitor) -> None:
    beside = [{"identifier": "email", "verify": False}]
    await decide(world, signUp=sign_up("username", password=True, verify=False, beside=beside))
    await ada.begin(await application(world), first_screen="register")
    await ada.submit(identifier="ada", password=PASSWORD)
    assert ada.heading == t("more.title")
    await ada.submit(identifier="ada")
    assert 'id="identifier-fault"' in ada.answer.text
    await ada.submit(identifier=ADDRESS)
    assert ada.address.startswith(CALLBACK)
    assert list_messages(world.outbox) == []


async def test_an_address_that_is_taken_leads_to_its_account(world: World, ada: Visitor) -> None:
    """B50: told after the code was entered, and only to whoever reads the messages."""
    user = await world.user(primaryEmail=ADDRESS, password=PASSWORD)
    await by_code(world, signUp=sign_up("email", password=True))
    await ada.begin(await application(world), first_screen="register")
    await ada.submit(identifier=ADDRESS)
    assert ada.heading == t("code.title_email")
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.heading == t("verdict.taken_title")
    await ada.submit()
    assert ada.address.startswith(CALLBACK)
    assert [one["id"] for one in await users(world)] == [user["id"]]


async def test_an_address_that_nobody_has_leads_to_an_account(world: World, ada: Visitor) -> None:
    await by_code(world, signUp=sign_up("email"))
    await ada.begin(await application(world))
    await ada.submit(identifier=ADDRESS, way="code")
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.heading == t("verdict.nobody_title")
    assert await users(world) == [], "nobody registers without having said so"
    await ada.submit()
    assert ada.address.startswith(CALLBACK)
    assert len(await users(world)) == 1


async def test_an_address_that_has_to_be_proven_is_not_taken_as_it_is_given(world: World, ada: Visitor) -> None:
    """B85: not by a form that was open before the settings changed either."""
    await ada.begin(await application(world), first_screen="register")
    await by_code(world, signUp=sign_up("email", password=True))
    await ada.submit(identifier=ADDRESS, password=PASSWORD)
    assert ada.heading == t("code.title_email")
    assert await users(world) == []


# --- a forgotten password ---


@pytest.mark.parametrize(("typed", "to"), [("ADA@example.com", ADDRESS), ("+33 6 12 34 56 78", NUMBER)])
async def test_a_forgotten_password_is_replaced(world: World, ada: Visitor, typed: str, to: str) -> None:
    """B30, B40: with it go all sessions and what was granted in them."""
    await world.user(username="ada", primaryEmail=ADDRESS, primaryPhone=NUMBER, password=PASSWORD)
    app = await application(world)
    elsewhere = await visitor(world).begin(app)
    await elsewhere.sign_in("ada")
    assert await elsewhere.is_signed_in(app)
    await ada.begin(app)
    await ada.open(f"/forgot-password?app_id={app.id}")
    assert ada.heading == t("recovery.title")
    await ada.submit(identifier=typed)
    world.clock.advance(seconds=1)
    await ada.submit(code=world.code_for(to))
    assert ada.heading == t("recovery.new_title")
    await ada.submit(password="password1")
    assert ada.reads("fault.password_rejected_pwned")
    await ada.submit(password=PASSWORD)
    assert ada.reads("fault.same_password")
    await ada.submit(password=OTHER)
    assert ada.heading == t("sign_in.title")
    assert ada.reads("recovery.done")
    assert not await elsewhere.is_signed_in(app)
    await ada.sign_in("ada")
    assert ada.reads("fault.credentials")
    await ada.sign_in("ada", OTHER)
    assert ada.address.startswith(CALLBACK)


async def test_a_forgotten_password_shows_nobody_who_has_an_account(world: World, ada: Visitor) -> None:
    """B50."""
    await world.user(primaryEmail=ADDRESS, password=PASSWORD)
    app = await application(world)
    shown = set[str]()
    for address in (ADDRESS, "abc@example.com"):
        eve = await visitor(world).begin(app, first_screen="reset_password")
        assert eve.heading == t("recovery.title")
        await eve.submit(identifier=address)
        shown.add(eve.answer.text.replace(address, "…").replace(eve.form.fields["csrf"], "…"))
    assert len(shown) == 1
    await eve.submit(code=world.code_for("abc@example.com"))
    assert eve.heading == t("verdict.nobody_title")
    assert not eve.reads("verdict.nobody_go")


async def test_a_password_is_not_replaced_before_the_code_was_entered(world: World, ada: Visitor) -> None:
    """A18."""
    user = await world.user(primaryEmail=ADDRESS, password=PASSWORD)
    app = await application(world)
    await ada.begin(app, first_screen="reset_password")
    await ada.submit(identifier=ADDRESS)
    csrf, code = ada.form.fields["csrf"], world.code_for(ADDRESS)
    new = {"csrf": csrf, "password": OTHER}
    answer = await ada.client.post(f"/forgot-password/new?app_id={app.id}", data=new)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/forgot-password?app_id={app.id}")
    await ada.submit(code=wrong(code))
    await ada.client.post(f"/forgot-password/new?app_id={app.id}", data=new)
    verify = f"/users/{user['id']}/password/verify"
    assert (await world.call("POST", verify, {"password": PASSWORD})).status_code == 204


async def test_a_factor_is_asked_for_after_the_password_was_replaced(world: World, ada: Visitor) -> None:
    """B53."""
    user = await world.user(username="ada", primaryEmail=ADDRESS, password=PASSWORD)
    await give_totp(world, user)
    app = await application(world)
    await ada.begin(app, first_screen="reset_password")
    await ada.submit(identifier=ADDRESS)
    world.clock.advance(seconds=1)
    await ada.submit(code=world.code_for(ADDRESS))
    await ada.submit(password=OTHER)
    assert not await ada.is_signed_in(app)
    await ada.begin(app)
    await ada.sign_in("ada", OTHER)
    assert ada.heading == t("factor.title")


async def test_where_nothing_can_be_sent_nothing_is_offered(world: World, ada: Visitor) -> None:
    app = await application(world)
    await ada.begin(app)
    assert ada.reads("sign_in.forgot")
    for connector in (await world.call("GET", "/connectors")).json():
        await world.call("DELETE", f"/connectors/{connector['id']}")
    await ada.begin(app)
    assert not ada.reads("sign_in.forgot")
    await ada.open(f"/forgot-password?app_id={app.id}")
    assert ada.reads("recovery.closed")


async def test_a_form_that_was_open_while_sending_was_closed_says_so(world: World, ada: Visitor) -> None:
    app = await application(world)
    await ada.begin(app)
    await ada.open(f"/forgot-password?app_id={app.id}")
    for connector in (await world.call("GET", "/connectors")).json():
        await world.call("DELETE", f"/connectors/{connector['id']}")
    await ada.submit(identifier="abc")
    assert ada.reads("recovery.closed")


async def test_a_message_is_in_the_language_that_was_chosen_on_the_page(world: World, ada: Visitor) -> None:
    await by_code(world)
    await ada.begin(await application(world))
    await ada.open(f"{ada.address}&lang=de", **{"accept-language": "fr"})
    await ada.submit(identifier=ADDRESS, way="code", headers={"accept-language": "fr"})
    (message,) = list_messages(world.outbox)
    assert message.subject == "Ihr Code zum Anmelden"
