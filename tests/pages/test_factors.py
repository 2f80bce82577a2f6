"""The page that asks for a second factor: after the password, before anything else (A21, B59 to B62)."""

import pytest

from tests.authenticator import STEP_SECONDS, code_at, give_backup_codes, give_totp
from tests.oidc.world import change
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import JSON, PASSWORD, World
from vestibule.domain.sign_in_experience import DEFAULT_TRIES

pytestmark = pytest.mark.anyio


@pytest.fixture
async def user(world: World) -> JSON:
    """Ada, who has an authenticator."""
    made = await world.user(username="ada", password=PASSWORD)
    await give_totp(world, made)
    return made


async def asked(world: World, ada: Visitor) -> Visitor:
    """Return her browser after the password."""
    await (await ada.begin(await application(world))).sign_in("ada")
    assert ada.heading == t("factor.title")
    return ada


async def test_the_code_of_the_app_leads_on(world: World, ada: Visitor, user: JSON) -> None:
    await asked(world, ada)
    code = code_at(world.clock.now())
    await ada.submit(code=f" {code[:3]} {code[3:]} ")
    assert ada.address.startswith(CALLBACK)


async def test_a_wrong_code_is_told_at_its_field_and_a_used_one_too(world: World, ada: Visitor, user: JSON) -> None:
    """B59."""
    await asked(world, ada)
    code = code_at(world.clock.now())
    await ada.submit(code="000000" if code != "000000" else "000001")
    assert (ada.answer.status_code, 'id="code-fault"' in ada.answer.text) == (422, True)
    assert ada.reads("fault.totp")
    await ada.submit(code=code)
    assert ada.address.startswith(CALLBACK)
    other = await asked(world, visitor(world))
    await other.submit(code=code)
    assert other.reads("fault.totp")
    world.clock.advance(seconds=STEP_SECONDS)
    await other.submit(code=code_at(world.clock.now()))
    assert other.address.startswith(CALLBACK)


async def test_a_backup_code_does_instead(world: World, ada: Visitor, user: JSON) -> None:
    """B61: offered only to who has some."""
    await asked(world, ada)
    assert not ada.reads("factor.use_backup-code")
    codes = await give_backup_codes(world, user)
    await ada.open(ada.address)
    assert ada.reads("factor.use_backup-code")
    await ada.open(f"{ada.address}&factor=backup-code")
    assert ada.reads("factor.use_totp")
    await ada.submit(code="0123456789")
    assert ada.reads("fault.backup_code")
    await ada.submit(code=codes[0])
    assert ada.address.startswith(CALLBACK)


async def test_too_many_guesses_are_told(world: World, ada: Visitor, user: JSON) -> None:
    """A22."""
    await asked(world, ada)
    for at in range(DEFAULT_TRIES):
        await ada.submit(code=f"{at:06d}")
    await ada.submit(code=code_at(world.clock.now()))
    assert ada.answer.status_code == 429
    assert ada.reads("fault.too_many", minutes=15)


async def test_the_page_is_for_whoever_proved_the_password(world: World, ada: Visitor, user: JSON) -> None:
    """B62: opened by itself it leads to sign-in; a form sent by itself signs nobody in."""
    app = await application(world)
    await ada.begin(app)
    csrf = ada.form.fields["csrf"]
    await ada.open(f"/mfa-verification?app_id={app.id}")
    assert ada.heading == t("sign_in.title")
    form = {"csrf": csrf, "factor": "totp", "code": code_at(world.clock.now())}
    answer = await ada.client.post(f"/mfa-verification?app_id={app.id}", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?app_id={app.id}")
    forged = await ada.client.post(f"/mfa-verification?app_id={app.id}", data={**form, "csrf": "x"})
    assert forged.status_code == 403
    assert not await ada.is_signed_in(app)


async def test_leaving_the_page_signs_nobody_in(world: World, ada: Visitor, user: JSON) -> None:
    """A21: not by the way on, not by another page of the same sign-in."""
    app = await application(world)
    await (await ada.begin(app)).sign_in("ada")
    for address in (f"/consent?app_id={app.id}", f"/oidc/auth/{ada.cookie('_interaction_resume')}"):
        await ada.open(address)
        assert not ada.address.startswith(CALLBACK)
    assert not await ada.is_signed_in(app)
    await ada.begin(app)
    await ada.register("somebody_new")
    assert ada.address.startswith(CALLBACK), "another account may be made, without hers"


async def test_an_expired_password_is_replaced_after_the_factor_only(world: World, ada: Visitor, user: JSON) -> None:
    """B53."""
    await world.call("PATCH", "/sign-in-exp", {"passwordExpiration": {"enabled": True, "validPeriodDays": 90}})
    await world.call("PATCH", f"/users/{user['id']}/password/expiration", {"isExpired": True})
    await (await ada.begin(await application(world))).sign_in("ada")
    assert ada.heading == t("renewal.title")
    await ada.submit(password=PASSWORD, new_password="another lazy door")
    assert ada.heading == t("factor.title")
    verify = f"/users/{user['id']}/password/verify"
    assert (await world.call("POST", verify, {"password": PASSWORD})).status_code == 204
    await ada.submit(code=code_at(world.clock.now()))
    assert ada.address.startswith(CALLBACK)
    assert (await world.call("POST", verify, {"password": "another lazy door"})).status_code == 204


async def test_a_password_that_expires_before_the_factor_is_proven_is_replaced(
    world: World, ada: Visitor, user: JSON
) -> None:
    await asked(world, ada)
    await world.call("PATCH", "/sign-in-exp", {"passwordExpiration": {"enabled": True, "validPeriodDays": 90}})
    await world.call("PATCH", f"/users/{user['id']}/password/expiration", {"isExpired": True})
    await ada.submit(code=code_at(world.clock.now()))
    assert ada.heading == t("recovery.new_title")
    await ada.submit(password="another lazy door")
    assert ada.address.startswith(CALLBACK)


async def test_without_script_a_passkey_alone_lets_nobody_in_and_the_page_says_why(
    world: World, ada: Visitor, user: JSON
) -> None:
    """A21: the way on stays closed, and is explained."""
    ctx = world.server.ctx
    factors = (await world.call("GET", f"/users/{user['id']}/mfa-verifications")).json()
    await change(ctx, "mfa_verifications", factors[0]["id"], {"type": "WebAuthn"})
    app = await application(world)
    await (await ada.begin(app)).sign_in("ada")
    assert (ada.heading, ada.reads("passkey.needs_script")) == (t("factor.title"), True)
    await ada.submit(credential="{}", record="x")
    assert (ada.heading, ada.reads("fault.passkey")) == (t("factor.title"), True)
    assert not await ada.is_signed_in(app)
