"""Whatever is sent, the answer is an answer: the parameter parser as a rule, and every endpoint under fire."""

import asyncio
import base64
import shutil
import string
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.oidc.world import CALLBACK, CHALLENGE, VERIFIER, App, World, authorization, worlds
from vestibule.errors import OAuthError
from vestibule.model import ApplicationType
from vestibule.oidc.params import MAX_VALUE, REPEATABLE, Parameters

NAMES = (
    "client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "scope", "resource", "audience",
    "state", "nonce", "prompt", "max_age", "code", "code_verifier", "code_challenge", "code_challenge_method",
    "grant_type", "refresh_token", "token", "access_token", "id_token_hint", "post_logout_redirect_uri", "login_hint",
    "ui_locales", "request", "request_uri", "organization_id", "first_screen", "interaction_mode", "direct_sign_in",
    "identifier", "one_time_token", "xsrf", "logout", "parse_error", "app_id", "",
)  # fmt: skip
NASTY = (
    "", " ", "\0", "\r\nSet-Cookie: a=b", "é", "\u202e", "\U0001f600", "%00", "%", "%zz", "'\"<script>", "{{7*7}}",
    "../../etc/passwd", "openid offline_access", "none", "login consent", "code", "form_post", "fragment", "0", "-1",
    "9" * 30, "1e400", "http://[", "https://api.example", "urn:x", "social:github", CALLBACK, CHALLENGE, VERIFIER,
    "authorization_code", "refresh_token", "client_credentials", "x" * 9_000, "a.b.c", "a.b.c.d.e", "true", "null",
)  # fmt: skip
PATHS = (
    "/oidc/auth", "/oidc/auth/x", "/oidc/token", "/oidc/me", "/oidc/token/introspection", "/oidc/token/revocation",
    "/oidc/session/end", "/oidc/session/end/confirm", "/oidc/session/end/success", "/oidc/jwks", "/oidc", "/oidc/",
    "/oidc/auth/%ff", "/oidc/auth/%00", "/oidc/.well-known/openid-configuration", "/oidc//auth",
)  # fmt: skip
TEXT = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))
NAME = st.one_of(st.sampled_from(NAMES), st.text(string.printable, max_size=8))
HEADER_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)
COOKIES = ("_session", "_session.sig", "_interaction", "_interaction.sig", "_interaction_resume", "vestibule_browser")


@example({"scope": ["x" * (MAX_VALUE + 1)]}, "scope")
@example({"scope": ["x" * MAX_VALUE], "resource": ["a", "", "b", "a"]}, "resource")
@given(st.dictionaries(NAME, st.lists(TEXT, min_size=1, max_size=3), max_size=5), NAME)
def test_each_parameter_comes_once_and_is_short(fields: dict[str, list[str]], name: str) -> None:
    """B22: repeated or overlong ones are refused, others are as sent; an empty one counts as absent."""
    bad = {key for key, values in fields.items() if len(values) > 1 and key not in REPEATABLE}
    bad |= {key for key, values in fields.items() if any(len(value) > MAX_VALUE for value in values)}
    if bad:
        with pytest.raises(OAuthError) as caught:
            Parameters(fields)
        assert any(f"'{key}'" in str(caught.value.description) for key in bad)
        return
    params = Parameters(fields)
    sent = [value for value in fields.get(name, []) if value]
    assert params.get(name) == (fields[name][0] or None if name in fields else None)
    assert sorted(params.all(name)) == sorted(set(sent))
    if params.get(name) is None:
        with pytest.raises(OAuthError, match="missing required parameter"):
            params.need(name)
    else:
        assert params.need(name) == [params.get(name)]


@dataclass
class Target:
    """A running world, and the clients that exist in it."""

    runner: asyncio.Runner
    world: World
    client: httpx2.AsyncClient
    apps: list[App]


