"""Who arrives by an expired link or another address is told where to go, and the operator which setting is wrong."""

import json
from pathlib import Path

import pytest

from tests.oidc.world import App
from tests.pages.test_codes import ADDRESS, decide
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import PASSWORD, URL, World, worlds
from vestibule.domain.interactions.steps import INTERACTION_MS

pytestmark = pytest.mark.anyio
SAME = {"sec-fetch-site": "same-origin"}


def warnings(world: World) -> list[dict[str, str]]:
    """Return what the log says about addresses and proxies."""
    lines = [json.loads(line) for line in world.lines]
    return [line for line in lines if line["event"] in {"public_address_differs", "proxy_not_trusted"}]


async def test_an_expired_sign_in_leads_back_to_its_application(world: World, ada: Visitor) -> None:
    await ada.begin(await application(world))
    world.clock.advance(seconds=INTERACTION_MS / 1000)
    await ada.sign_in("ada")
    assert ada.heading == t("unknown.title")
    assert f'href="https://app.example/">{t("unknown.go", application="Test")}</a>' in ada.text
    assert warnings(world) == []


async def test_a_link_that_another_browser_began_names_no_application(world: World, ada: Visitor) -> None:
    """A19: nothing is told about a sign-in that is not this browser's, and nobody is led anywhere by a stranger."""
    app = await application(world)
    await ada.begin(app)
    eve = await visitor(world).open(f"/sign-in?app_id={app.id}")
    assert eve.heading == t("unknown.title")
    assert 'class="button"' not in eve.answer.text
    forged = visitor(world)
    forged.client.cookies.set("_logto", "%7B%22appId%22%3A%22" + app.id + "%22%7D")
    assert 'class="button"' not in (await forged.open("/unknown-session")).answer.text


async def test_an_application_without_a_page_of_its_own_is_not_led_to(world: World, ada: Visitor) -> None:
    client_id, _ = await world.app("Native", redirect_uris=["com.example.app://callback"])
    app = type(await application(world))(client_id, None, "Native", "com.example.app://callback")
    await ada.begin(app)
    world.clock.advance(seconds=INTERACTION_MS / 1000)
    await ada.open("/unknown-session")
    assert ada.heading == t("unknown.title")
    assert 'class="button"' not in ada.answer.text


@pytest.mark.parametrize(("mode", "first"), [("Register", "sign_in"), ("SignIn", "register")])
async def test_whoever_comes_to_a_door_that_was_closed_meanwhile_is_told_so_and_whom_to_ask(
    world: World, ada: Visitor, mode: str, first: str
) -> None:
    await world.user(username="ada", password=PASSWORD)
    await ada.begin(await application(world), first_screen=first)
    await decide(world, signInMode=mode, supportEmail="help@x.io")
    await ada.submit(identifier="ada", password=PASSWORD)
    assert (ada.answer.status_code, ada.heading) == (403, t("closed.title"))
    assert 'href="mailto:help@x.io"' in ada.answer.text


async def test_nobody_is_sent_a_code_for_a_password_that_lets_nobody_in(world: World, ada: Visitor) -> None:
    app = await application(world)
    await decide(world, signInMode="Register")
    await ada.begin(app)
    await ada.open(f"/forgot-password?app_id={app.id}")
    assert ada.reads("recovery.closed")
    assert 'name="identifier"' not in ada.answer.text


@pytest.mark.parametrize("first", ["register", "reset_password"])
async def test_whoever_the_application_sent_to_another_page_than_sign_in_finds_the_way_back_to_it(
    world: World, ada: Visitor, first: str
) -> None:
    await ada.begin(await application(world), first_screen=first)
    assert ada.heading in {t("register.title"), t("recovery.title")}
    assert ada.reads("sign_in.cancel", application="Test")
    await ada.submit(1)
    assert ada.address.startswith(CALLBACK)
    assert "error=access_denied" in ada.address


async def forgot(world: World, ada: Visitor) -> App:
    """Show who one is by the code for a forgotten password."""
    app = await application(world)
    await ada.begin(app)
    await ada.open(f"/forgot-password?app_id={app.id}")
    await ada.submit(identifier=ADDRESS)
    await ada.submit(code=world.code_for(ADDRESS))
    assert ada.heading == t("recovery.new_title")
    return app


async def test_the_way_back_to_a_code_that_was_entered_leads_on_to_the_new_password(world: World, ada: Visitor) -> None:
    await world.user(username="ada", primaryEmail=ADDRESS, password=PASSWORD)
    app = await forgot(world, ada)
    await ada.open(f"/verification-code?app_id={app.id}")
    assert ada.heading == t("recovery.new_title")


