"""What guards the pages themselves: policy, framing, cookies, forms from elsewhere, and silence about faults."""

import re
from pathlib import Path

import httpx2
import pytest

from tests.browser_by_hand import forms_of
from tests.oidc.world import App
from tests.pages.visitor import CALLBACK, Visitor, application, t, visitor
from tests.world import PASSWORD, World, worlds
from vestibule.db import DatabaseUnavailable
from vestibule.domain.interactions import steps

pytestmark = pytest.mark.anyio
NATIVE = "com.example.app:/callback"


async def every_page(world: World, ada: Visitor) -> list[tuple[str, httpx2.Response]]:
    """Visit every page once; returns each with its answer."""
    await world.user(username="ada", password=PASSWORD)
    app = await application(world, third_party=True)
    answers: list[tuple[str, httpx2.Response]] = []
    for address in ("/", "/nothing", "/unknown-session", "/sign-in", "/outbox", "/oidc/auth?client_id=x", "/%00"):
        answers.append((address, (await ada.open(address)).answer))
    answers.append(("sign in", (await ada.begin(app)).answer))
    answers.append(("a fault", (await ada.sign_in("ada", "wrong")).answer))
    answers.append(("register", (await ada.open(ada.address.replace("sign-in", "register"))).answer))
    await (await ada.begin(app)).sign_in("ada")
    answers.append(("consent", ada.answer))
    answers.append(("foreign", (await ada.submit(csrf="x")).answer))
    answers.append(("sign out", (await ada.open("/oidc/session/end")).answer))
    answers.append(("signed out", (await ada.submit()).answer))
    answers.append(("form post", (await _form_post(world, ada)).answer))
    return answers


async def _form_post(world: World, ada: Visitor) -> Visitor:
    await ada.begin(await application(world), response_mode="form_post")
    return await ada.sign_in("ada")


async def test_every_page_is_guarded(world: World, ada: Visitor) -> None:
    """B20, B102, B103: a strict policy, no frames, nothing inline, nothing stored, nothing packed, no sniffing."""
    for name, answer in await every_page(world, ada):
        headers, page = answer.headers, answer.text
        assert headers["content-type"] == "text/html; charset=utf-8", name
        policy = headers["content-security-policy"].split("; ")
        for directive in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert directive in policy, name
        assert "unsafe" not in headers["content-security-policy"], name
        assert headers["x-frame-options"] == "DENY", name
        assert headers["x-content-type-options"] == "nosniff", name
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin", name
        assert headers["cache-control"] == "no-store", name
        assert "content-encoding" not in headers, name
        assert re.search(r"<script(?![^>]+src=)|<style|\son\w+=|\sstyle=|javascript:|http-equiv", page) is None, name
        assert re.search(r'(?:src|href)="(?:https?:)?//', page) is None, name
        assert len(re.findall("<h1", page)) == 1, name


async def test_every_form_carries_a_proof_of_where_it_comes_from(world: World, ada: Visitor) -> None:
    """B41: the control for the tests of single forms; only the answer to the application has none of ours."""
    for name, answer in await every_page(world, ada):
        for form in forms_of(answer.text):
            assert form.method == "post", name
            assert name == "form post" or {"csrf", "xsrf"} & set(form.fields), name


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/cancel", "/register"])
async def test_a_form_from_elsewhere_does_nothing(world: World, ada: Visitor, path: str) -> None:
    """B41."""
    await world.user(username="ada", password=PASSWORD)
    app = await application(world)
    await ada.begin(app)
    good = {**ada.form.fields, "identifier": "ada" if path == "/sign-in" else "eve", "password": PASSWORD}
    address = f"{path}?app_id={app.id}"
    for data, headers in (
        ({**good, "csrf": ""}, {}),
        ({**good, "csrf": "x" * 43}, {}),
        (good, {"origin": "https://evil.example"}),
        (good, {"origin": "null"}),
        (good, {"sec-fetch-site": "cross-site"}),
        (good, {"sec-fetch-site": "same-site"}),
    ):
        answer = await ada.client.post(address, data=data, headers=headers)
        assert answer.status_code == 403
        assert t("foreign.title") in answer.text
    assert not await ada.is_signed_in(app)
    assert len((await world.call("GET", "/users")).json()) == 1
    await ada.open(ada.address)
    assert ada.heading == t("sign_in.title"), "the sign-in goes on"


