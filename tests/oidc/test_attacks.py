"""Attacks from real advisories (list A) against the authorization server, beyond those beside each endpoint."""

import base64
from time import process_time

import msgspec
import pytest

from tests.oidc.world import PASSWORD, PUBLIC_URL, World, authorization, query_of
from vestibule.errors import TokenRejected

pytestmark = pytest.mark.anyio

FORWARDED = {
    "host": "evil.example",
    "forwarded": "host=evil.example;proto=https;for=6.6.6.6",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-for": "6.6.6.6",
    "x-original-url": "/evil",
}


async def test_what_is_added_on_the_way_changes_nothing(world: World) -> None:
    """A5: another response type, scope or address at the resumption is not looked at."""
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.authorize(app)
    link = await browser.sign_in()
    extra = {
        "response_type": "code id_token token",
        "response_mode": "fragment",
        "redirect_uri": "https://evil.example/callback",
        "client_id": "demo-app",
        "scope": "openid email",
        "prompt": "none",
    }
    consent = await browser.get(link, **extra)
    assert consent.headers["location"] == f"/consent?app_id={app.id}"
    onward = await browser.get("/consent", **extra)
    done = await browser.get(onward.headers["location"], **extra)
    location = done.headers["location"]
    assert location.startswith(f"{app.redirect_uri}?")
    assert query_of(location).keys() == {"code", "state", "iss"}
    tokens = (await world.redeem(app, query_of(location)["code"])).json()
    assert tokens["scope"] == "openid profile"
    assert (await browser.client.post(link, data=extra)).status_code == 404


async def test_a_redirect_uri_that_was_withdrawn_meanwhile_gets_nothing(world: World) -> None:
    """A5: what was checked at the beginning is checked again at the end."""
    await world.user()
    app, browser = await world.application(), world.browser()
    await browser.authorize(app)
    link = await browser.sign_in()
    await world.change("applications", app.id, oidc_client_metadata='{"redirectUris":["https://app.example/new"]}')
    answer = await browser.get(link)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")
    assert "location" not in answer.headers


def encrypted(size: int) -> str:
    """A compressed, encrypted token (five parts) as a bomb would come."""
    head = {"alg": "dir", "enc": "A256GCM", "zip": "DEF", "kid": "x", "typ": "at+jwt"}
    parts = [msgspec.json.encode(head), b"", b"i" * 12, b"c" * size, b"t" * 16]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize("size", [10, 5_000])
async def test_an_encrypted_token_is_never_opened(world: World, size: int) -> None:
    """A16: a JWE, small or a bomb, is no token of ours wherever it comes."""
    await world.user()
    app, browser, bomb = await world.application(), world.browser(), encrypted(size)
    with pytest.raises(TokenRejected):
        await world.keys.verify(bomb)
    with pytest.raises(TokenRejected):
        await world.keys.verify_hint(bomb)
    hinted = query_of((await browser.authorize(app, id_token_hint=bomb)).headers["location"])
    assert hinted["error_description"] == "could not validate id_token_hint"
    assert (await browser.get("/oidc/session/end", id_token_hint=bomb)).status_code == 400
    assert (await world.userinfo(bomb)).status_code == 401
    looked_up = await world.post("/oidc/token/introspection", {"token": bomb, **app.login})
    assert (looked_up.status_code, looked_up.json()) == (200, {"active": False})


@pytest.mark.parametrize("cut", [1, 2, 10, 42, 43, -1])
async def test_a_code_or_token_that_is_cut_or_extended_is_worth_nothing(world: World, cut: int) -> None:
    """A9, B8: at every endpoint that takes one."""
    await world.user()
    app, browser = await world.application("Native"), world.browser()
    tokens = await browser.tokens(app, scope="openid offline_access", prompt="consent")
    code = await browser.code(app, scope="openid offline_access", prompt="consent")

    def mangled(text: str) -> str:
        return f"{text}A" if cut < 0 else text[:-cut]

    refused = [await world.redeem(app, mangled(code)), await world.refresh(app, mangled(tokens["refresh_token"]))]
    assert {answer.json()["error"] for answer in refused} <= {"invalid_grant", "invalid_request"}
    for kind in ("access_token", "refresh_token"):
        form = {"token": mangled(tokens[kind]), **app.login}
        looked_up = await world.post("/oidc/token/introspection", form)
        assert looked_up.json().get("active", False) is False
        await world.post("/oidc/token/revocation", form)
    assert (await world.userinfo(tokens["access_token"])).status_code == 200
    assert (await world.redeem(app, code)).status_code == 200


