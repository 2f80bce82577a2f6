"""Which browser an assertion counts for, and where it is led on to: companies and the social `saml`, on both stores."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from tests.api.experience.headless import Headless, headless, path_of
from tests.oidc.world import CALLBACK
from tests.saml_provider import Saml, metadata, pair, pem
from tests.world import URL, World
from vestibule.domain.cookies import BROWSER, INTERACTION

pytestmark = pytest.mark.anyio
BACK = f"{URL}/callback/acme"
MISSING = (400, "session.connector_session_not_found")


@dataclass
class Way:
    """A connector that speaks SAML: what verifies by it, where it is answered, and the program that begins."""

    world: World
    program: Headless
    verification: str
    answered_at: str
    connector: str
    begun: str = ""
    relay: str = ""

    async def ask(self, redirect_uri: str = BACK) -> httpx2.Response:
        """Begin a sign-in, and ask for the way to the provider."""
        await self.program.begin(prompt="login")
        await self.program.start()
        body = {"state": "known", "redirectUri": redirect_uri}
        return await self.program.call("POST", f"{self.verification}/authorization-uri", body)

    async def leave(self, redirect_uri: str = BACK) -> Saml:
        """Begin, and go to the provider; returns the answer that is due."""
        answer = await self.ask(redirect_uri)
        assert answer.status_code == 200, answer.text
        self.begun = answer.json()["verificationId"]
        onward = answer.json()["authorizationUri"]
        self.relay = dict(parse_qsl(urlsplit(onward).query))["RelayState"]
        return Saml.asked(onward, self.world.clock.now())

    @property
    def over(self) -> tuple[int, str]:
        """Where a browser is led that comes for nothing: the page of its own sign-in."""
        return 303, f"/callback/{self.connector}"

    async def post(self, saml: Saml) -> str:
        """Post as the provider's page does, with no cookies; returns where the browser is led."""
        form = {"SAMLResponse": saml.answer(), "RelayState": self.relay}
        answer = await self.world.client.post(self.answered_at, data=form)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def verify(self) -> tuple[int, str]:
        """Verify, as whoever began; returns the status and the code of a refusal."""
        body = {"verificationId": self.begun, "connectorData": {"state": "known"}}
        answer = await self.program.call("POST", f"{self.verification}/verify", body)
        return answer.status_code, answer.json().get("code", "")


@pytest.fixture(params=["company", "social"])
async def way(world: World, request: pytest.FixtureRequest) -> Way:
    """A provider whose people may sign in."""
    program, config, decided = await headless(world), {"metadata": metadata()}, dict[str, Any]()
    if request.param == "company":
        body = {"providerName": "SAML", "connectorName": "Acme", "config": config, "domains": ["acme.example"]}
        connector, decided = (await world.made("/sso-connectors", **body))["id"], {"singleSignOnEnabled": True}
        made = Way(
            world, program, f"/verification/sso/{connector}", f"/api/authn/single-sign-on/saml/{connector}", connector
        )
    else:
        config = {"entityID": URL, "idpMetadataXml": metadata(), "x509Certificate": pem(pair("idp")[1])}
        config["assertionConsumerServiceUrl"] = f"{URL}/api/authn/saml/acme"
        await world.made("/connectors", connectorId="saml", id="acme", metadata={"target": "acme"}, config=config)
        decided = {"socialSignInConnectorTargets": ["acme"]}
        made = Way(world, program, "/verification/social/acme", "/api/authn/saml/acme", "acme")
    assert (await world.call("PATCH", "/sign-in-exp", decided)).status_code == 200
    return made


async def came(browser: Headless, address: str) -> tuple[int, str]:
    """Go on in a browser; returns the status, and where it is led."""
    answer = await browser.send("GET", path_of(address))
    return answer.status_code, str(answer.headers["location"])


@pytest.mark.parametrize("signing_in", [True, False])
async def test_whoever_is_sent_anothers_link_signs_nobody_in(way: Way, *, signing_in: bool) -> None:
    """B73: mallory begins, ada is sent the link and has a session at the provider."""
    saml, ada = await way.leave(), await headless(way.world)
    if signing_in:
        await ada.begin()
        await ada.start()
    onward = await way.post(saml)
    assert await way.verify() == MISSING, "whoever began has to wait for the browser that posted"
    for guess in ("", "x", way.relay):
        assert (
            await came(way.program, f"/callback/{way.connector}/arrival?sign_in={way.relay}&ticket={guess}") == way.over
        )
    assert await way.verify() == MISSING
    assert await came(ada, onward) == way.over
    assert await came(way.program, onward) == way.over, "the ticket is used up"
    gone = (404, "session.verification_session_not_found")
    assert await way.verify() == gone
    assert await way.program.refused("POST", "/identification", {"verificationId": way.begun}) == gone
    assert (await way.world.call("GET", "/users")).json() == []


@pytest.mark.parametrize("lost", [INTERACTION, f"{INTERACTION}.sig", BROWSER])
async def test_a_browser_shows_both_the_sign_in_and_that_it_began_it(way: Way, lost: str) -> None:
    onward = await way.post(await way.leave())
    other = Headless(way.world, way.program.app, {**way.program.jar, lost: ""})
    assert await came(other, onward) == way.over
    assert (await way.verify())[0] == 404


async def test_an_earlier_sign_in_of_the_same_browser_is_another_one(way: Way) -> None:
    onward = await way.post(await way.leave())
    earlier = way.begun
    await way.leave()
    assert await came(way.program, onward) == way.over
    way.begun = earlier
    assert (await way.verify())[0] == 404


@pytest.mark.parametrize("back", [BACK, CALLBACK])
async def test_the_browser_of_the_sign_in_is_led_back_once(way: Way, back: str) -> None:
    """An address of ours, and one that the application has registered."""
    onward = await way.post(await way.leave(back))
    assert onward.startswith(f"{URL}/callback/{way.connector}/arrival?")
    assert await came(way.program, onward) == (303, f"{back}?state=known")
    assert await came(way.program, onward) == way.over
    assert await way.verify() == (200, "")


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/",
        f"{URL}.evil.example/",
        f"{URL}@evil.example/",
        f"{URL}1/callback/acme",
        f"{URL}\\@evil.example/",
        f"{URL}/\r\nx: y",
        "//evil.example/",
        "/callback/acme",
        "javascript:alert(1)",
        f"{CALLBACK}/other",
        f"{CALLBACK}#x",
        "x",
    ],
)
async def test_nobody_is_led_on_to_an_address_that_is_neither_ours_nor_registered(way: Way, evil: str) -> None:
    answer = await way.ask(evil)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid_input")


async def test_an_address_that_another_application_has_registered_will_not_do(way: Way) -> None:
    await way.world.app("Traditional", redirect_uris=["https://other.example/back"], post_logout_uris=[])
    assert (await way.ask("https://other.example/back")).status_code == 400