async def test_forms_lead_to_ourselves_and_to_the_application(world: World, ada: Visitor) -> None:
    """Browsers hold `form-action` against redirects too: an application's scheme is named, no other."""
    app = await application(world)
    await ada.begin(app)
    assert "form-action 'self' https:;" in ada.answer.headers["content-security-policy"]
    made, _ = await world.app("Native", redirect_uris=[NATIVE, "http://[::1]/callback"])
    for uri, scheme in ((NATIVE, "com.example.app:"), ("http://[::1]:8000/callback", "http:")):
        phone = await visitor(world).begin(App(made, None, "Native", uri))
        assert f"form-action 'self' https: {scheme};" in phone.answer.headers["content-security-policy"]


async def test_cookies_over_https_are_out_of_reach(database_url: str, tmp_path: Path) -> None:
    """B36: Secure, HttpOnly, SameSite=Lax, no Domain; our own with `__Host-`. `_logto` is for SDKs to read."""
    async with worlds(database_url, tmp_path, VESTIBULE_PUBLIC_URL="https://id.example") as world:
        await world.user(username="ada", password=PASSWORD)
        app, ada = await application(world), visitor(world)
        await ada.begin(app)
        lines = ada.answer.headers.get_list("set-cookie")
        query = {"app_id": app.id, "lang": "fr"}
        lines += (await ada.client.get("/sign-in", params=query)).headers.get_list("set-cookie")
        answer = await ada.client.post(
            ada.form.action, data={**ada.form.fields, "identifier": "ada", "password": PASSWORD}
        )
        while answer.headers.get("location", CALLBACK) != CALLBACK and "app.example" not in answer.headers["location"]:
            lines += answer.headers.get_list("set-cookie")
            answer = await ada.client.get(answer.headers["location"])
        lines += answer.headers.get_list("set-cookie")
        assert {"_session", "vestibule_language"} <= {line.partition("=")[0] for line in lines}
        for line in lines:
            parts = line.split("; ")
            assert {"Secure", "SameSite=Lax"} <= set(parts), line
            assert "HttpOnly" in parts or line.startswith("_logto"), line
            assert not any(part.startswith("Domain") for part in parts), line


async def test_a_fault_of_ours_is_told_without_its_text(
    world: World, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B96: a number to find it by in the log."""

    async def broken(*_: object) -> None:
        raise RuntimeError("canary-4711")

    monkeypatch.setattr(steps, "current", broken)
    await ada.open("/sign-in")
    assert ada.answer.status_code == 500
    assert ada.heading == t("error.title")
    assert "canary-4711" not in ada.text
    reference = ada.answer.headers["logto-core-request-id"]
    assert reference in ada.text
    assert any(reference in line and "RuntimeError" in line for line in world.lines)


async def test_a_store_that_is_away_is_told_as_such(
    world: World, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B110: 503, not a page that says that the sign-in is over."""

    async def away(*_: object) -> None:
        raise DatabaseUnavailable("no answer")

    monkeypatch.setattr(steps, "current", away)
    await ada.open("/sign-in")
    assert ada.answer.status_code == 503
    assert "retry-after" in ada.answer.headers
    assert ada.heading == t("busy.title")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/ui/0/vestibule.css", 404), ("POST", "/", 405), ("DELETE", "/sign-in", 405)],
)
async def test_what_is_not_there_is_told(world: World, method: str, path: str, status: int) -> None:
    answer = await world.client.request(method, path)
    assert answer.status_code == status
    if status == 405:
        assert "GET" in answer.headers["allow"]


async def test_an_application_that_is_not_known_or_not_set_up_is_told_to_people(world: World, ada: Visitor) -> None:
    app = await application(world)
    for query, words in (
        ("client_id=nobody", "error.client"),
        (f"client_id={app.id}&redirect_uri=https://evil.example", "error.redirect"),
        ("", "error.request"),
        ("client_id=a&client_id=b", "error.request"),
    ):
        await ada.open(f"/oidc/auth?{query}")
        assert (ada.answer.status_code, ada.heading) == (400, t(f"{words}.title"))


async def test_assets_are_kept_for_ever_under_a_name_that_changes(world: World, ada: Visitor) -> None:
    await ada.open("/")
    assets = re.findall(r'(?:href|src)="(/ui/[^"]+)"', ada.answer.text)
    assert len(assets) >= 3
    for asset in assets:
        answer = await world.client.get(asset, headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