@pytest.fixture(scope="module")
def target(sqlite_templates: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One world for all examples."""
    path = tmp_path_factory.mktemp("fire") / "store.db"
    shutil.copy(sqlite_templates["identity"], path)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        world: World = runner.run(stack.enter_async_context(worlds(f"sqlite:///{path}")))
        runner.run(world.user())
        kinds: tuple[ApplicationType, ...] = ("Traditional", "SPA", "Native", "MachineToMachine")
        apps = [runner.run(world.application(kind)) for kind in kinds]
        yield Target(runner, world, world.client(), apps)
        runner.run(stack.aclose())


def basic(credentials: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(credentials).encode(errors="replace")).decode()


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request that is partly right: a right one would have to pass many checks first."""
    return {
        "method": draw(st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT"])),
        "path": draw(st.sampled_from(PATHS)),
        "client": draw(st.integers(0, 4)),
        "base": draw(st.sampled_from(["none", "authorization", "token"])),
        "changes": draw(st.lists(st.tuples(NAME, TEXT), max_size=6)),
        "encoding": draw(st.sampled_from(["query", "form", "json", "text", "raw"])),
        "authorization": draw(st.one_of(st.none(), HEADER_TEXT, st.tuples(TEXT, TEXT).map(basic))),
        "cookies": draw(st.dictionaries(st.sampled_from(COOKIES), HEADER_TEXT, max_size=3)),
        "accept": draw(st.sampled_from(["*/*", "text/html", "application/json"])),
        "origin": draw(st.one_of(st.none(), st.sampled_from(["null", "https://app.example", "https://evil.example"]))),
    }


def _fields(target: Target, asked: dict[str, Any]) -> list[tuple[str, str]]:
    app = target.apps[asked["client"]] if asked["client"] < len(target.apps) else App("nobody", "x", "SPA")
    base: dict[str, str] = {}
    if asked["base"] == "authorization":
        base = authorization(app)
    elif asked["base"] == "token":
        base = {"grant_type": "refresh_token", "refresh_token": "x", **app.login}
    replaced = {name for name, _ in asked["changes"]}
    return [*((k, v) for k, v in base.items() if k not in replaced), *asked["changes"]]


def _encoded(fields: list[tuple[str, str]], encoding: str) -> tuple[bytes, str]:
    if encoding == "json":
        return msgspec.json.encode(dict(fields)), "application/json"
    content = "&".join(f"{quote(name)}={quote(value)}" for name, value in fields)
    if encoding == "raw":
        return repr(fields).encode(errors="replace"), "application/json"
    return content.encode(), "text/plain" if encoding == "text" else "application/x-www-form-urlencoded"


def at(path: str, **more: Any) -> dict[str, Any]:
    """A request that once was, or nearly was, a fault of ours."""
    common = {"method": "POST", "path": path, "client": 4, "base": "token", "changes": [], "encoding": "form"}
    return {**common, "authorization": None, "cookies": {}, "accept": "*/*", "origin": None, **more}


@settings(max_examples=400, deadline=None)
@example(asked=at("/oidc/token", base="none", changes=[("grant_type", "x")], authorization=basic(("a%00", "b"))))
@example(asked=at("/oidc/token", changes=[("client_id", "\0")], encoding="json"))
@example(asked=at("/oidc/auth", client=0, base="authorization", changes=[("resource", "http://[")]))
@example(asked=at("/oidc/session/end/confirm", base="none", changes=[("xsrf", "\U0001f600."), ("logout", "yes")]))
@given(asked=requests())
def test_no_request_is_a_fault_of_ours(target: Target, asked: dict[str, Any]) -> None:
    """B89: never 5xx, and a refusal is JSON with code and message, a page, or a redirect to a registered address."""
    fields = _fields(target, asked)
    content, media = _encoded(fields, asked["encoding"])
    headers = {"content-type": media, "accept": asked["accept"]}
    headers |= {name: asked[name] for name in ("authorization", "origin") if asked[name] is not None}
    headers["cookie"] = "; ".join(f"{name}={value}" for name, value in asked["cookies"].items())
    in_query = asked["encoding"] == "query" or asked["method"] in {"GET", "HEAD", "OPTIONS"}
    query = _encoded(fields, "form")[0].decode() if in_query else ""
    request = target.client.build_request(
        asked["method"],
        f"{asked['path']}?{query}" if query else asked["path"],
        content=None if in_query else content,
        headers=headers,
    )
    answer = target.runner.run(target.client.send(request))
    assert answer.status_code < 500, answer.text
    assert target.world.lines == []
    location = answer.headers.get("location", "/")
    assert location.startswith((CALLBACK, "/"))
    assert not location.startswith("//")
    if answer.status_code >= 400 and asked["method"] != "HEAD":
        kind = answer.headers["content-type"]
        assert kind.startswith("text/html") or isinstance(answer.json().get("error"), str)
