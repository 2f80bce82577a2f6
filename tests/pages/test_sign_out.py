"""Signing out: asked about, done everywhere, and leading only where the application may."""

import pytest

from tests.pages.visitor import BYE, Visitor, application, t, visitor
from tests.world import PASSWORD, World

pytestmark = pytest.mark.anyio
END = "/oidc/session/end"


async def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(world: World, ada: Visitor) -> None:
    """B39."""
    await world.user(username="ada", password=PASSWORD)
    app = await application(world)
    await (await ada.begin(app)).sign_in("ada")
    thief = visitor(world)
    for kept in ada.client.cookies.jar:
        thief.client.cookies.set(kept.name, kept.value or "", domain=kept.domain, path=kept.path)
    assert await thief.is_signed_in(app)
    await ada.open(END)
    assert ada.heading == t("sign_out.title")
    await ada.submit()
    assert ada.heading == t("signed_out.title")
    assert ada.cookie("_session") == ""
    assert not await ada.is_signed_in(app)
    assert not await thief.is_signed_in(app)


async def test_opening_the_page_signs_nobody_out(world: World, ada: Visitor) -> None:
    """B41: a link or a picture elsewhere cannot do it; without the page's own ticket nothing happens."""
    await world.user(username="ada", password=PASSWORD)
    app = await application(world)
    await (await ada.begin(app)).sign_in("ada")
    await ada.open(END)
    assert "data-auto" not in ada.answer.text
    for data in ({}, {"logout": "yes"}, {"logout": "yes", "xsrf": "made.up"}):
        answer = await ada.client.post(f"{END}/confirm", data=data, headers={"accept": "text/html"})
        assert answer.status_code == 400
    assert await ada.is_signed_in(app)


async def test_the_application_gets_the_person_back(world: World, ada: Visitor) -> None:
    app = await application(world)
    await ada.open(f"{END}?client_id={app.id}&post_logout_redirect_uri={BYE}&state=st")
    await ada.submit()
    assert ada.address == f"{BYE}?state=st"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        f"{BYE}/",
        f"{BYE}?x=1",
        "//evil.example",
        "javascript:alert(1)",
        "https://a b;c/",
        "http://[",
    ],
)
async def test_an_address_that_is_not_registered_leads_nowhere(world: World, ada: Visitor, target: str) -> None:
    """B42: a page that says so for a known application; for none the address is ignored, in the policy too."""
    app = await application(world)
    await ada.open(f"{END}?client_id={app.id}&post_logout_redirect_uri={target}")
    assert ada.answer.status_code == 400
    assert ada.heading == t("error.request.title")
    await ada.open(f"{END}?post_logout_redirect_uri={target}")
    assert ada.heading == t("sign_out.title")
    assert "form-action 'self';" in ada.answer.headers["content-security-policy"]
    await ada.submit()
    assert ada.heading == t("signed_out.title")


async def test_an_unknown_application_is_told_to_people(world: World, ada: Visitor) -> None:
    await ada.open(f"{END}?client_id=nobody")
    assert ada.answer.status_code == 400
    assert ada.heading == t("error.client.title")
