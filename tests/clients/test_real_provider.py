"""Linking through a real provider, npm's `oidc-provider`: as `oidc`, as `oauth2`, and behind GitHub's paths."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.conftest import STORES
from tests.live import Live, live_servers
from tests.postgres_stores import databases
from tests.real_provider import connector_of, real_provider, walked
from vestibule.client import ManagementClient, Refused, connectors, identities, users

BACK = "https://app.example/back"
KINDS = ("oidc", "oauth2", "github")
SPENT = (401, "connector.social_auth_code_invalid")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The provider's address."""
    with real_provider([BACK]) as address:
        yield address


@pytest.fixture(scope="module", params=STORES)
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Both servers, on each kind of store."""
    folder, reach = tmp_path_factory.mktemp("providers"), {"VESTIBULE_ALLOW_PRIVATE": "127.0.0.0/8"}
    if request.param == "sqlite":
        with live_servers(folder, "sqlite:///var/vestibule.db", "sqlite:///var/account.db", **reach) as servers:
            yield servers
        return
    server: str = request.getfixturevalue("postgres_server")
    with databases(server, "providers") as addresses, live_servers(folder, *addresses, **reach) as servers:
        yield servers


@pytest.fixture(scope="module")
def management(live: Live) -> Iterator[ManagementClient]:
    app = live.application("machine-to-machine", "--management")
    with ManagementClient(live.identity, app["id"], app["secret"]) as client:
        yield client


def came_back(address: str, person: str) -> dict[str, Any]:
    """Sign in at the provider and agree; returns what it calls back with."""
    return {**dict(parse_qsl(urlsplit(walked(address, person, BACK)).query)), "redirectUri": BACK}


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_is_linked_through_a_real_provider(management: ManagementClient, provider: str, kind: str) -> None:
    connector = connector_of(management, kind, provider)
    user = management.send(users.create(username=f"real_{kind}"))
    begun = management.send(connectors.authorization_uri(connector, "state-1", BACK, stateless_for=user.id))
    came = came_back(begun.redirect_to, "ana")
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


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_that_a_real_provider_has_not_checked_is_not_taken_as_verified(
    management: ManagementClient, provider: str, kind: str
) -> None:
    connector = connector_of(management, kind, provider)
    user = management.send(users.create(username=f"unproven_{kind}"))
    begun = management.send(connectors.authorization_uri(connector, "s", BACK, stateless_for=user.id))
    came = came_back(begun.redirect_to, "ben")
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
        came = came_back(begun.redirect_to, "ana")
        with pytest.raises(Refused) as refused:
            management.send(identities.link(user.id, connector, came, session=other.session or ""))
        assert (refused.value.status, refused.value.code) == SPENT
