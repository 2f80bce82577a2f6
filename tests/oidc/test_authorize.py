"""The authorization endpoint: each check with the error it yields, and how errors travel."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.oidc.world import CALLBACK, CHALLENGE, PUBLIC_URL, App, World, authorization, inputs_of, query_of
from vestibule.domain.resources import ensure_resource

pytestmark = pytest.mark.anyio

API = "https://api.example"
ISSUER = f"{PUBLIC_URL}/oidc"


async def refusal(world: World, app: App, **extra: Any) -> dict[str, str]:
    """Return the error that the client gets by redirect."""
    answer = await world.browser().authorize(app, **extra)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(f"{app.redirect_uri}?")
    fields = query_of(answer.headers["location"])
    assert (fields["iss"], fields["state"]) == (ISSUER, "st")
    return fields


async def test_an_unknown_client_is_told_to_the_browser(world: World) -> None:
    nobody = App("nobody", None, "SPA")
    answer = await world.browser().authorize(nobody)
    assert answer.status_code == 400
    assert answer.json()["code"] == "oidc.invalid_client"
    assert answer.json()["error_description"] == "invalid client nobody"
    page = await world.client().get("/oidc/auth", params=authorization(nobody), headers={"accept": "text/html"})
    assert (page.status_code, page.text) == (400, "<h1>invalid_client</h1>")
    plain = await world.browser().authorize(nobody, parse_error="false")
    assert plain.json() == {"error": "invalid_client", "error_description": "invalid client nobody"}


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/Callback",
        "https://app.example/callback/",
        "https://app.example/callback?x=1",
        "https://app.example/callback#x",
        "https://app.example:444/callback",
        "https://app.example:443/callback",
        "https://user@app.example/callback",
        "https://app.example@evil.example/callback",
        "https://app.example/call%62ack",
        "https://app.example/x/../callback",
        "https://appxexample/callback",
        "https://xn--pp-jia.example/callback",
        "https://äpp.example/callback",
        "http://app.example/callback",
        "HTTPS://APP.EXAMPLE/callback",
        "https://app.example\\@evil.example/callback",
        "javascript:alert(1)",
        "//app.example/callback",
        " https://app.example/callback",
    ],
)
async def test_a_redirect_uri_that_differs_at_all_gets_no_redirect(world: World, uri: str) -> None:
    """B12, A3, A4: case, slash, query, fragment, user information, port, escapes, other hosts."""
    app = await world.application()
    answer = await world.browser().authorize(app, redirect_uri=uri)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    body = answer.json()
    assert (body["error"], body["state"], body["iss"]) == ("invalid_redirect_uri", "st", ISSUER)


async def test_native_apps_may_use_any_loopback_port_and_nobody_else(world: World) -> None:
    """B13: another port on loopback, for native apps only."""
    registered, asked = "http://127.0.0.1:4000/cb", "http://127.0.0.1:51234/cb"
    native = await world.application("Native", redirect=registered)
    assert (await world.browser().authorize(native, redirect_uri=asked)).status_code == 303
    spa = await world.application("SPA", redirect=registered)
    assert (await world.browser().authorize(spa, redirect_uri=asked)).status_code == 400


async def test_the_redirect_uri_may_be_left_out_when_there_is_one(world: World) -> None:
    one = await world.application()
    assert (await world.browser().authorize(one, redirect_uri=None)).status_code == 303
    two = await world.application(also=("https://app.example/other",))
    answer = await world.browser().authorize(two, redirect_uri=None)
    assert answer.json()["error_description"] == "missing required parameter 'redirect_uri'"


@pytest.mark.parametrize(
    "extra",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
    ],
)
async def test_public_clients_must_bring_an_s256_challenge(world: World, extra: dict[str, Any]) -> None:
    """B14, A2: no challenge, or one that is plain."""
    for kind in ("SPA", "Native"):
        app = await world.application(kind)
        fields = await refusal(world, app, **extra)
        assert fields["error"] == "invalid_request"
        assert "requires PKCE" in fields["error_description"]


async def test_confidential_clients_may_leave_the_challenge_out(world: World) -> None:
    app = await world.application()
    answer = await world.browser().authorize(app, code_challenge=None, code_challenge_method=None)
    assert answer.headers["location"].startswith("/sign-in")
    fields = await refusal(world, app, code_challenge="short")
    assert fields["error"] == "invalid_request"
    fields = await refusal(world, app, code_challenge=None)
    assert fields["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        ("token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("id_token", "unauthorized_client"),
        ("code id_token", "unauthorized_client"),
        ("none", "unauthorized_client"),
        (None, "invalid_request"),
    ],
)
async def test_only_codes_are_given_out(world: World, response_type: str | None, error: str) -> None:
    """B15: no implicit tokens."""
    app = await world.application()
    assert (await refusal(world, app, response_type=response_type))["error"] == error


@pytest.mark.parametrize(
    ("extra", "error"),
    [
        ({"prompt": "select_account"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"response_mode": "web_message"}, "unsupported_response_mode"),
        ({"request": "eyJ.a.b"}, "request_not_supported"),
        ({"request": "eyJ.a.b.c.d"}, "request_not_supported"),  # A6: encrypted, with whatever claims inside
        ({"request_uri": "urn:x"}, "request_uri_not_supported"),
        ({"resource": "api"}, "invalid_target"),
        ({"resource": "https://api.example/#x"}, "invalid_target"),
        ({"resource": "https://unknown.example"}, "invalid_target"),
        ({"id_token_hint": "nonsense"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_each_fault_goes_back_to_the_client(world: World, extra: dict[str, Any], error: str) -> None:
    """B16, B18: with state and iss; prompt=none without session is login_required."""
    app = await world.application()
    assert (await refusal(world, app, **extra))["error"] == error


async def test_a_post_is_the_same_as_a_get(world: World) -> None:
    """B17: form and JSON."""
    app = await world.application()
    form = authorization(app)
    for body in ({"data": form}, {"json": form}):
        answer = await world.client().post("/oidc/auth", **body)  # type: ignore[arg-type]
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?app_id={app.id}")


async def test_repeated_parameters_are_refused_and_unknown_ones_ignored(world: World) -> None:
    """B22: duplicates 400, unknown ignored, a scope of 40 KiB 400."""
    app = await world.application()
    client = world.client()
    twice = await client.get("/oidc/auth", params=[*authorization(app).items(), ("state", "other")])
    assert twice.status_code == 400
    assert twice.json()["error_description"] == "'state' parameter must not be provided twice"
    assert (await world.browser().authorize(app, nonsense="1", redirect_uri_sent="x")).status_code == 303
    for size in (10_000, 40_000, 64 * 1024):
        big = await client.post("/oidc/auth", data=authorization(app, scope="x" * size))
        assert big.status_code == 400
    null = await client.get("/oidc/auth?client_id=%00")
    assert null.status_code == 400
    assert null.json()["error"] == "invalid_request"


async def test_a_claimed_sent_marker_changes_nothing(world: World) -> None:
    """Parameters that only we set cannot be sent."""
    await world.user()
    app = await world.application()
    code = await world.browser().code(app, redirect_uri=None, redirect_uri_sent="true")
    assert (await world.redeem(app, code, redirect_uri=None)).status_code == 200


async def test_the_answer_comes_in_the_mode_that_was_asked(world: World) -> None:
    """B16: code, state and iss in query, fragment and form."""
    await world.user()
    app, browser = await world.application(redirect=f"{CALLBACK}?kept=1"), world.browser()
    location = await browser.arrive(app)
    assert query_of(location).keys() == {"kept", "code", "state", "iss"}
    location = await browser.arrive(app, response_mode="fragment")
    assert parse_qs(urlsplit(location).fragment).keys() == {"code", "state", "iss"}
    page = await browser.authorize(app, response_mode="form_post")
    assert page.status_code == 200
    assert inputs_of(page.text).keys() == {"code", "state", "iss"}
    refused = await world.browser().authorize(app, response_mode="form_post", prompt="none")
    assert inputs_of(refused.text)["error"] == "login_required"


@pytest.mark.parametrize(
    ("extra", "page"),
    [
        ({}, "/sign-in"),
        ({"first_screen": "register"}, "/register"),
        ({"interaction_mode": "signUp"}, "/register"),
        ({"first_screen": "identifier:sign_in", "identifier": "email phone"}, "/identifier-sign-in"),
        ({"first_screen": "reset_password"}, "/reset-password"),
        ({"first_screen": "single_sign_on"}, "/single-sign-on"),
        ({"direct_sign_in": "social:github"}, "/direct/social/github"),
    ],
)
async def test_the_first_screen_is_the_clients_choice(world: World, extra: dict[str, str], page: str) -> None:
    app = await world.application()
    location = (await world.browser().authorize(app, login_hint="ada", **extra)).headers["location"]
    assert urlsplit(location).path == page
    assert query_of(location)["app_id"] == app.id
    assert query_of(location)["login_hint"] == "ada"


@pytest.mark.parametrize(
    "illegal",
    [{"first_screen": "x"}, {"interaction_mode": "x"}, {"direct_sign_in": "social:../x"}, {"identifier": "shoe"}],
)
async def test_an_illegal_extra_makes_all_extras_void(world: World, illegal: dict[str, str]) -> None:
    app = await world.application()
    location = (await world.browser().authorize(app, login_hint="ada", **illegal)).headers["location"]
    assert location == f"/sign-in?app_id={app.id}"


async def test_resources_may_be_repeated_or_listed_with_commas(world: World) -> None:
    for name in ("one", "two"):
        await ensure_resource(world.ctx, f"https://{name}.example", name, {})
    app = await world.application()
    both = ["https://one.example", "https://two.example"]
    for value in (both, ",".join(both), [*both, "urn:logto:resource:organizations"]):
        answer = await world.client().get("/oidc/auth", params=authorization(app, resource=value))
        assert answer.headers["location"].startswith("/sign-in")


async def test_machines_cannot_sign_people_in(world: World) -> None:
    machine = await world.application("MachineToMachine")
    await world.change("applications", machine.id, oidc_client_metadata=f'{{"redirectUris":["{CALLBACK}"]}}')
    assert (await refusal(world, machine))["error"] == "unauthorized_client"


async def test_the_built_in_client_works(world: World) -> None:
    demo = App("demo-app", None, "SPA", f"{PUBLIC_URL}/demo-app")
    answer = await world.browser().authorize(demo, prompt="consent", scope="openid offline_access profile")
    assert answer.headers["location"] == "/sign-in?app_id=demo-app"
    assert len(CHALLENGE) == 43