@pytest.mark.parametrize("what", ["suspended", "chosen in another tab"])
async def test_a_new_password_that_comes_too_late_is_told_so(world: World, ada: Visitor, what: str) -> None:
    user = await world.user(username="ada", primaryEmail=ADDRESS, password=PASSWORD)
    await forgot(world, ada)
    if what == "suspended":
        await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    else:
        await Visitor(ada.client, ada.answer, ada.address).submit(password="another lazy door")
    await ada.submit(password="yet another lazy door")
    assert (ada.heading, ada.reads("fault.over")) == (t("recovery.title"), True)


async def test_a_code_that_another_tab_has_made_void_is_told_so(world: World, ada: Visitor) -> None:
    """The person has typed the right one, and would look for the fault there."""
    method = {"identifier": "email", "password": True, "verificationCode": True, "isPasswordPrimary": True}
    beside = [{"identifier": "email", "verify": True}]
    sign_up = {"identifiers": ["username"], "password": True, "verify": False, "secondaryIdentifiers": beside}
    await decide(world, signIn={"methods": [method]}, signUp=sign_up)
    app = await application(world)
    await ada.begin(app)
    await ada.open(f"{ada.address}&way=code")
    await ada.submit(identifier=ADDRESS, way="code")
    other = await Visitor(ada.client).open(f"/register?app_id={app.id}")
    await other.submit(identifier="ada", password=PASSWORD)
    assert other.heading == t("more.title")
    await ada.submit(code=world.code_for(ADDRESS))
    assert (ada.heading, ada.reads("fault.over")) == (t("sign_in.title"), True)


@pytest.mark.parametrize("mode", ["SignInAndRegister", "Register"])
async def test_what_was_missing_of_a_sign_in_that_another_tab_began_anew_leads_to_the_beginning(
    world: World, ada: Visitor, mode: str
) -> None:
    """Not to the page for newcomers, where there is another one."""
    await world.user(username="ada", password=PASSWORD)
    method = {"identifier": "email", "password": True, "verificationCode": True, "isPasswordPrimary": True}
    name = {**method, "identifier": "username", "verificationCode": False}
    sign_up = {"identifiers": ["email"], "password": True, "verify": True}
    await decide(world, signIn={"methods": [name, method]}, signUp=sign_up)
    app = await application(world)
    await ada.begin(app)
    await ada.sign_in("ada")
    assert ada.heading == t("more.title")
    other = await Visitor(ada.client).open(f"/sign-in?app_id={app.id}&way=code")
    await other.submit(identifier="lovelace@example.com", way="code")
    await decide(world, signInMode=mode)
    await ada.submit(identifier=ADDRESS)
    first = "register.title" if mode == "Register" else "sign_in.title"
    assert (ada.heading, ada.reads("fault.over")) == (t(first), True)


async def test_whoever_is_suspended_while_more_is_asked_for_is_led_to_the_beginning(world: World, ada: Visitor) -> None:
    user = await world.user(username="ada", password=PASSWORD)
    sign_up = {"identifiers": ["email"], "password": True, "verify": True}
    await decide(world, signUp=sign_up)
    await ada.begin(await application(world))
    await ada.sign_in("ada")
    await ada.submit(identifier=ADDRESS)
    await world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    await ada.submit(code=world.code_for(ADDRESS))
    assert (ada.heading, ada.reads("fault.over")) == (t("sign_in.title"), True)


@pytest.mark.parametrize(
    ("origin", "part"),
    [
        ("http://127.0.0.1:3001", "host"),
        ("https://id.localhost:3001", "scheme"),
        ("http://id.localhost:3002", "port"),
        ("http://id.localhost", "port"),
    ],
)
async def test_a_form_sent_from_the_page_at_another_address_is_no_circle(
    world: World, ada: Visitor, origin: str, part: str
) -> None:
    """The browser vouches that the page is our own; the setting is what is wrong, and its line says so."""
    await ada.begin(await application(world))
    await ada.submit(headers={"origin": origin, **SAME}, identifier="ada", password=PASSWORD)
    assert ada.answer.status_code == 403
    assert ada.heading == t("misplaced.title")
    assert ada.reads("misplaced.lead", address=URL)
    [line] = warnings(world)
    assert (line["setting"], line["part"]) == ("VESTIBULE_PUBLIC_URL", part)
    assert (line["configured"], line["arrived"], line["level"]) == (URL, origin, "WARNING")


