"""Signing out at the client's request."""

from typing import Any

import pytest

from tests.oidc.world import BYE, PUBLIC_URL, World, inputs_of, query_of

pytestmark = pytest.mark.anyio

END = "/oidc/session/end"
CONFIRM = f"{END}/confirm"
UNREGISTERED = "post_logout_redirect_uri not registered"


async def test_signing_out_ends_the_session_and_returns_to_the_client(world: World) -> None:
    """B39: the old cookie is worth nothing afterwards."""
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.tokens(app)
    replay = world.browser()
    for kept in browser.client.cookies.jar:
        replay.client.cookies.set(kept.name, kept.value or "", domain=kept.domain, path=kept.path)

    page = await browser.get(END, client_id=app.id, post_logout_redirect_uri=BYE, state="s t")
    assert page.status_code == 200
    assert 'id="op.logoutForm"' in page.text
    assert f'action="{PUBLIC_URL}{CONFIRM}"' in page.text
    assert inputs_of(page.text).keys() == {"xsrf", "logout"}
    done = await browser.client.post(CONFIRM, data=inputs_of(page.text))
    assert done.status_code == 303
    assert done.headers["location"].startswith(f"{BYE}?")
    assert query_of(done.headers["location"]) == {"state": "s t"}
    assert any(line.startswith("_session=;") for line in done.headers.get_list("set-cookie"))

    for old in (browser, replay):
        answer = await old.authorize(app, prompt="none")
        assert query_of(answer.headers["location"])["error"] == "login_required"


async def test_without_a_client_it_ends_on_our_own_page(world: World) -> None:
    page = await world.browser().get(END, post_logout_redirect_uri="https://evil.example")
    browser = world.browser()
    done = await browser.client.post(CONFIRM, data=inputs_of(page.text))
    assert done.headers["location"] == f"{PUBLIC_URL}{END}/success"
    assert (await browser.get(f"{END}/success")).text == "<h1>Signed out</h1>"


async def test_staying_signed_in_is_possible(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.tokens(app)
    page = await browser.get(END)
    await browser.client.post(CONFIRM, data={"xsrf": inputs_of(page.text)["xsrf"]})
    assert "code" in query_of((await browser.authorize(app, prompt="none")).headers["location"])


@pytest.mark.parametrize(
    ("query", "description"),
    [
        ({"client_id": "APP", "post_logout_redirect_uri": "https://evil.example"}, UNREGISTERED),
        ({"client_id": "APP", "post_logout_redirect_uri": f"{BYE}/"}, UNREGISTERED),
        ({"id_token_hint": "nonsense"}, "could not decode id_token_hint"),
        ({"id_token_hint": "HINT", "client_id": "OTHER"}, "client_id does not match the provided id_token_hint"),
        ({"id_token_hint": "HINT", "post_logout_redirect_uri": "https://x.example"}, UNREGISTERED),
        ({"client_id": "nobody"}, "invalid client nobody"),
    ],
)
async def test_what_is_not_right_never_redirects(world: World, query: dict[str, str], description: str) -> None:
    """B42: bad hints and addresses that are not registered."""
    await world.user()
    app, other, browser = await world.application(), await world.application(), world.browser()
    hint = (await browser.tokens(app))["id_token"]
    named = {"APP": app.id, "OTHER": other.id, "HINT": hint}
    answer = await browser.get(END, **{key: named.get(value, value) for key, value in query.items()})
    assert (answer.status_code, answer.json()["error_description"]) == (400, description)
    assert "location" not in answer.headers
    page = await browser.client.get(END, params=query, headers={"accept": "text/html"})
    assert page.status_code == 400


async def test_a_hint_names_the_client_even_when_it_has_expired(world: World) -> None:
    await world.user()
    app, browser = await world.application(), world.browser()
    hint = (await browser.tokens(app))["id_token"]
    world.clock.advance(seconds=7200)
    page = await browser.get(END, id_token_hint=hint, post_logout_redirect_uri=BYE)
    assert 'data-automatic="True"' in page.text
    done = await browser.client.post(CONFIRM, data=inputs_of(page.text))
    assert done.headers["location"] == BYE


async def test_an_unasked_sign_out_is_a_question(world: World) -> None:
    await world.user()
    browser = world.browser()
    await browser.tokens(await world.application())
    assert 'data-automatic="False"' in (await browser.get(END)).text


async def test_a_hint_about_somebody_else_is_a_question_too(world: World) -> None:
    """B42: a link that names another person does not sign this one out by itself."""
    await world.user("ada")
    await world.user("eve")
    app, browser = await world.application(), world.browser()
    hint = (await world.browser().tokens(app, user="eve"))["id_token"]
    own = (await browser.tokens(app))["id_token"]
    for token, automatic in ((hint, False), (own, True)):
        page = await browser.get(END, id_token_hint=token, post_logout_redirect_uri=BYE)
        assert f'data-automatic="{automatic}"' in page.text


async def test_a_sign_out_needs_the_page_of_the_same_session(world: World) -> None:
    """B41: a forged, foreign, altered or old ticket ends nothing."""
    await world.user("ada")
    await world.user("eve")
    app, browser, attacker = await world.application(), world.browser(), world.browser()
    await browser.tokens(app)
    await attacker.tokens(app, user="eve")
    foreign = inputs_of((await attacker.get(END)).text)
    own = inputs_of((await browser.get(END)).text)
    forms: list[dict[str, Any]] = [
        {},
        {"logout": "yes"},
        foreign,
        own | {"xsrf": own["xsrf"][:-1]},
        own | {"xsrf": "A" + own["xsrf"]},
        own | {"xsrf": "é.é"},
    ]
    for form in forms:
        answer = await browser.client.post(CONFIRM, data=form)
        assert (answer.status_code, answer.json()["error_description"]) == (400, "could not find logout details")
    world.clock.advance(seconds=3601)
    assert (await browser.client.post(CONFIRM, data=own)).status_code == 400
    assert "code" in query_of((await browser.authorize(app, prompt="none")).headers["location"])


async def test_the_request_may_be_posted(world: World) -> None:
    app = await world.application()
    page = await world.post(END, {"client_id": app.id, "post_logout_redirect_uri": BYE})
    assert page.status_code == 200
