"""The sign-in page, rendered once for everybody: nobody sees what is another's, and every change shows at once."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.browser_by_hand import forms_of
from tests.pages.visitor import Visitor, application, t, visitor
from tests.world import PASSWORD, World
from vestibule.ui.messages import translator
from vestibule.ui.render import Pages

pytestmark = pytest.mark.anyio


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the pages that were rendered, not those that were at hand."""
    addresses: list[str] = []
    render = Pages.render

    def counted(pages: Pages, template: str, language: str, here: str, **values: Any) -> str:
        addresses.append(here)
        return render(pages, template, language, here, **values)

    monkeypatch.setattr(Pages, "render", counted)
    return addresses


async def decide(world: World, **body: Any) -> None:
    answer = await world.call("PATCH", "/sign-in-exp", body)
    assert answer.status_code == 200, answer.text


def proof(browser: Visitor) -> str:
    """Return the token of the forms of a page, which is one."""
    (found,) = {form.fields["csrf"] for form in forms_of(browser.answer.text)}
    return found


async def test_two_browsers_get_one_page_with_a_token_each_that_is_good_for_nobody_else(
    world: World, ada: Visitor, rendered: list[str]
) -> None:
    """B41: on the same words, the proof of each browser is its own."""
    await world.user(username="ada", password=PASSWORD)
    app, eve = await application(world), visitor(world)
    await ada.begin(app)
    await eve.begin(app)
    assert rendered == [f"/sign-in?app_id={app.id}"], "the second was at hand"
    assert proof(ada) != proof(eve)
    assert proof(ada) not in eve.answer.text
    assert ada.answer.text.replace(proof(ada), "") == eve.answer.text.replace(proof(eve), "")
    assert len(forms_of(eve.answer.text)) == 2, "the way back has the token, too"
    theft = visitor(world)
    theft.client.cookies = eve.client.cookies
    theft.address, theft.answer = eve.address, eve.answer
    await theft.submit(identifier="ada", password=PASSWORD, csrf=proof(ada))
    assert theft.answer.status_code == 403
    await eve.sign_in("ada")
    assert eve.address.startswith("https://app.example/callback?code=")
    await ada.sign_in("ada")
    assert ada.address.startswith("https://app.example/callback?code=")


async def test_one_browser_gets_a_new_token_with_a_new_sign_in(world: World, ada: Visitor, rendered: list[str]) -> None:
    app = await application(world)
    first = proof(await ada.begin(app))
    second = proof(await ada.begin(app))
    assert first != second
    assert len(rendered) == 1
    assert proof(await ada.open(ada.address)) == second


async def test_words_of_a_person_are_rendered_for_them_and_kept_for_nobody(
    world: World, ada: Visitor, rendered: list[str]
) -> None:
    app, eve = await application(world), visitor(world)
    await eve.begin(app)
    await ada.begin(app, login_hint="ada@home.example")
    assert ada.form.fields["identifier"] == "ada@home.example"
    await ada.begin(app, login_hint="ada@home.example")
    for _ in range(2):
        await ada.open(f"/sign-in?app_id={app.id}")
        assert ada.form.fields["identifier"] == "ada@home.example", "it is the sign-in's, whatever the address says"
    assert len(rendered) == 5
    for identifier in ("ada@work.example", "", ""):
        await ada.sign_in(identifier, "wrong")
        assert identifier in ada.text
        assert ada.reads("fault.credentials")
    assert len(rendered) == 8
    await eve.begin(app)
    assert "ada@" not in eve.text
    assert not eve.reads("fault.credentials")
    assert len(rendered) == 8, "what everybody sees is still at hand"


@pytest.mark.parametrize(
    "more", [{"told": "new-password"}, {"social": "failed"}, {"way": "code"}, {"lang": "fr"}, {"x": "ada@home.example"}]
)
async def test_an_address_that_somebody_made_up_is_rendered_each_time(
    world: World, ada: Visitor, rendered: list[str], more: dict[str, str]
) -> None:
    app, eve = await application(world), visitor(world)
    plain = (await eve.begin(app)).answer.text
    rendered.clear()
    await ada.begin(app)
    for _ in range(2):
        await ada.open(f"/sign-in?{urlencode({'app_id': app.id, **more})}")
    for address in (f"/sign-in?app_id={app.id}&", f"/sign-in?app_id={app.id}&app_id={app.id}", "/sign-in"):
        await ada.open(address)
        assert ada.answer.status_code == 200
    assert len(rendered) == 5
    await eve.open(f"/sign-in?app_id={app.id}")
    assert eve.answer.text == plain


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"termsOfUseUrl": "https://acme.example/terms"}, "https://acme.example/terms"),
        ({"branding": {"logoUrl": "https://acme.example/logo.png"}}, "https://acme.example/logo.png"),
        (
            {"color": {"primaryColor": "#123456", "isDarkModeEnabled": False, "darkPrimaryColor": "#123456"}},
            "/colours/",
        ),
        ({"customCss": "body { margin: 0 }"}, "/own/"),
        ({"languageInfo": {"autoDetect": False, "fallbackLanguage": "de"}}, translator("de")("sign_in.title")),
        ({"passkeySignIn": {"enabled": True, "showPasskeyButton": True, "allowAutofill": False}}, t("sign_in.passkey")),
    ],
)
async def test_what_administrators_change_shows_at_once_and_is_gone_at_once(
    world: World, ada: Visitor, change: dict[str, Any], words: str
) -> None:
    app, before = await application(world), (await world.call("GET", "/sign-in-exp")).json()
    if "termsOfUseUrl" in change:
        change = {**change, "agreeToTermsPolicy": "Manual"}
    for _ in range(2):
        await ada.begin(app)
        assert words not in ada.answer.text
        await decide(world, **change)
        await ada.begin(app)
        assert words in ada.answer.text
        await decide(world, **{name: before[name] for name in change})


async def test_who_may_not_register_any_more_is_not_led_there(world: World, ada: Visitor) -> None:
    app = await application(world)
    assert (await ada.begin(app)).reads("sign_in.register")
    await decide(world, signInMode="SignIn")
    assert not (await ada.begin(app)).reads("sign_in.register")


async def test_a_connector_for_messages_opens_the_way_to_a_new_password_at_once(world: World, ada: Visitor) -> None:
    app = await application(world)
    held = (await world.call("GET", "/connectors")).json()
    assert (await ada.begin(app)).reads("sign_in.forgot")
    for one in held:
        await world.call("DELETE", f"/connectors/{one['id']}")
    assert not (await ada.begin(app)).reads("sign_in.forgot")


async def test_each_application_and_language_has_a_page_of_its_own(world: World, ada: Visitor) -> None:
    app, other, eve = await application(world), await application(world), visitor(world)
    eve.client.headers["accept-language"] = "fr"
    for name in ("Shop", "Shop & <b>"):
        answer = await world.call("PATCH", f"/applications/{app.id}", {"name": name})
        assert answer.status_code == 200, answer.text
        await ada.begin(app)
        assert ada.reads("sign_in.lead", application=name)
        assert "<b>" not in ada.answer.text
        await eve.begin(app)
        assert translator("fr")("sign_in.lead", application=name) in eve.text
    await ada.begin(other)
    assert "Shop" not in ada.text
    assert f"app_id={other.id}" in ada.form.action
