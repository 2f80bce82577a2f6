"""The account page: signing in and out, sessions, forms; its tokens never reach the browser."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest
from starlette.responses import Response

from tests.account.conftest import ALL, URL, World
from tests.account.stub import CODE
from vestibule.account import store
from vestibule.account.page.relying_party import challenge
from vestibule.crypto import digest

pytestmark = pytest.mark.anyio
COOKIE = "vestibule_account"


def tokens(world: World, nonce: str, **changes: Any) -> dict[str, Any]:
    """Return the token endpoint's answer for ada."""
    identity = world.claims(aud="page", nonce=nonce, client_id=None, scope=None, **changes)
    return {
        "access_token": world.stub.sign(world.claims()),
        "id_token": world.stub.sign(identity, typ="JWT"),
        "refresh_token": "refresh one",
        "expires_in": 3600,
        "scope": ALL,
        "token_type": "Bearer",
    }


async def asked(world: World, login: str = "/login", client: httpx2.AsyncClient | None = None) -> dict[str, str]:
    """Start a sign-in; returns the authorization request."""
    answer = await (client or world.client).get(login)
    assert answer.status_code == 303
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def sign_in(world: World, **changes: Any) -> httpx2.Response:
    """Sign ada in, with changes to the claims of her ID token; returns the callback's answer."""
    request = await asked(world)
    world.stub.codes["code"] = tokens(world, request["nonce"], **changes)
    return await world.client.get(
        "/callback", params={"code": "code", "state": request["state"], "iss": world.stub.issuer}
    )


def form(page: str) -> dict[str, str]:
    """Return the hidden fields of the page's main form."""
    main = page[page.index('id="main"') :]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', main)}


async def post(world: World, path: str, page: str, **values: str) -> httpx2.Response:
    """Send a form of ours."""
    return await world.client.post(path, data={**form(page), **values}, headers={"origin": URL})


async def test_a_visitor_is_sent_to_sign_in_with_state_nonce_and_pkce(world: World) -> None:
    answer = await world.client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    request = await asked(world)
    assert request["response_type"] == "code"
    assert request["code_challenge_method"] == "S256"
    assert request["resource"] == f"{URL}/api"
    assert len(request["state"]) == len(request["nonce"]) == 43
    assert set(ALL.split()) <= set(request["scope"].split())


async def test_the_host_that_a_request_names_decides_no_link_of_the_page(world: World) -> None:
    """A23, B58: the address to come back to, links and cookies are those of the configured address."""
    forged = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example;proto=https"}
    first = await world.client.get("/login", headers=forged)
    query = {name: values[0] for name, values in parse_qs(urlsplit(first.headers["location"]).query).items()}
    assert (query["redirect_uri"], query["resource"]) == (f"{URL}/callback", f"{URL}/api")
    await sign_in(world)
    for path in ("/", "/email", "/password", "/nowhere", "/api/openapi.json", "/api/me"):
        answer = await world.client.get(path, headers=forged)
        assert "evil" not in answer.text + str(answer.headers), path
    csrf = re.search(r'name="csrf" value="([^"]+)"', (await world.client.get("/")).text)
    assert csrf is not None
    out = await world.client.post("/logout", data={"csrf": csrf[1]}, headers={"origin": URL, **forged})
    assert f"post_logout_redirect_uri={quote(f'{URL}/signed-out', safe='')}" in out.headers["location"]


