"""Companies that sign their people in by SAML: a real provider behind connectors of a site."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.journeys.site import Site
from tests.real_saml_provider import real_saml_provider
from vestibule.client import sso_connectors


@dataclass(frozen=True)
class Company:
    """A company: what it is called, whose addresses are its people's, and where its answers go."""

    name: str
    domain: str
    callback: str


SIGNS = {"Globex": "assertion", "Initech": "response"}


@contextmanager
def companies(site: Site) -> Iterator[list[Company]]:
    """Run their provider until the block ends."""
    made = {
        name: site.manager.send(
            sso_connectors.create("SAML", f"{name} by SAML", domains=[_domain(name)], branding={"displayName": name})
        ).id
        for name in SIGNS
    }
    ours = {name: _service_provider(site, made[name]) for name in SIGNS}
    services = [
        {"entityId": ours[name]["entityId"], "callback": ours[name]["assertionConsumerServiceUrl"], "signs": signs}
        for name, signs in SIGNS.items()
    ]
    with real_saml_provider(services) as metadata:
        for connector_id in made.values():
            site.manager.send(sso_connectors.update(connector_id, config={"metadata": metadata}))
        yield [
            Company(name, f"{name.lower()}.example", one["callback"]) for name, one in zip(SIGNS, services, strict=True)
        ]


def _service_provider(site: Site, connector_id: str) -> dict[str, str]:
    """Return what the operator tells the company."""
    told = site.manager.send(sso_connectors.get(connector_id)).provider_config or {}
    return dict(told["serviceProvider"])


def _domain(name: str) -> str:
    return f"{name.lower()}.example"
