"""What an account lacks of what people register with is asked for when it signs in, on pages that need no script."""

import pytest

from tests.authenticator import code_at, give_totp
from tests.pages.test_codes import ADDRESS, NUMBER, by_code, decide, say_more, sign_up, wrong
from tests.pages.visitor import CALLBACK, Visitor, application, t
from tests.world import PASSWORD, World

pytestmark = pytest.mark.anyio


async def test_a_missing_address_is_asked_for_and_proven(world: World, ada: Visitor) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    await decide(world, signUp=sign_up("email"))
    await ada.begin(await application(world))
    await ada.sign_in("ada")
    assert (ada.heading, ada.reads("more.account_lead")) == (t("more.title"), True)
    assert ada.reads("more.code_lead")
    assert not ada.reads("more.lead"), "the account is there"
    await ada.submit(identifier=NUMBER)
    assert (ada.answer.status_code, 'id="identifier-fault"' in ada.answer.text) == (422, True)
    await ada.submit(identifier=ADDRESS)
    assert ada.heading == t("code.title_email")
    await ada.submit(code=wrong(world.code_for(ADDRESS)))
    assert ada.reads("fault.sent_code")
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.address.startswith(CALLBACK)
    assert (await world.call("GET", f"/users/{user['id']}")).json()["primaryEmail"] == ADDRESS


async def test_a_name_and_a_password_come_before_a_number(world: World, ada: Visitor) -> None:
    """Each on the page that fits, after the second factor."""
    user = await world.user(primaryEmail=ADDRESS)
    await give_totp(world, user)
    name = {"identifier": "username", "password": True, "verificationCode": False, "isPasswordPrimary": True}
    beside = [{"identifier": "username"}, {"identifier": "phone", "verify": True}]
    await by_code(world, signUp=sign_up("email", password=True, beside=beside))
    method = {"identifier": "email", "password": False, "verificationCode": True, "isPasswordPrimary": False}
    await decide(world, signIn={"methods": [name, method]})
    app = await application(world)
    await ada.begin(app)
    await ada.open(f"{ada.address}&way=code")
    await ada.submit(identifier=ADDRESS, way="code")
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.heading == t("factor.title")
    await ada.open(f"/continue?app_id={app.id}")
    assert ada.heading == t("factor.title"), "not before the factor"
    await ada.submit(code=code_at(world.clock.now()))
    await say_more(ada)
    await ada.submit(code=world.code_for(NUMBER))
    assert ada.address.startswith(CALLBACK)
    held = (await world.call("GET", f"/users/{user['id']}")).json()
    assert (held["username"], held["primaryPhone"], held["hasPassword"]) == ("lovelace", NUMBER, True)


async def test_an_address_that_is_taken_leads_to_another_try(world: World, ada: Visitor) -> None:
    """B50: told after the code was entered; nobody becomes somebody else in the middle of a sign-in."""
    await world.user(username="ada", password=PASSWORD)
    other = await world.user(primaryEmail=ADDRESS)
    await decide(world, signUp=sign_up("email"))
    app = await application(world)
    await ada.begin(app)
    await ada.sign_in("ada")
    await ada.submit(identifier=ADDRESS)
    csrf = ada.form.fields["csrf"]
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.heading == t("verdict.taken_title")
    assert not ada.reads("verdict.taken_go")
    forced = {"csrf": csrf, "event": "SignIn"}
    answer = await ada.client.post(f"/verification-code/instead?app_id={app.id}", data=forced)
    assert answer.status_code in {303, 409, 422}
    assert not await ada.is_signed_in(app)
    await ada.open(f"/continue?app_id={app.id}")
    world.clock.advance(seconds=60)
    await ada.submit(identifier="lovelace@example.com")
    await ada.submit(code=world.code_for("lovelace@example.com"))
    assert ada.address.startswith(CALLBACK)
    assert (await world.call("GET", f"/users/{other['id']}")).json()["lastSignInAt"] is None


async def test_an_address_can_be_changed_before_its_code_is_entered(world: World, ada: Visitor) -> None:
    await world.user(username="ada", password=PASSWORD)
    await decide(world, signUp=sign_up("email", "phone"))
    app = await application(world)
    await ada.begin(app)
    await ada.sign_in("ada")
    assert f">{t('field.email_or_phone')}</label>" in ada.text
    await ada.submit(identifier="adda@example.com")
    assert f'href="/continue?app_id={app.id}"' in ada.answer.text
    await ada.open(f"/continue?app_id={app.id}")
    await ada.submit(identifier=NUMBER)
    await ada.submit(code=world.code_for(NUMBER))
    assert ada.address.startswith(CALLBACK)