async def test_a_browser_that_says_less_is_believed_when_its_form_came_to_the_address_it_names(
    world: World, ada: Visitor
) -> None:
    """On an address of the local network browsers send no Fetch Metadata."""
    await ada.begin(await application(world))
    csrf, address = ada.form.fields["csrf"], ada.address
    headers = {"origin": "http://192.168.0.9:3001", "host": "192.168.0.9:3001"}
    answer = await ada.client.post(address, data={"csrf": csrf, "identifier": "ada"}, headers=headers)
    assert t("misplaced.title") in answer.text
    answer = await ada.client.post(address, data={"csrf": csrf}, headers={"origin": "http://192.168.0.9:3001"})
    assert t("foreign.title") in answer.text


async def test_a_form_that_another_site_sends_is_foreign_as_ever(world: World, ada: Visitor) -> None:
    """B41: and no setting is blamed."""
    await ada.begin(await application(world))
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    await ada.submit(headers=headers, identifier="ada", password=PASSWORD)
    assert (ada.answer.status_code, ada.heading) == (403, t("foreign.title"))
    assert warnings(world) == []


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ({"host": "127.0.0.1:3001"}, "host"),
        ({"host": "id.localhost:8080"}, "port"),
        ({"x-forwarded-proto": "https"}, "scheme"),
        ({"x-forwarded-host": "id.example.com"}, "host"),
        ({"host": "id.localhost:port"}, "host"),
    ],
)
async def test_a_page_without_its_sign_in_at_another_address_is_told_to_the_operator(
    world: World, ada: Visitor, headers: dict[str, str], part: str
) -> None:
    """The headers of the way may be a proxy's: the line says both, and the person is told only what is certain."""
    await ada.open("/sign-in?app_id=x", **headers)
    answer = await ada.client.get("/unknown-session", headers=headers)
    assert t("unknown.title") in answer.text
    [line] = warnings(world)
    assert (line["setting"], line["part"]) == ("VESTIBULE_PUBLIC_URL", part)
    assert "X-Forwarded-Proto" in line["hint"]


async def test_a_proxy_that_is_not_trusted_is_named(world: World, ada: Visitor) -> None:
    await ada.open("/sign-in?app_id=x", **{"x-forwarded-for": "203.0.113.7"})
    [line] = warnings(world)
    assert (line["event"], line["setting"], line["proxy"]) == (
        "proxy_not_trusted",
        "VESTIBULE_TRUSTED_PROXIES",
        "127.0.0.1",
    )


async def test_strangers_fill_no_log(world: World, ada: Visitor) -> None:
    """B94: one line of a kind in a minute, whatever they write."""
    for number in range(50):
        await ada.client.get("/unknown-session", headers={"host": f"x{number}.example"})
    assert len(warnings(world)) == 1
    world.clock.advance(seconds=60)
    await ada.client.get("/unknown-session", headers={"host": "\x1b[31m.example" + "x" * 5000})
    [_, line] = [text for text in world.lines if "public_address_differs" in text]
    assert "\x1b" not in line
    assert len(line) < 1024


async def test_a_browser_over_http_before_an_https_server_is_noticed(database_url: str, tmp_path: Path) -> None:
    """It keeps no Secure cookie, so each page seems to be without its sign-in."""
    async with worlds(database_url, tmp_path, VESTIBULE_PUBLIC_URL="https://id.localhost:3001") as world:
        plain = {"user-agent": "Mozilla/5.0", "host": "id.localhost:3001"}
        await world.client.get("/sign-in?app_id=x", headers={**plain, "sec-fetch-site": "none"})
        await world.client.get("/sign-in?app_id=x", headers={**plain, "user-agent": "curl/8"})
        assert warnings(world) == []
        await world.client.get("/sign-in?app_id=x", headers=plain)
        [line] = warnings(world)
    assert (line["setting"], line["part"]) == ("VESTIBULE_PUBLIC_URL", "scheme")


async def test_a_way_back_to_a_sign_in_that_is_over_says_that_and_blames_no_application(
    world: World, ada: Visitor
) -> None:
    """From another browser, or too late: as on the pages."""
    await ada.begin(await application(world))
    link = f"/oidc/auth/{ada.cookie('_interaction_resume')}"
    for other in (visitor(world), ada):
        world.clock.advance(seconds=3600 if other is ada else 0)
        await other.open(link)
        assert (other.answer.status_code, other.heading) == (400, t("unknown.title"))
        assert other.reads("unknown.lead")
