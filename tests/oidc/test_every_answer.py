"""What every answer of the real server carries: headers, policies of pages, nothing for caches, no secrets in logs."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.oidc.world import CALLBACK, App, authorization, inputs_of, query_of
from tests.world import PASSWORD, World, worlds

pytestmark = pytest.mark.anyio

URL = "https://id.example"
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


@dataclass
class Site:
    """The server as composed for real, over https, with a user, an application of ours and one of a third party."""

    world: World
    browser: httpx2.AsyncClient
    own: App
    foreign: App

    async def page(self, path: str, **query: str) -> httpx2.Response:
        return await self.browser.get(path, params=query, headers={"accept": "text/html"})

    async def begin(self, app: App, **extra: Any) -> str:
        """Start a sign-in; returns where it leads."""
        answer = await self.browser.get("/oidc/auth", params=authorization(app, **extra))
        return str(answer.headers["location"])

    async def signed_in(self, app: App, **extra: Any) -> str:
        """Sign in; returns where the browser is sent after the password."""
        form = await self.page(await self.begin(app, **extra))
        answer = await self.browser.post("/sign-in", data=inputs_of(form.text) | self.credentials)
        return str(answer.headers["location"])

    @property
    def credentials(self) -> dict[str, str]:
        return {"identifier": "ada", "password": PASSWORD}

    async def tokens(self, app: App) -> dict[str, Any]:
        """Sign in and redeem the code."""
        done = await self.signed_in(app, scope="openid offline_access", prompt="consent")
        form = {"grant_type": "authorization_code", "code": query_of(done)["code"]}
        answer = await self.browser.post("/oidc/token", data={**form, **self.exchange, **app.login})
        return {**answer.json(), **form}

    @property
    def exchange(self) -> dict[str, str]:
        return {"redirect_uri": CALLBACK, "code_verifier": "v" * 50}


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with worlds(database_url, tmp_path, VESTIBULE_PUBLIC_URL=URL, VESTIBULE_LOG_LEVEL="DEBUG") as world:
        await world.user(username="ada", password=PASSWORD, primaryEmail="ada@example.com")
        more: dict[str, Any] = {"redirect_uris": [CALLBACK], "user_scopes": ["profile"]}
        made = [await world.app("Traditional", third_party=third, **more) for third in (False, True)]
        transport = httpx2.ASGITransport(app=world.server.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=URL) as browser:
            own, foreign = [App(client_id, secret, "Traditional") for client_id, secret in made]
            yield Site(world, browser, own, foreign)


async def test_every_answer_is_guarded(site: Site) -> None:
    """B103: nosniff, Referrer-Policy and a year of HSTS on documents, tokens, redirects, pages and refusals."""
    tag = (await site.browser.get("/oidc/jwks")).headers["etag"]
    options = {"origin": "https://app.example", "access-control-request-method": "POST"}
    answers = [
        await site.browser.get("/oidc/.well-known/openid-configuration"),
        await site.browser.get("/oidc/jwks", headers={"if-none-match": tag}),
        await site.browser.options("/oidc/token", headers=options),
        await site.browser.post("/oidc/token", data={}),
        await site.browser.get("/oidc/me"),
        await site.browser.get("/oidc/nothing"),
        await site.browser.get("/oidc/auth", params=authorization(site.own)),
        await site.browser.get("/oidc/auth", params=authorization(site.own, prompt="none")),
        await site.page("/oidc/auth", client_id="nobody"),
        await site.page("/sign-in", app_id=site.own.id),
        await site.browser.get("/oidc/session/end"),
        await site.browser.head("/oidc/jwks"),
    ]
    assert [answer.status_code for answer in answers] == [200, 304, 204, 400, 401, 404, 303, 303, 400, 200, 200, 200]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        assert answer.headers["x-frame-options"] in {"DENY", "SAMEORIGIN"}
        assert "access-control-allow-credentials" not in answer.headers


async def test_pages_cannot_be_framed_and_run_nothing_inline(site: Site) -> None:
    """B20, B102: sign-in, registration, consent, sign-out, self-posting forms and errors."""
    await site.begin(site.own)
    pages = [await site.page("/sign-in"), await site.page("/register"), await site.page("/unknown-session")]
    refused = inputs_of(pages[0].text) | {"identifier": "<b>'\"ada", "password": "wrong"}
    pages.append(await site.browser.post("/sign-in", data=refused))
    consent = await site.signed_in(site.foreign, state="<script>'\"")
    pages.append(await site.page(consent))
    agreed = await site.browser.post(consent, data=inputs_of(pages[-1].text) | {"decision": "allow"})
    assert query_of(agreed.headers["location"])["state"] == "<script>'\""
    more = authorization(site.foreign, response_mode="form_post", state="<script>'\"")
    pages.append(await site.page("/oidc/auth", **more))
    assert inputs_of(pages[-1].text)["state"] == "<script>'\""
    pages.append(await site.page("/oidc/session/end"))
    pages.append(await site.page("/oidc/auth", client_id="<script>alert(1)</script>"))
    pages.append(await site.page("/nothing"))
    assert [page.status_code for page in pages] == [200, 200, 200, 422, 200, 200, 200, 400, 404]
    for page in pages:
        policy = page.headers["content-security-policy"]
        for rule in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"
        assert INLINE.search(page.text) is None


async def test_a_browser_is_never_told_to_send_a_password_on(site: Site) -> None:
    """B19: the form is answered by a 303, and every redirect of the longer road is 302 or 303, never 307 or 308."""
    form = await site.page(await site.begin(site.own))
    answer = await site.browser.post("/sign-in", data=inputs_of(form.text) | site.credentials)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, CALLBACK)
    statuses = []
    answer = await site.browser.get("/oidc/auth", params=authorization(site.own, prompt="consent"))
    while not answer.headers["location"].startswith(CALLBACK):
        statuses.append(answer.status_code)
        answer = await site.browser.get(answer.headers["location"])
    assert {*statuses, answer.status_code} == {302, 303}
    assert statuses[0] == 303


@pytest.mark.parametrize("path", ["/sign-in", "/register", "/sign-in/cancel", "/consent"])
async def test_a_form_of_another_site_is_refused(site: Site, path: str) -> None:
    """B41: a foreign Origin, a foreign fetch, or no proof that the page was ours."""
    inputs = inputs_of((await site.page(await site.begin(site.own))).text)
    form = inputs | site.credentials
    foreign: list[tuple[dict[str, str], dict[str, str]]] = [
        (form, {"origin": "https://evil.example"}),
        (form, {"origin": "null"}),
        (form, {"sec-fetch-site": "cross-site"}),
        (form, {"sec-fetch-site": "same-site"}),
        (site.credentials, {}),
        (form | {"csrf": inputs["csrf"][:-1]}, {}),
        (form | {"csrf": ""}, {}),
    ]
    for data, headers in foreign:
        answer = await site.browser.post(path, data=data, headers=headers)
        assert answer.status_code == 403, (path, headers)
    assert (await site.begin(site.own, prompt="none")).startswith(CALLBACK)
    assert "login_required" in await site.begin(site.own, prompt="none")


async def test_tokens_are_not_for_caches(site: Site) -> None:
    """B33: no-store on every answer that holds a token or is about one, and on refusals."""
    tokens = await site.tokens(site.own)
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    answers = [
        await site.browser.post("/oidc/token", data=refresh | site.own.login),
        await site.browser.post("/oidc/token", data=refresh),
        await site.browser.get("/oidc/me", headers=bearer),
        await site.browser.get("/oidc/me"),
        await site.browser.post("/oidc/token/introspection", data={"token": tokens["access_token"], **site.own.login}),
        await site.browser.post("/oidc/token/revocation", data={"token": "x", **site.own.login}),
        await site.browser.get("/oidc/auth", params=authorization(site.own)),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 200, 401, 200, 200, 303]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


async def test_an_unknown_fault_is_told_without_its_text(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """B96: JSON that SDKs understand, an id to look for, and neither text nor stack."""

    async def broken(*_: object) -> None:
        raise RuntimeError("canary-5d1c")

    monkeypatch.setattr("vestibule.oidc.client_auth.authenticate", broken)
    answer = await site.browser.post("/oidc/token", data={"grant_type": "refresh_token", **site.own.login})
    assert answer.status_code == 500
    assert answer.json()["code"] == "oidc.server_error"
    assert answer.json()["message"]
    assert "canary" not in answer.text + "".join(site.world.lines)
    assert any(answer.headers["logto-core-request-id"] in line for line in site.world.lines)


async def test_no_secret_reaches_a_log_line(site: Site) -> None:
    """B93: passwords, codes, tokens, secrets, verifiers and cookies, through good and bad requests, at level DEBUG."""
    tokens = await site.tokens(site.own)
    secrets = [PASSWORD, "v" * 50, site.own.secret or "", tokens["code"]]
    secrets += [tokens[name] for name in ("access_token", "refresh_token", "id_token")]
    secrets += [kept.value or "" for kept in site.browser.cookies.jar if "session" in kept.name]
    token = {"token": tokens["access_token"]}
    for path, form in (
        ("/oidc/token", {"grant_type": "authorization_code", "code": tokens["code"], **site.exchange}),
        ("/oidc/token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}),
        ("/oidc/token", {"grant_type": "authorization_code", "code": "canary-code", **site.exchange}),
        ("/oidc/token", {"grant_type": "password", "password": "canary-password"}),
        ("/oidc/token/introspection", token),
        ("/oidc/token/revocation", token),
        ("/oidc/me", {"access_token": "canary-token"}),
    ):
        await site.browser.post(path, data={**form, **site.own.login})
        await site.browser.post(path, data={**form, "client_id": site.own.id, "client_secret": "canary-secret"})
    await site.page("/oidc/session/end", id_token_hint=tokens["id_token"])
    await site.page("/oidc/auth", id_token_hint="canary-hint", **authorization(site.own))
    await site.world.server.ctx.trail.settle()
    kept = (await site.world.call("GET", "/logs?page_size=100")).text + "".join(site.world.lines)
    assert "******" in kept
    assert "canary" not in kept
    assert [secret for secret in secrets if not secret or secret in kept] == []
