"""Clients that others wrote, unchanged: `openid-client`, Authlib, and the `logto` package for Python."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from authlib.integrations.starlette_client import OAuth, OAuthError
from logto import LogtoClient, LogtoConfig, UserInfoScope
from starlette.requests import Request

from tests.browser_by_hand import Browser
from tests.clients.talking import answered, line, node
from tests.live import Live

CALLBACK = "http://localhost:9/callback"
SIGNED_OUT = "http://localhost:9/bye"
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Site:
    """A live server with a user, and an application of the operator's."""

    live: Live
    app: dict[str, str]

    @property
    def issuer(self) -> str:
        """Where clients find everything else."""
        return f"{self.live.identity}/oidc"


@pytest.fixture(scope="module")
def site(live: Live) -> Site:
    """One user and one application, whichever client is tried."""
    live.command("users", "create", "--username", "grace", "--email", "grace@example.com", "--password", PASSWORD)
    app = live.application("traditional", "--redirect-uri", CALLBACK, "--post-logout-redirect-uri", SIGNED_OUT)
    return Site(live, app)


def signed_in(address: str) -> Browser:
    """Sign in where a client sends the browser; it ends at the client's callback."""
    browser = Browser(stop_at=CALLBACK).open(address)
    browser.submit({"identifier": "grace", "password": PASSWORD})
    assert browser.address.startswith(CALLBACK)
    return browser


def signed_out(browser: Browser, address: str) -> Browser:
    """Sign out where a client sends the same browser, which then needs to sign in again."""
    browser.stop_at = SIGNED_OUT
    browser.open(address)
    browser.submit({"logout": "yes"})
    assert browser.address.startswith(SIGNED_OUT)
    return browser


def must_sign_in_again(browser: Browser, address: str) -> None:
    """See the sign-in page where the client sends the browser."""
    browser.stop_at = CALLBACK
    assert urlsplit(browser.open(address).address).path == "/sign-in"


def test_openid_client_signs_a_user_in_and_out(site: Site) -> None:
    process = node(
        "openid_client.mjs",
        {
            "issuer": site.issuer,
            "clientId": site.app["id"],
            "clientSecret": site.app["secret"],
            "redirectUri": CALLBACK,
            "postLogoutUri": SIGNED_OUT,
        },
    )
    asked = line(process, "navigate")
    browser = signed_in(asked)
    answered(process, browser.address)
    result = line(process, "result")
    assert result["claims"]["username"] == "grace"
    assert result["userInfo"]["email"] == "grace@example.com"
    assert result["renewed"]["sub"] == result["claims"]["sub"]
    assert (result["known"]["active"], result["known"]["client_id"]) == (True, site.app["id"])
    assert result["afterwards"] == {"active": False}
    assert signed_out(browser, line(process, "navigate")).address == f"{SIGNED_OUT}?state=leaving"
    must_sign_in_again(browser, asked)
    assert process.wait(timeout=20) == 0


def authlib(site: Site) -> Any:
    """Return Authlib's client, as a Starlette or FastAPI application has it."""
    return OAuth().register(
        "vestibule",
        client_id=site.app["id"],
        client_secret=site.app["secret"],
        server_metadata_url=f"{site.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email offline_access", "code_challenge_method": "S256"},
    )


def visit(address: str, session: dict[str, Any]) -> Request:
    """Return what a Starlette application sees of a visit; `session` is what it keeps in its cookie."""
    parts = urlsplit(address)
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": parts.path,
            "query_string": parts.query.encode(),
            "headers": [],
            "session": session,
        }
    )


def test_authlib_signs_a_user_in_and_out(site: Site) -> None:
    async def journey() -> None:
        client, session = authlib(site), dict[str, Any]()
        leading = await client.authorize_redirect(visit("/login", session), CALLBACK, prompt="consent")
        asked = leading.headers["location"]
        browser = await asyncio.to_thread(signed_in, asked)
        token = await client.authorize_access_token(visit(browser.address, session))
        assert token["userinfo"]["username"] == "grace"  # of the ID token, which Authlib has verified
        assert token["userinfo"]["iss"] == site.issuer
        assert (await client.userinfo(token=token))["email"] == "grace@example.com"
        renewed = await client.fetch_access_token(grant_type="refresh_token", refresh_token=token["refresh_token"])
        assert (await client.userinfo(token=renewed))["sub"] == token["userinfo"]["sub"]
        leaving = await client.logout_redirect(visit("/logout", session), SIGNED_OUT, token["id_token"], state="bye")
        await asyncio.to_thread(signed_out, browser, leaving.headers["location"])
        assert browser.address == f"{SIGNED_OUT}?state=bye"
        await client.validate_logout_response(visit(browser.address, session))
        await asyncio.to_thread(must_sign_in_again, browser, asked)

    asyncio.run(journey())


def test_authlib_hears_that_the_person_gave_up(site: Site) -> None:
    async def journey() -> None:
        client, session = authlib(site), dict[str, Any]()
        leading = await client.authorize_redirect(visit("/login", session), CALLBACK, prompt="none")
        browser = await asyncio.to_thread(Browser(stop_at=CALLBACK).open, leading.headers["location"])
        with pytest.raises(OAuthError, match="login_required"):
            await client.authorize_access_token(visit(browser.address, session))

    asyncio.run(journey())


def test_the_logto_package_for_python_signs_a_user_in_and_out(site: Site) -> None:
    resource = f"{site.live.account}/api"

    async def journey() -> None:
        config = LogtoConfig(
            endpoint=site.live.identity,
            appId=site.app["id"],
            appSecret=site.app["secret"],
            resources=[resource],
            scopes=[UserInfoScope.email, "account:read"],
        )
        client = LogtoClient(config)
        asked = await client.signIn(redirectUri=CALLBACK, interactionMode="signIn")
        browser = await asyncio.to_thread(signed_in, asked)
        await client.handleSignInCallback(browser.address)
        claims = client.getIdTokenClaims()
        assert (claims.username, claims.iss) == ("grace", site.issuer)
        assert (await client.fetchUserInfo()).email == "grace@example.com"
        api = await client.getAccessTokenClaims(resource)  # which takes the refresh token
        assert (api.aud, api.scope) == (resource, "account:read")
        leaving = await client.signOut(postLogoutRedirectUri=SIGNED_OUT)
        assert not client.isAuthenticated()
        await asyncio.to_thread(signed_out, browser, leaving)
        await asyncio.to_thread(must_sign_in_again, browser, asked)

    asyncio.run(journey())