async def test_the_host_that_a_request_names_is_never_believed(world: World) -> None:
    """A23, B58: neither in documents nor in redirects, forms and challenges."""
    await world.user()
    app, client = await world.application(), world.client()
    document = await client.get("/oidc/.well-known/openid-configuration", headers=FORWARDED)
    named = [value for value in document.json().values() if isinstance(value, str)]
    assert len(named) == 10
    assert all(value.startswith(f"{PUBLIC_URL}/oidc") for value in named)
    first = await client.get("/oidc/auth", params=authorization(app), headers=FORWARDED)
    assert first.headers["location"] == f"/sign-in?app_id={app.id}"
    assert "secure" not in str(first.headers.get_list("set-cookie")).lower()
    ends = await client.get("/oidc/session/end", params={"client_id": app.id}, headers=FORWARDED)
    refused = await client.get("/oidc/me", headers=FORWARDED)
    unknown = await client.get("/oidc/auth", params={"client_id": "x"}, headers=FORWARDED)
    for answer in (document, first, ends, refused, unknown):
        assert "evil" not in answer.text + str(answer.headers)
    assert f"{PUBLIC_URL}/oidc" in refused.headers["www-authenticate"]


@pytest.mark.parametrize("identifier", ["ADA@Example.COM", "  ada@example.com ", "ada@EXAMPLE.com"])
async def test_an_address_in_any_case_is_the_same_person(world: World, identifier: str) -> None:
    """A27: case folding at sign-in."""
    user = await world.user("ada", primary_email="Ada@example.com")
    tokens = await world.browser().tokens(await world.application(), user=identifier)
    assert (await world.claims(tokens["id_token"]))["sub"] == user.id


@pytest.mark.parametrize(
    "identifier",
    [
        "ada@example.com@evil.example",
        "evil@ada@example.com",
        "ada@example.com.",
        "аda@example.com",  # noqa: RUF001 - a Cyrillic a
        "ada@exam\u00adple.com",
        "ada@example.com\u200b",
        "ada@example。com",
        "\uff41da@example.com",
        "ada@example.com\0",
        "",
        "@",
        "0",
    ],
)
async def test_an_address_that_only_looks_the_same_is_nobody(world: World, identifier: str) -> None:
    """A27: several @, other alphabets, invisible characters."""
    await world.user("ada", primary_email="ada@example.com")
    browser = world.browser()
    await browser.authorize(await world.application())
    form = {"identifier": identifier, "password": PASSWORD}
    page = await browser.client.post("/sign-in", data=form)
    assert page.status_code in {400, 401, 422}
    assert "session.not_found" not in page.text
    assert world.lines == []


async def test_a_giant_scope_costs_nothing(world: World) -> None:
    """A30, B22: refused in under 50 ms of CPU time, wherever it comes."""
    await world.user()
    app = await world.application()
    machine = await world.application("MachineToMachine")
    tokens = await world.browser().tokens(app, scope="openid offline_access", prompt="consent")
    giants = ["x" * 50_000, "x " * 25_000, " ".join(f"s{n}" for n in range(8_000))]
    for giant in giants:
        for path, form in (
            ("/oidc/auth", authorization(app, scope=giant)),
            ("/oidc/token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "scope": giant}),
            ("/oidc/token", {"grant_type": "client_credentials", "scope": giant, **machine.login}),
        ):
            started = process_time()
            answer = await world.post(path, {**app.login, **form})
            assert process_time() - started < 0.05
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    many = "openid " + " ".join(f"s{n}" for n in range(1_200))
    started = process_time()
    assert (await world.post("/oidc/auth", authorization(app, scope=many))).status_code == 303
    assert process_time() - started < 0.05


async def test_whose_session_it_is_cannot_be_set_from_outside(world: World) -> None:
    """A19, B21: a session id of the attacker's choice, unsigned or signed for another name, starts nothing."""
    await world.user()
    app, victim, mallory = await world.application(), world.browser(), world.browser()
    await mallory.tokens(app)
    theirs = {kept.name: kept.value or "" for kept in mallory.client.cookies.jar}
    for planted in (
        {"_session": theirs["_session"]},
        {"_session": theirs["_session"], "_session.sig": theirs["_interaction.sig"]},
        {"_session": "chosen", "_session.sig": theirs["_session.sig"]},
    ):
        for name, value in planted.items():
            victim.client.cookies.set(name, value, domain="id.example", path="/")
        silent = query_of((await victim.authorize(app, prompt="none")).headers["location"])
        assert silent["error"] == "login_required"
    await victim.tokens(app)
    fresh = {kept.name: kept.value for kept in victim.client.cookies.jar}
    assert fresh["_session"] not in {"chosen", theirs["_session"]}
