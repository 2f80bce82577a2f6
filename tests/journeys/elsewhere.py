"""Accounts elsewhere: a real provider behind connectors of a site, one of them a company's; what people do there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.journeys.site import Site
from tests.journeys.test_ways_in import decided
from tests.journeys.visitor import Visitor
from tests.real_provider import CLIENTS, NAMES, SECRET, TARGETS, connector_of, real_provider
from vestibule.client import sso_connectors

COMPANY, DOMAIN = "Acme", "acme.example"
GITHUB = "/login/oauth/authorize"


@dataclass(frozen=True)
class Elsewhere:
    """The provider's address, the ids of the connectors in front of it by kind, and of the one of a company."""

    address: str
    connectors: dict[str, str]
    company: str


@contextmanager
def elsewhere(site: Site) -> Iterator[Elsewhere]:
    """Run the provider for a site, with its connectors, until the block ends."""
    signing_in = [f"{site.live.identity}/callback/real_{kind}" for kind in TARGETS]
    linking = [f"{site.live.account}/callback/{target}" for target in TARGETS.values()]
    company = site.manager.send(
        sso_connectors.create("OIDC", f"{COMPANY} by OpenID", domains=[DOMAIN], branding={"displayName": COMPANY})
    ).id
    with real_provider([*signing_in, *linking, f"{site.live.identity}/callback/{company}"]) as address:
        config = {"clientId": CLIENTS["oauth2"], "clientSecret": SECRET, "issuer": address}
        site.manager.send(sso_connectors.update(company, config=config))
        connectors = {kind: connector_of(site.manager, kind, address) for kind in TARGETS}
        yield Elsewhere(address, connectors, company)


@contextmanager
def with_buttons(site: Site, **settings: object) -> Iterator[None]:
    """Let people sign in through the connectors, for a while."""
    with decided(site, socialSignInConnectorTargets=list(TARGETS.values()), **settings):
        yield


async def leave(visitor: Visitor, there: Elsewhere, kind: str) -> str:
    """Press the button of a provider; the page after it moves on by itself. Returns the authorization request."""
    wanted = f"{there.address}{GITHUB if kind == 'github' else '/auth'}?"
    async with visitor.page.expect_request(lambda request: request.url.startswith(wanted)) as asked:
        await visitor.press("social.go", provider=NAMES[kind])
    return (await asked.value).url


async def agree(visitor: Visitor, person: str) -> None:
    """At the provider, sign in as somebody and agree."""
    page = visitor.page
    await page.get_by_placeholder("Enter any login").fill(person)
    await page.get_by_placeholder("and password").fill("any")
    await page.get_by_role("button", name="Sign-in").click()
    await page.get_by_role("button", name="Continue").click()


async def refuse(visitor: Visitor) -> None:
    """At the provider, give up."""
    await visitor.page.get_by_role("link", name="Cancel").click()
