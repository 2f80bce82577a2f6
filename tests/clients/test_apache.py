"""Apache's mod_auth_openidc, unchanged: a site's pages that only people who have signed in may see."""

import json
from collections.abc import Iterator
from time import monotonic, sleep
from typing import Any

import pytest

from tests.browser_by_hand import Browser
from tests.clients import apache
from tests.live import Live
from vestibule.client import ManagementClient, applications

PASSWORD = "correct horse battery"
TOLD_SECONDS = 20


@pytest.fixture(scope="module")
def site(live: Live) -> Iterator[str]:
    """A user, and the site, which is an application of the server."""
    port = apache.free_port()
    live.command("users", "create", "--username", "mary", "--email", "mary@example.com", "--password", PASSWORD)
    bye = f"http://localhost:{port}/bye.html"
    app = live.application(
        "traditional", "--redirect-uri", apache.redirect_uri(port), "--post-logout-redirect-uri", bye
    )
    manager = live.application("machine-to-machine", "--management")
    with ManagementClient(live.identity, manager["id"], manager["secret"]) as management:
        known = management.send(applications.get(app["id"]))
        listening = {"backchannelLogoutUri": f"{apache.redirect_uri(port)}?logout=backchannel"}
        metadata = {**known.oidc_client_metadata, **listening, "backchannelLogoutSessionRequired": True}
        management.send(applications.update(app["id"], oidc_client_metadata=metadata))
    with apache.site(port, f"{live.identity}/oidc", app) as address:
        yield address


def signed_in(site: str) -> Browser:
    """Ask for a page of the site, and sign in where it sends the browser."""
    browser = Browser().open(f"{site}/members/")
    browser.submit({"identifier": "mary", "password": PASSWORD})
    assert (browser.status, browser.page, browser.address) == (200, "for members", f"{site}/members/")
    return browser


def known(browser: Browser, site: str) -> Any:
    """Return what the module knows of the person."""
    return json.loads(browser.open(f"{site}/members/callback?info=json").page)


def test_mod_auth_openidc_signs_a_user_in(site: str, live: Live) -> None:
    seen = known(signed_in(site), site)
    assert seen["id_token"]["iss"] == f"{live.identity}/oidc"
    assert seen["id_token"]["username"] == "mary"
    assert seen["userinfo"]["email"] == "mary@example.com"
    assert seen["userinfo"]["sub"] == seen["id_token"]["sub"]


def test_mod_auth_openidc_renews_its_tokens(site: str) -> None:
    browser = signed_in(site)
    before = known(browser, site)
    asked = f"{site}/members/callback?refresh={site}/members/&access_token={before['access_token']}"
    assert browser.open(asked).address == f"{site}/members/"
    after = known(browser, site)
    assert after["access_token"] != before["access_token"]
    assert after["userinfo"]["sub"] == before["userinfo"]["sub"]


def test_mod_auth_openidc_signs_a_user_out(site: str, live: Live) -> None:
    browser = signed_in(site)
    browser.open(f"{site}/members/callback?logout={site}/bye.html")
    assert browser.address.startswith(f"{live.identity}/oidc/session/end")
    browser.submit({"logout": "yes"})
    assert (browser.address, browser.page) == (f"{site}/bye.html", "signed out")
    assert browser.open(f"{site}/members/").address.startswith(f"{live.identity}/sign-in")


def test_mod_auth_openidc_hears_of_a_sign_out_elsewhere(site: str, live: Live) -> None:
    """OpenID Connect Back-Channel Logout: the site ends its own session, without the browser's doing."""
    browser = signed_in(site)
    assert browser.open(f"{site}/members/").page == "for members"
    browser.open(f"{live.identity}/oidc/session/end").submit({"logout": "yes"})
    until = monotonic() + TOLD_SECONDS
    while browser.open(f"{site}/members/").page == "for members":
        assert monotonic() < until, "the site was not told"
        sleep(0.1)
    assert browser.address.startswith(f"{live.identity}/sign-in")