async def test_signing_in_shows_the_account_and_hides_the_tokens(world: World) -> None:
    request = await asked(world)
    world.stub.codes["code"] = answer_of = tokens(world, request["nonce"])
    back = await world.client.get("/callback", params={"code": "code", "state": request["state"]})
    assert (back.status_code, back.headers["location"]) == (303, "/")
    cookie = next(line for line in back.headers.get_list("set-cookie") if line.startswith(f"{COOKIE}="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    home = await world.client.get("/")
    assert home.status_code == 200
    assert "ada@example.com" in home.text
    everything = home.text + str(back.headers) + str(home.headers) + "".join(world.lines)
    for secret in (answer_of["access_token"], answer_of["id_token"], "refresh one"):
        assert secret not in everything
    grant = next(line for line in world.stub.asked if line.startswith("grant"))
    verifier = re.search(r'"code_verifier": "([^"]+)"', grant)
    assert verifier is not None
    assert challenge(verifier[1]) == request["code_challenge"]


async def test_tokens_are_sealed_in_the_store(world: World) -> None:
    """B98."""
    await sign_in(world)
    cookie = world.client.cookies[COOKIE]
    async with world.server.ctx.db.read() as tx:
        row = await tx.one(store.GET_SESSION, session_id=digest(cookie), now=world.clock.now(), idle_since=0)
    assert row is not None
    assert row.tokens_sealed.startswith("v1.")
    assert "refresh one" not in str(row)
    assert cookie not in str(row)


@pytest.mark.parametrize(
    "change", ["state", "browser", "reused", "error", "issuer", "nonce", "audience", "late", "key"]
)
async def test_an_answer_that_does_not_fit_signs_nobody_in(world: World, change: str) -> None:
    """B72, B73, A26: state of another browser, reused or unknown; nonce, audience, issuer or key wrong."""
    request = await asked(world)
    held = tokens(world, "other" if change == "nonce" else request["nonce"])
    now = world.clock.now() // 1000
    bad: dict[str, dict[str, Any]] = {"audience": {"aud": "other"}, "late": {"exp": now - 100}}
    if change in bad:
        claims = {"aud": "page", "nonce": request["nonce"], "client_id": None, "scope": None, **bad[change]}
        held["id_token"] = world.stub.sign(world.claims(**claims), typ="JWT")
    if change == "key":
        held["id_token"] = held["id_token"][:-4] + "AAAA"
    world.stub.codes["code"] = held
    query = {"code": "code", "state": request["state"]}
    if change == "state":
        query["state"] = "x" * 43
    if change == "browser":
        world.client.cookies.delete("vestibule_account_login")
    if change == "reused":
        await world.client.get("/callback", params={"state": request["state"]})
    if change == "error":
        query = {"error": "access_denied", "state": request["state"]}
    if change == "issuer":
        query["iss"] = "https://evil.example/oidc"
    answer = await world.client.get("/callback", params=query)
    assert answer.status_code == 400
    assert "You are not signed in" in answer.text
    assert COOKIE not in world.client.cookies
    assert (await world.client.get("/")).status_code == 303


async def test_a_new_sign_in_gets_a_new_session(world: World) -> None:
    """B37, A19: no fixation; the old id is dead."""
    await sign_in(world)
    first = world.client.cookies[COOKIE]
    await sign_in(world)
    assert world.client.cookies[COOKIE] != first
    world.client.cookies.clear()
    answer = await world.client.get("/", headers={"cookie": f"{COOKIE}={first}"})
    assert answer.status_code == 303


async def test_signing_out_ends_the_session_everywhere_it_should(world: World) -> None:
    """B39: the old cookie is dead; the refresh token is revoked; the identity server is told."""
    await sign_in(world)
    cookie, home = world.client.cookies[COOKIE], await world.client.get("/")
    csrf = re.search(r'name="csrf" value="([^"]+)"', home.text)
    assert csrf is not None
    answer = await world.client.post("/logout", data={"csrf": csrf[1]}, headers={"origin": URL})
    assert answer.headers["location"].startswith(f"{world.stub.issuer}/session/end?client_id=page")
    assert any("revoked" in line and "refresh+one" in line for line in world.stub.asked)
    again = await world.client.get("/", headers={"cookie": f"{COOKIE}={cookie}"})
    assert again.status_code == 303


async def test_tokens_are_renewed_silently_and_a_dead_grant_means_signing_in_again(world: World) -> None:
    await sign_in(world)
    world.clock.advance(seconds=3580)
    world.stub.codes["refresh one"] = {**tokens(world, "x"), "refresh_token": "refresh two"}
    assert (await world.client.get("/")).status_code == 200
    assert sum('"refresh_token"' in line for line in world.stub.asked) == 1
    world.clock.advance(seconds=3580)
    answer = await world.client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


async def test_sessions_end_by_idleness_and_by_age(world: World) -> None:
    """B43: 24 hours idle, 14 days in all."""
    await sign_in(world)
    world.clock.advance(seconds=86_401)
    assert (await world.client.get("/")).status_code == 303


async def test_a_form_without_our_token_or_from_elsewhere_changes_nothing(world: World) -> None:
    """B41."""
    await sign_in(world)
    page = (await world.client.get("/name")).text
    good = {**form(page), "name": "Mallory"}
    for data, headers in (
        ({"name": "Mallory"}, {"origin": URL}),
        ({**good, "csrf": "x"}, {"origin": URL}),
        (good, {"origin": "https://evil.example"}),
        (good, {"sec-fetch-site": "cross-site"}),
    ):
        answer = await world.client.post("/name", data=data, headers=headers)
        assert answer.status_code == 403
        assert "open the page again" in answer.text
    assert world.stub.users["ada"]["name"] == "Ada"


async def test_a_change_is_saved_told_and_shown(world: World) -> None:
    await sign_in(world)
    page = (await world.client.get("/name")).text
    answer = await post(world, "/name", page, name="Ada <Lovelace>")
    assert answer.headers["location"] == "/?saved=name"
    home = (await world.client.get("/?saved=name")).text
    assert "Your name is saved." in home
    assert "Ada &lt;Lovelace&gt;" in home
    assert "<Lovelace>" not in home


@pytest.mark.parametrize("made_up", ["nope", "{0}", "name.x", "../x"])
async def test_a_made_up_notice_is_not_shown(world: World, made_up: str) -> None:
    await sign_in(world)
    home = await world.client.get("/", params={"saved": made_up})
    assert home.status_code == 200
    assert 'role="status"' not in home.text


async def test_every_form_opens_and_unknown_ones_do_not(world: World) -> None:
    await sign_in(world)
    for field in (
        "name",
        "picture",
        "profile",
        "username",
        "email",
        "phone",
        "password",
        "remove-email",
        "remove-username",
    ):
        answer = await world.client.get(f"/{field}")
        assert answer.status_code == 200, field
        assert answer.text.count("<h1") == 1
    assert (await world.client.get("/nothing")).status_code == 404


async def test_an_address_is_changed_in_two_steps_and_faults_are_shown_in_place(world: World) -> None:
    await sign_in(world)
    first = (await world.client.get("/email")).text
    wrong = await post(world, "/email", first, email="new@example.com", current="wrong")
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    assert "new@example.com" in wrong.text
    assert 'value="wrong"' not in wrong.text
    assert world.stub.sent == []
    second = await post(world, "/email", wrong.text, email="new@example.com", current="correct horse")
    assert second.status_code == 200
    assert world.stub.sent == ["new@example.com"]
    name = next(iter(re.findall(r'name="(proof_[^"]+)"', second.text)))
    third = await post(world, "/email", second.text, **{name: "000000"})
    assert third.status_code == 422
    assert "not the code" in third.text
    done = await post(world, "/email", third.text, **{name: f" {CODE} "})
    assert done.headers["location"] == "/?saved=email"
    assert world.stub.users["ada"]["primaryEmail"] == "new@example.com"


async def test_without_a_password_codes_go_to_the_old_and_the_new_address(world: World) -> None:
    del world.stub.passwords["ada"]
    await sign_in(world)
    page = await post(world, "/email", (await world.client.get("/email")).text, email="new@example.com")
    names = re.findall(r'name="(proof_[^"]+)"', page.text)
    assert sorted(world.stub.sent) == ["ada@example.com", "new@example.com"]
    done = await post(world, "/email", page.text, **dict.fromkeys(names, CODE))
    assert done.headers["location"] == "/?saved=email"


async def test_a_password_is_set_and_changed(world: World) -> None:
    await sign_in(world)
    page = (await world.client.get("/password")).text
    weak = await post(world, "/password", page, current="correct horse", password="password1")
    assert weak.status_code == 422
    assert "one of the first that others would guess" in weak.text
    done = await post(world, "/password", page, current="correct horse", password="battery staple nine")
    assert done.headers["location"] == "/?saved=password"
    assert "Each of them signs you in, together with your password." in (await world.client.get("/")).text
    del world.stub.passwords["ada"]
    assert "Set a password, and each of them signs you in with it." in (await world.client.get("/")).text
    page = (await world.client.get("/password")).text
    codes = await post(world, "/password", page, password="x")
    name = next(iter(re.findall(r'name="(proof_[^"]+)"', codes.text)))
    done = await post(world, "/password", codes.text, **{name: CODE, "password": "battery staple ten"})
    assert done.headers["location"] == "/?saved=password"


async def test_changing_the_password_ends_the_other_sessions_of_the_page(world: World) -> None:
    """B30: whoever is signed in elsewhere is not any more."""
    await sign_in(world)
    elsewhere = world.client.cookies[COOKIE]
    world.client.cookies.clear()
    await sign_in(world)
    page = (await world.client.get("/password")).text
    await post(world, "/password", page, current="correct horse", password="battery staple nine")
    assert (await world.client.get("/")).status_code == 200
    world.client.cookies.clear()
    answer = await world.client.get("/", headers={"cookie": f"{COOKIE}={elsewhere}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


async def test_pages_carry_a_strict_policy_and_no_inline_code(world: World) -> None:
    """B20, B102, B103."""
    await sign_in(world)
    for path in ("/", "/email", "/signed-out"):
        answer = await world.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert re.search(r"<script(?![^>]+src=)|<style|\son\w+=|style=", answer.text) is None
        for asset in re.findall(r'(?:href|src)="(/ui/[^"]+)"', answer.text):
            served = await world.client.get(asset)
            assert served.status_code == 200
            assert "immutable" in served.headers["cache-control"]


async def test_the_page_speaks_french_to_those_who_ask(world: World) -> None:
    await sign_in(world)
    answer = await world.client.get("/", headers={"accept-language": "nl, fr-CA;q=0.8, en;q=0.5"})
    assert '<html lang="fr">' in answer.text
    assert "Votre compte" in answer.text
    chosen = await world.client.get("/?lang=fr")
    assert "vestibule_language=fr" in str(chosen.headers.get_list("set-cookie"))
    assert '<html lang="fr">' in (await world.client.get("/")).text


async def test_an_identity_server_that_is_away_is_told_calmly(world: World) -> None:
    await sign_in(world)
    world.stub.broken = lambda path: Response("<h1>Bad Gateway</h1>", 502)
    answer = await world.client.get("/")
    assert answer.status_code == 503
    assert "Nothing was changed" in answer.text
