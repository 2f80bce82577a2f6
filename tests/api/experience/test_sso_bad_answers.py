"""A company's provider that is down, slow, or answers anything but what it should: told in time, and nothing linked."""

from functools import partial
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.api.experience.headless import Headless, headless
from tests.connectors.social.nearby import upstream, world
from tests.connectors.social.upstream import Json, Said, Upstream, id_token, jwks, upstreams
from tests.saml_provider import metadata
from tests.world import World

__all__ = ["upstream", "world"]
pytestmark = pytest.mark.anyio
BACK = "http://id.localhost:3001/callback/acme"
DISCOVERY, METADATA = ".well-known/openid-configuration", "metadata.xml"
GENERAL, UNREADABLE = (400, "connector.general"), (400, "connector.invalid_response")
FAULTS: dict[str, Said | None] = {
    "slow": None,
    "html": Said(b"<html>sorry</html>"),
    "500": Said(b"", 500),
    "huge": Said(b"x" * 1_100_000),
    "redirect": Said(b"", 302, ("Location: /elsewhere",)),
}


class Company:
    """A company whose provider listens on loopback, and a program in which its people sign in."""

    def __init__(self, world: World, upstream: Upstream, program: Headless, connector: str) -> None:
        self.world, self.upstream, self.program, self.id = world, upstream, program, connector
        self.begun: tuple[str, str] = ("", "")

    @property
    def path(self) -> str:
        """The verifications through the connector."""
        return f"/verification/sso/{self.id}"

    async def begin(self) -> tuple[int, str]:
        """Ask where to go; returns the status and the code of a refusal."""
        await self.program.begin(prompt="login")
        await self.program.start()
        body = {"state": "state-1", "redirectUri": BACK}
        answer = await self.program.call("POST", f"{self.path}/authorization-uri", body)
        told = answer.json()
        if answer.status_code == 200:
            self.begun = told["verificationId"], told["authorizationUri"]
        return answer.status_code, told.get("code", "")

    def will_say(self, **claims: Any) -> None:
        """Let the ID token be about somebody of the company."""
        asked = dict(parse_qsl(urlsplit(self.begun[1]).query))
        about = {"iss": issuer_of(self.upstream), "nonce": asked["nonce"], "sub": "ada-at-acme", **claims}
        told = {"access_token": "at", "token_type": "Bearer", "id_token": id_token(**about)}
        self.upstream.answers["token"] = Said(told)

    async def come_back(self, **data: str) -> tuple[int, str]:
        """Bring what the company called back with; returns the status and the code of a refusal."""
        body = {"verificationId": self.begun[0], "connectorData": data or {"code": "c-1", "state": "state-1"}}
        answer = await self.program.call("POST", f"{self.path}/verify", body)
        assert "s3cret" not in answer.text
        return answer.status_code, answer.json().get("code", "")

    async def nobody_came(self) -> None:
        """See that what was refused proves nobody, and that no account was made or linked."""
        answer = await self.program.call("POST", "/identification", {"verificationId": self.begun[0]})
        assert answer.status_code in {400, 401, 404, 422}
        assert (await self.world.call("GET", "/users")).json() == []


def issuer_of(upstream: Upstream) -> str:
    return f"http://127.0.0.1:{upstream.port}"


def described(upstream: Upstream, **more: str) -> Json:
    """What the provider says of itself."""
    told = {"issuer": issuer_of(upstream), "authorization_endpoint": upstream.url("authorize")}
    return {**told, "token_endpoint": upstream.url("token"), "jwks_uri": upstream.url("keys"), **more}


async def of_openid(world: World, upstream: Upstream) -> Company:
    """A company that speaks OpenID Connect."""
    upstream.answers |= {
        DISCOVERY: Said(described(upstream, userinfo_endpoint=upstream.url("person"))),
        "keys": Said(jwks()),
        "person": Said({"sub": "ada-at-acme", "name": "Ada"}),
    }
    config = {"clientId": "client", "clientSecret": "s3cret", "issuer": issuer_of(upstream)}
    return await made(world, upstream, "OIDC", config)


async def of_saml(world: World, upstream: Upstream) -> Company:
    """A company that speaks SAML, read from its metadata at each sign-in."""
    upstream.answers[METADATA] = Said(metadata(endpoint=upstream.url("sso")).encode())
    return await made(world, upstream, "SAML", {"metadataUrl": upstream.url(METADATA)})


async def made(world: World, upstream: Upstream, kind: str, config: Json) -> Company:
    body = {"providerName": kind, "connectorName": "Acme", "config": config, "domains": ["acme.example"]}
    connector = (await world.made("/sso-connectors", **body))["id"]
    assert (await world.call("PATCH", "/sign-in-exp", {"singleSignOnEnabled": True})).status_code == 200
    return Company(world, upstream, await headless(world), connector)


