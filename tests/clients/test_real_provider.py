"""Linking through a real provider, npm's `oidc-provider`: as `oidc`, as `oauth2`, and behind GitHub's paths."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.browser_by_hand import Browser
from tests.clients.talking import line, node
from tests.live import Live
from vestibule.client import ManagementClient, Refused, connectors, identities, users

BACK = "https://app.example/back"
SECRET = "a-secret-of-more-than-thirty-two-characters/&"  # the provider's, for these tests alone
CLIENTS = {"oidc": "assertion", "oauth2": "basic", "github": "post"}
SPENT = (401, "connector.social_auth_code_invalid")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The provider's address."""
    process = node("upstream.mjs", {"redirectUris": [BACK], "clientSecret": SECRET})
    try:
        yield line(process, "address")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def management(live: Live) -> Iterator[ManagementClient]:
    app = live.application("machine-to-machine", "--management")
    with ManagementClient(live.identity, app["id"], app["secret"]) as client:
        yield client


def config_of(kind: str, provider: str) -> dict[str, Any]:
    """The configuration of one kind of connector in front of the provider."""
    shared = {"clientId": CLIENTS[kind], "clientSecret": SECRET}
    if kind == "github":
        return {
            **shared,
            "authorizationEndpoint": f"{provider}/login/oauth/authorize",
            "tokenEndpoint": f"{provider}/login/oauth/access_token",
            "userInfoEndpoint": f"{provider}/user",
            "emailsEndpoint": f"{provider}/user/emails",
        }
    places = {"authorizationEndpoint": f"{provider}/auth", "tokenEndpoint": f"{provider}/token"}
    if kind == "oidc":
        checked = {"jwksUri": f"{provider}/jwks", "issuer": provider}
        method = {"tokenEndpointAuthMethod": "client_secret_jwt", "idTokenVerificationConfig": checked}
        return {**shared, **places, **method, "scope": "openid profile email"}
    method = {"tokenEndpointAuthMethod": "client_secret_basic", "tokenEndpointResponseType": "json"}
    more = {"userInfoEndpoint": f"{provider}/me", "profileMap": {"id": "sub"}, "scope": "openid profile email"}
    return {**shared, **places, **method, **more}


def connector_of(management: ManagementClient, kind: str, provider: str) -> str:
    """Set one up, or find it."""
    target = kind if kind == "github" else f"real-{kind}"
    for held in management.send(connectors.find(target=target)):
        return held.id
    if kind == "github":
        return management.send(connectors.create("github-universal", config_of(kind, provider))).id
    return management.send(connectors.create(kind, config_of(kind, provider), metadata={"target": target})).id


def walked(address: str, person: str) -> dict[str, Any]:
    """Sign in at the provider and agree; returns what it calls back with."""
    browser = Browser(stop_at=BACK).open(address)
    browser.submit({"prompt": "login", "login": person, "password": "any"})
    if not browser.address.startswith(BACK):
        browser.submit({"prompt": "consent"})
    assert browser.address.startswith(BACK), browser.page
    return {**dict(parse_qsl(urlsplit(browser.address).query)), "redirectUri": BACK}


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_person_is_linked_through_a_real_provider(management: ManagementClient, provider: str, kind: str) -> None:
    connector = connector_of(management, kind, provider)
    user = management.send(users.create(username=f"real_{kind}"))
    begun = management.send(connectors.authorization_uri(connector, "state-1", BACK, stateless_for=user.id))
    came = walked(begun.redirect_to, "ana")
    assert (came["state"], came["iss"]) == ("state-1", provider)
    held = management.send(identities.link(user.id, connector, came, session=begun.session or ""))
    [identity] = held.values()
    assert identity.user_id == "ana"
    assert identity.details is not None
    assert (identity.details["name"], identity.details["email"]) == ("Ana", "ana@example.com")

    # The code is spent at the provider, too.
    again = management.send(connectors.authorization_uri(connector, "state-1", BACK, stateless_for=user.id))
    with pytest.raises(Refused) as refused:
        management.send(identities.link(user.id, connector, came, session=again.session or ""))
    # GitHub says so inside an answer of status 200.
    expected = (400, "connector.invalid_response") if kind == "github" else SPENT
    assert (refused.value.status, refused.value.code) == expected


@pytest.mark.parametrize("kind", CLIENTS)
def test_an_address_that_a_real_provider_has_not_checked_is_not_taken_as_verified(
    management: ManagementClient, provider: str, kind: str
) -> None:
    connector = connector_of(management, kind, provider)
    user = management.send(users.create(username=f"unproven_{kind}"))
    begun = management.send(connectors.authorization_uri(connector, "s", BACK, stateless_for=user.id))
    came = walked(begun.redirect_to, "ben")
    [identity] = management.send(identities.link(user.id, connector, came, session=begun.session or "")).values()
    assert identity.details is not None
    assert identity.details.get("email") is None
    shown = management.send(users.get(user.id))
    assert shown.primary_email is None


def test_a_nonce_and_a_verifier_of_another_request_do_not_fit(management: ManagementClient, provider: str) -> None:
    """What an attacker carries over from a flow of their own is refused by the provider or by the ID token."""
    user = management.send(users.create(username="mixed"))
    for kind in ("oidc", "oauth2"):
        connector = connector_of(management, kind, provider)
        begun, other = (
            management.send(connectors.authorization_uri(connector, "s", BACK, stateless_for=user.id)) for _ in range(2)
        )
        came = walked(begun.redirect_to, "ana")
        with pytest.raises(Refused) as refused:
            management.send(identities.link(user.id, connector, came, session=other.session or ""))
        assert (refused.value.status, refused.value.code) == SPENT
