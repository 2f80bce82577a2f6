"""Trusted devices: no second factor in this browser for a while; for one person, and until something changes."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from tests.api.experience.headless import Headless, path_of
from tests.authenticator import STEP_SECONDS, code_at, give_backup_codes, give_totp
from tests.oidc.world import App
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import JSON, PASSWORD, World
from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import trusted_devices

pytestmark = pytest.mark.anyio
DAY_SECONDS = 86_400
DIGESTS: Statement[Row] = Statement(select(trusted_devices.c.device_digest))


@pytest.fixture
async def app(world: World) -> App:
    """An application, where browsers may be trusted for ten days."""
    await decide(world, trustedDevice={"enabled": True, "durationDays": 10})
    return await application(world)


@pytest.fixture
async def user(world: World) -> JSON:
    """Ada, who has an authenticator."""
    return await with_totp(world, "ada")


async def decide(world: World, **body: object) -> None:
    """Set something of the sign-in experience."""
    answer = await world.call("PATCH", "/sign-in-exp", body)
    assert answer.status_code == 200, answer.text


async def with_totp(world: World, name: str) -> JSON:
    """Make somebody who has an authenticator."""
    made = await world.user(username=name, password=PASSWORD)
    await give_totp(world, made)
    return made


async def show_factor(world: World, browser: Visitor, app: App, name: str = "ada", trust: str = "") -> None:
    """Sign in with both factors."""
    world.clock.advance(seconds=STEP_SECONDS)
    await (await browser.begin(app, prompt="login")).sign_in(name)
    assert browser.heading == t("factor.title")
    await browser.submit(code=code_at(world.clock.now()), trust=trust)
    assert browser.address.startswith(CALLBACK)


async def is_asked(browser: Visitor, app: App, name: str = "ada", **extra: str) -> bool:
    """Sign out and in again by password; returns whether a factor is asked for."""
    for cookie in ("_session", "_session.sig"):
        browser.client.cookies.delete(cookie)
    await (await browser.begin(app, **extra)).sign_in(name)
    if browser.heading == t("factor.title"):
        return True
    assert browser.address.startswith(CALLBACK), browser.text
    return False


async def devices(world: World, user: JSON) -> list[JSON]:
    """List where somebody is trusted."""
    answer = await world.call("GET", f"/users/{user['id']}/trusted-devices")
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def test_nobody_is_asked_for_a_factor_in_a_trusted_browser_to_be_offered_a_passkey(
    world: World, ada: Visitor, app: App, user: JSON
) -> None:
    await show_factor(world, ada, app, trust="yes")
    await decide(world, passkeySignIn={"enabled": True})
    assert not await is_asked(ada, app)


async def test_a_browser_that_is_trusted_is_asked_for_no_factor_until_its_time_is_over(
    world: World, ada: Visitor, app: App, user: JSON
) -> None:
    await show_factor(world, ada, app, trust="yes")
    assert not await is_asked(ada, app)
    world.clock.advance(seconds=10 * DAY_SECONDS)
    assert await is_asked(ada, app)


async def test_only_whoever_asks_is_remembered_and_only_there(world: World, ada: Visitor, app: App, user: JSON) -> None:
    await show_factor(world, ada, app)
    assert ada.cookie("vestibule_device") == ""
    assert await is_asked(ada, app)
    await show_factor(world, ada, app, trust="yes")
    assert await is_asked(visitor(world), app)


async def test_each_person_is_trusted_alone_in_a_shared_browser(
    world: World, ada: Visitor, app: App, user: JSON
) -> None:
    """A20: and the second one who is remembered does not undo the first."""
    await with_totp(world, "bob")
    await show_factor(world, ada, app, trust="yes")
    first = ada.cookie("vestibule_device")
    assert await is_asked(ada, app, "bob")
    await show_factor(world, ada, app, "bob", trust="yes")
    assert ada.cookie("vestibule_device") not in {"", first}
    assert not await is_asked(ada, app)
    assert not await is_asked(ada, app, "bob")


@pytest.mark.parametrize("others", [("ada", "ada"), ("ada", "bob")])
async def test_two_tabs_that_end_one_after_the_other_leave_one_browser_for_each_person(
    world: World, ada: Visitor, app: App, user: JSON, others: tuple[str, str]
) -> None:
    """Both were begun before either was trusted: no row is left whose cookie nobody has, and nobody is undone."""
    people = {"ada": user, "bob": await with_totp(world, "bob")}
    tabs = [Visitor(ada.client), Visitor(ada.client)]
    for tab in tabs:
        await tab.begin(await application(world), prompt="login")
    for tab, name in zip(tabs, others, strict=True):
        world.clock.advance(seconds=STEP_SECONDS)
        await tab.sign_in(name)
        await tab.submit(code=code_at(world.clock.now()), trust="yes")
        assert tab.address.startswith(CALLBACK)
    for name in {*others}:
        assert len(await devices(world, people[name])) == 1
        assert not await is_asked(ada, app, name)


async def test_a_cookie_that_was_there_before_opens_nothing_afterwards(
    world: World, ada: Visitor, app: App, user: JSON
) -> None:
    """A19: a cookie that somebody planted, and knows, is replaced when the browser is trusted."""
    ada.client.cookies.set("vestibule_device", "planted", domain="id.localhost", path="/")
    await show_factor(world, ada, app, trust="yes")
    eve = visitor(world)
    eve.client.cookies.set("vestibule_device", "planted", domain="id.localhost", path="/")
    assert await is_asked(eve, app)


@pytest.mark.parametrize("asks", [{"prompt": "login"}, {"max_age": "600"}, {"vestibule_action": "add-passkey"}])
async def test_an_application_that_wants_a_fresh_proof_gets_both_factors(
    world: World, ada: Visitor, app: App, user: JSON, asks: dict[str, str]
) -> None:
    await show_factor(world, ada, app, trust="yes")
    assert await is_asked(ada, app, **asks)


async def suspended(world: World, user: JSON) -> None:
    """Suspend somebody, and let them in again."""
    for is_so in (True, False):
        await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": is_so})


async def another_password(world: World, user: JSON) -> None:
    """Set the password anew."""
    await world.call("PATCH", f"/users/{user['id']}/password", {"password": PASSWORD})


async def another_factor(world: World, user: JSON) -> None:
    """Add backup codes."""
    await give_backup_codes(world, user)


async def fewer_factors(world: World, user: JSON) -> None:
    """Remove the backup codes again."""
    path = f"/users/{user['id']}/mfa-verifications"
    found = (await world.call("GET", path)).json()
    (one,) = [factor["id"] for factor in found if factor["type"] == "BackupCode"]
    assert (await world.call("DELETE", f"{path}/{one}")).status_code == 204


async def taken_back(world: World, user: JSON) -> None:
    """Trust the device no longer."""
    (device,) = await devices(world, user)
    path = f"/users/{user['id']}/trusted-devices/{device['id']}"
    assert (await world.call("DELETE", path)).status_code == 204
    assert (await world.call("DELETE", path)).status_code == 404


async def switched_off(world: World, user: JSON) -> None:
    """Let nobody be remembered any longer."""
    await decide(world, trustedDevice={"enabled": False})


async def another_address(world: World, user: JSON) -> None:
    """Change the address."""
    await world.call("PATCH", f"/users/{user['id']}", {"primaryEmail": "new@example.com"})


async def fewer_addresses(world: World, user: JSON) -> None:
    """Remove the phone number."""
    await world.call("PATCH", f"/users/{user['id']}", {"primaryPhone": ""})


CHANGES = [suspended, another_password, another_factor, fewer_factors, taken_back, switched_off]


@pytest.mark.parametrize("change", [*CHANGES, another_address, fewer_addresses])
async def test_trust_ends_when_something_changes(
    world: World, ada: Visitor, app: App, user: JSON, change: Callable[[World, JSON], Awaitable[None]]
) -> None:
    """B40, B30."""
    await give_backup_codes(world, user)
    if change is another_factor:
        await fewer_factors(world, user)
    await show_factor(world, ada, app, trust="yes")
    assert not await is_asked(ada, app)
    await change(world, user)
    assert await is_asked(ada, app)


async def test_where_somebody_is_trusted_is_listed(world: World, ada: Visitor, app: App, user: JSON) -> None:
    ada.client.headers["user-agent"] = "A browser of hers"
    await show_factor(world, ada, app, trust="yes")
    now = world.clock.now()
    assert not await is_asked(ada, app)
    (device,) = await devices(world, user)
    assert device["userAgent"] == "A browser of hers"
    assert device["createdAt"] == now
    assert device["expiresAt"] == now + 10 * DAY_SECONDS * 1000
    assert (device["country"], device["city"]) == (None, None)
    assert (await world.call("GET", "/users/nobody/trusted-devices")).status_code == 404
    assert (await world.call("GET", f"/users/{user['id']}/trusted-devices")).headers["total-number"] == "1"


async def test_no_one_is_remembered_where_that_is_off(world: World, ada: Visitor, app: App, user: JSON) -> None:
    await switched_off(world, user)
    world.clock.advance(seconds=STEP_SECONDS)
    await (await ada.begin(app)).sign_in("ada")
    assert 'name="trust"' not in ada.answer.text
    await ada.submit(code=code_at(world.clock.now()), trust="yes")
    await decide(world, trustedDevice={"enabled": True})
    assert await is_asked(ada, app)


async def test_the_store_holds_no_cookie_that_opens_anything(world: World, ada: Visitor, app: App, user: JSON) -> None:
    """B98, B36."""
    await show_factor(world, ada, app, trust="yes")
    async with world.server.ctx.db.read() as tx:
        ((digest,),) = await tx.all(DIGESTS)
    assert digest != ada.cookie("vestibule_device")
    kept = next(one for one in ada.client.cookies.jar if one.name == "vestibule_device")
    assert kept.has_nonstandard_attr("HttpOnly")
    assert kept.path == "/"


async def test_trust_that_is_granted_when_a_sign_in_is_resumed_rests_on_a_factor_that_is_still_there(
    world: World, app: App, user: JSON
) -> None:
    """B30: the sign-in is over when the factor goes in between."""
    await give_backup_codes(world, user)
    program = Headless(world, app)
    await program.begin()
    await program.identified()
    world.clock.advance(seconds=STEP_SECONDS)
    await program.good("POST", "/verification/totp/verify", {"code": code_at(world.clock.now())})
    await program.good("POST", "/profile/mfa/trusted-device")
    onward = (await program.good("POST", "/submit"))["redirectTo"]
    await fewer_factors(world, user)
    answer = await program.send("GET", path_of(onward))
    assert answer.status_code == 400
    assert await devices(world, user) == []