def spoil(company: Company, place: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the provider answer with a fault at a place; for one that is slow the way out has less patience.

    Whoever followed a redirect would find there what belongs at the place.
    """
    said, outgoing = FAULTS[fault], company.world.server.ctx.outgoing
    company.upstream.answers["elsewhere"] = company.upstream.answers[place]
    if said is None:
        del company.upstream.answers[place]
        monkeypatch.setattr(outgoing, "request", partial(outgoing.request, timeout=0.2))
    else:
        company.upstream.answers[place] = said


@pytest.fixture
async def company(world: World, upstream: Upstream) -> Company:
    return await of_openid(world, upstream)


async def test_a_provider_that_answers_well_lets_somebody_in(company: Company) -> None:
    """All that follows fails for what is named, and for nothing else."""
    assert await company.begin() == (200, "")
    company.will_say()
    assert await company.come_back() == (200, "")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", [DISCOVERY, "token", "keys", "person"])
async def test_an_answer_that_is_none_is_told_and_links_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch, place: str, fault: str
) -> None:
    await company.begin()
    company.will_say()
    spoil(company, place, fault, monkeypatch)
    assert await company.come_back() == (UNREADABLE if fault == "html" else GENERAL)
    await company.nobody_came()
    assert company.upstream.requests("elsewhere") == []


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["openid", "saml"])
async def test_nobody_is_sent_to_a_company_that_does_not_say_where(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, kind: str, fault: str
) -> None:
    company = await (of_openid if kind == "openid" else of_saml)(world, upstream)
    spoil(company, DISCOVERY if kind == "openid" else METADATA, fault, monkeypatch)
    status, code = await company.begin()
    unreadable = "connector.invalid_response" if kind == "openid" else "connector.invalid_metadata"
    assert (status, code) == (400, unreadable if fault == "html" else GENERAL[1])
    assert company.begun == ("", "")
    assert upstream.requests("elsewhere") == []


@pytest.mark.parametrize("kind", ["openid", "saml"])
async def test_a_company_that_is_down_is_told_and_links_nothing(world: World, kind: str) -> None:
    async with upstreams() as upstream:
        company = await (of_openid if kind == "openid" else of_saml)(world, upstream)
        assert await company.begin() == (200, "")
        if kind == "openid":
            company.will_say()
    if kind == "openid":
        assert await company.come_back() == GENERAL
        await company.nobody_came()
    assert await company.begin() == GENERAL


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        ({"error": "access_denied", "state": "state-1"}, (401, "connector.authorization_failed")),
        ({"error": "server_error", "state": "state-1", "error_description": "x" * 5000}, GENERAL),
    ],
)
async def test_what_the_company_declined_is_said_and_asks_nobody(
    company: Company, data: dict[str, str], refusal: tuple[int, str]
) -> None:
    await company.begin()
    company.will_say()
    assert await company.come_back(**data) == refusal
    assert company.upstream.requests("token") == []
    await company.nobody_came()


async def test_a_code_that_was_used_and_a_nonce_of_another_sign_in_prove_nobody(company: Company) -> None:
    await company.begin()
    company.upstream.answers["token"] = Said({"error": "invalid_grant"}, 400)
    assert await company.come_back() == (401, "connector.social_auth_code_invalid")
    company.will_say()
    assert await company.come_back() == (400, "session.connector_validation_session_not_found")
    await company.begin()
    company.will_say(nonce="of-another-sign-in")
    assert await company.come_back() == (401, "connector.social_invalid_id_token")
    await company.nobody_came()


@pytest.mark.parametrize("kind", ["openid", "saml"])
async def test_no_company_leads_the_server_into_a_private_network(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """B92: not where it was configured while it was allowed, nor by what it says of itself later."""
    company = await (of_openid if kind == "openid" else of_saml)(world, upstream)
    monkeypatch.setattr(world.server.ctx.outgoing, "_allowed", ())
    upstream.asked.clear()
    assert await company.begin() == GENERAL
    assert upstream.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("member", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
async def test_no_description_leads_the_server_to_an_address_that_is_not_allowed(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, member: str, scheme: str
) -> None:
    """B92: the company's own server is reached, and the metadata service of the cloud beside it is not."""
    company = await of_openid(world, upstream)
    monkeypatch.setattr(world.server.ctx.outgoing, "_allowed", (ip_network("127.0.0.1/32"),))
    await company.begin()
    company.will_say()
    places = {"userinfo_endpoint": upstream.url("person"), member: f"{scheme}://127.0.0.2:{upstream.port}/inside"}
    upstream.answers[DISCOVERY] = Said(described(upstream, **places))
    assert await company.come_back() == (UNREADABLE if scheme == "http" else GENERAL)
    assert upstream.requests("inside") == []
    await company.nobody_came()
