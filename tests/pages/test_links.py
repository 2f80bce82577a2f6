"""Magic links: a page that changes nothing until its button is pressed, and that says why a link is over."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.authenticator import code_at, give_totp
from tests.oidc.world import App
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import PASSWORD, World
from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import interactions

pytestmark = pytest.mark.anyio
ADDRESS = "ada@example.com"
PARAMS: Statement[Row] = Statement(select(interactions.c.params, interactions.c.state))


async def made(world: World, email: str = ADDRESS, **body: Any) -> dict[str, str]:
    """Make a link; returns what its address says beside the authorization request."""
    answer = await world.call("POST", "/one-time-tokens", {"email": email, **body})
    return {"one_time_token": answer.json()["token"], "login_hint": email}


async def statuses(world: World) -> list[str]:
    """Return how every token stands."""
    return [one["status"] for one in (await world.call("GET", "/one-time-tokens")).json()]


async def decide(world: World, **body: Any) -> None:
    """Set something of the sign-in experience."""
    assert (await world.call("PATCH", "/sign-in-exp", body)).status_code == 200


@pytest.fixture
async def app(world: World) -> App:
    """An application that mails links."""
    return await application(world)


async def test_a_link_signs_in_by_one_button(world: World, ada: Visitor, app: App) -> None:
    user = await world.user(primaryEmail=ADDRESS)
    await ada.begin(app, **await made(world))
    assert ada.heading == t("link.title")
    assert ada.reads("link.lead", application="Test", email=ADDRESS)
    assert "<script" not in ada.answer.text.partition("</main>")[0].partition("<main")[2]
    await ada.submit()
    assert ada.address.startswith(CALLBACK)
    assert (await world.call("GET", f"/users/{user['id']}")).json()["lastSignInAt"] == world.clock.now()


async def test_whoever_only_opens_a_link_leaves_it_good(world: World, ada: Visitor, app: App) -> None:
    """Scanners of mail follow every link, some of them twice."""
    await world.user(primaryEmail=ADDRESS)
    link = await made(world)
    for _ in range(2):
        await visitor(world).begin(app, **link)
    assert await statuses(world) == ["active"]
    await (await ada.begin(app, **link)).submit()
    assert ada.address.startswith(CALLBACK)
    assert await statuses(world) == ["consumed"]


async def test_a_link_works_once_and_says_so_afterwards(world: World, ada: Visitor, app: App) -> None:
    await world.user(primaryEmail=ADDRESS)
    link = await made(world)
    await (await ada.begin(app, **link)).submit()
    eve = await visitor(world).begin(app, **link)
    assert (eve.answer.status_code, eve.heading) == (422, t("link.used_title"))
    assert "/sign-in?app_id=" in eve.answer.text


async def test_a_link_that_was_opened_in_time_is_not_good_after_its_time(world: World, ada: Visitor, app: App) -> None:
    await world.user(primaryEmail=ADDRESS)
    await ada.begin(app, **await made(world))
    world.clock.advance(seconds=600)
    await ada.submit()
    assert (ada.answer.status_code, ada.heading) == (422, t("link.expired_title"))


@pytest.mark.parametrize(("change", "reason"), [("revoked", "withdrawn"), ("gone", "unknown"), ("other", "unknown")])
async def test_a_link_that_does_not_work_says_why(
    world: World, ada: Visitor, app: App, change: str, reason: str
) -> None:
    link = await made(world)
    ((one),) = (await world.call("GET", "/one-time-tokens")).json()
    if change == "revoked":
        await world.call("PUT", f"/one-time-tokens/{one['id']}/status", {"status": "revoked"})
    elif change == "gone":
        await world.call("DELETE", f"/one-time-tokens/{one['id']}")
    else:
        link |= {"login_hint": "eve@example.com"}
    await ada.begin(app, **link)
    assert ada.heading == t(f"link.{reason}_title")
    assert ada.reads(f"link.{reason}_lead")


async def test_whoever_has_a_second_factor_shows_it_after_the_link(world: World, ada: Visitor, app: App) -> None:
    """A21: and the mailbox is no second factor after it was the first."""
    user = await world.user(primaryEmail=ADDRESS)
    await give_totp(world, user)
    await (await ada.begin(app, **await made(world))).submit()
    assert "/mfa-verification" in ada.address
    await ada.submit(code=code_at(world.clock.now()))
    assert ada.address.startswith(CALLBACK)


async def test_a_form_that_is_sent_twice_goes_on_twice(world: World, ada: Visitor, app: App) -> None:
    user = await world.user(primaryEmail=ADDRESS)
    await give_totp(world, user)
    await ada.begin(app, **await made(world))
    address, page = ada.address, ada.answer
    for _ in range(2):
        ada.address, ada.answer = address, page
        await ada.submit()
        assert "/mfa-verification" in ada.address


async def test_somebody_new_is_asked_before_an_account_is_made(world: World, ada: Visitor, app: App) -> None:
    await decide(world, signUp={"identifiers": ["email"], "password": False, "verify": True})
    await (await ada.begin(app, **await made(world, "bob@example.com"))).submit()
    assert ada.heading == t("verdict.nobody_title")
    await ada.submit()
    assert ada.address.startswith(CALLBACK)
    (user,) = (await world.call("GET", "/users")).json()
    assert user["primaryEmail"] == "bob@example.com"


async def test_whoever_registers_after_all_accepts_the_terms(world: World, ada: Visitor, app: App) -> None:
    terms = {"termsOfUseUrl": "https://app.example/terms", "agreeToTermsPolicy": "ManualRegistrationOnly"}
    await decide(world, signUp={"identifiers": ["email"], "password": False, "verify": True}, **terms)
    await (await ada.begin(app, **await made(world))).submit()
    await ada.submit()
    assert (ada.answer.status_code, ada.reads("fault.agree")) == (422, True)
    assert (await world.call("GET", "/users")).json() == []
    await ada.submit(agree="yes")
    assert ada.address.startswith(CALLBACK)


async def test_a_link_for_a_forgotten_password_leads_to_a_new_one(world: World, ada: Visitor, app: App) -> None:
    await world.user(primaryEmail=ADDRESS, password=PASSWORD)
    link = await made(world, context={"interactionEvent": "ForgotPassword"})
    await (await ada.begin(app, **link)).submit()
    await ada.submit(password="another lazy door")
    assert ada.reads("recovery.done")
    await ada.sign_in(ADDRESS, "another lazy door")
    assert ada.address.startswith(CALLBACK)


async def test_a_link_is_for_whoever_it_names_though_somebody_else_is_signed_in(
    world: World, ada: Visitor, app: App
) -> None:
    """A20: and one's own link does not ask again, and is used up (contract 5.12)."""
    await world.user(primaryEmail=ADDRESS, password=PASSWORD)
    await world.user(primaryEmail="bob@example.com")
    await (await ada.begin(app)).sign_in(ADDRESS)
    await ada.begin(app, **await made(world))
    assert ada.address.startswith(CALLBACK)
    assert await statuses(world) == ["consumed"]
    await ada.begin(app, **await made(world, "bob@example.com"))
    assert ada.reads("link.lead", application="Test", email="bob@example.com")


async def test_no_sign_in_keeps_the_token_in_the_store(world: World, ada: Visitor, app: App) -> None:
    """B98."""
    await world.user(primaryEmail=ADDRESS)
    link = await made(world)
    await ada.begin(app, **link)
    async with world.server.ctx.db.read() as tx:
        rows = await tx.all(PARAMS)
    assert len(rows) == 1
    assert link["one_time_token"] not in str(rows)


@pytest.mark.parametrize("screen", ["register", "sign_in", "identifier:register"])
async def test_a_link_may_begin_on_any_screen(world: World, ada: Visitor, app: App, screen: str) -> None:
    await ada.begin(app, first_screen=screen, **await made(world))
    assert ada.heading == t("link.title")
