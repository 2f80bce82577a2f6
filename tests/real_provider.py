"""A real provider, npm's `oidc-provider`, in a process of its own: as `oidc`, `oauth2`, GitHub and Apple."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.browser_by_hand import Browser
from tests.clients.talking import line, node
from vestibule.client import ManagementClient, connectors

SECRET = "a-secret-of-more-than-thirty-two-characters/&"  # the provider's, for tests alone
CLIENTS = {"oidc": "assertion", "oauth2": "basic", "github": "post", "apple": "form"}
TARGETS = {"oidc": "real-oidc", "oauth2": "real-oauth2", "github": "github", "apple": "apple"}
NAMES = {"oidc": "Tidepool", "oauth2": "Lantern", "github": "GitHub", "apple": "Apple"}
"""What the buttons call them; the records of GitHub and Apple bring their own names."""


@contextmanager
def real_provider(redirect_uris: Sequence[str]) -> Iterator[str]:
    """Run the provider until the block ends; returns its address."""
    process = node("upstream.mjs", {"redirectUris": redirect_uris, "clientSecret": SECRET})
    try:
        yield line(process, "address")
    finally:
        process.kill()
        process.communicate()


def config_of(kind: str, provider: str) -> dict[str, Any]:
    """Return the configuration of one kind of connector in front of the provider."""
    shared = {"clientId": CLIENTS[kind], "clientSecret": SECRET}
    if kind == "github":
        return {
            **shared,
            "authorizationEndpoint": f"{provider}/login/oauth/authorize",
            "tokenEndpoint": f"{provider}/login/oauth/access_token",
            "userInfoEndpoint": f"{provider}/user",
            "emailsEndpoint": f"{provider}/user/emails",
        }
    if kind == "apple":
        held = {"clientId": CLIENTS[kind], "authorizationEndpoint": f"{provider}/auth", "scope": "openid profile email"}
        return {**held, "jwksUri": f"{provider}/jwks", "issuer": provider}
    places = {"authorizationEndpoint": f"{provider}/auth", "tokenEndpoint": f"{provider}/token"}
    if kind == "oidc":
        checked = {"jwksUri": f"{provider}/jwks", "issuer": provider}
        method = {"tokenEndpointAuthMethod": "client_secret_jwt", "idTokenVerificationConfig": checked}
        return {**shared, **places, **method, "scope": "openid profile email"}
    method = {"tokenEndpointAuthMethod": "client_secret_basic", "tokenEndpointResponseType": "json"}
    more = {"userInfoEndpoint": f"{provider}/me", "profileMap": {"id": "sub"}, "scope": "openid profile email"}
    return {**shared, **places, **method, **more}


def connector_of(management: ManagementClient, kind: str, provider: str) -> str:
    """Set a connector up, or find it; returns its id."""
    for held in management.send(connectors.find(target=TARGETS[kind])):
        return held.id
    config = config_of(kind, provider)
    if kind in {"github", "apple"}:
        return management.send(connectors.create(f"{kind}-universal", config, id=f"real_{kind}")).id
    metadata = {"target": TARGETS[kind], "name": {"en": NAMES[kind]}}
    return management.send(connectors.create(kind, config, id=f"real_{kind}", metadata=metadata)).id


def walked(address: str, person: str, callback: str) -> str:
    """Sign in at the provider and agree, without a browser; returns where it calls back to."""
    browser = Browser(stop_at=callback).open(address)
    browser.submit({"prompt": "login", "login": person, "password": "any"})
    if not browser.address.startswith(callback):
        browser.submit({"prompt": "consent"})
    assert browser.address.startswith(callback), browser.page
    return browser.address
