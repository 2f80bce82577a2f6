"""The social connector `saml` over the Experience API, on both stores (B74)."""

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from tests.api.experience.headless import Headless, headless, path_of
from tests.saml_provider import ENDPOINT, Saml, metadata, pair, pem
from tests.world import URL, World

pytestmark = pytest.mark.anyio
BACK, OURS = "http://id.localhost:3001/callback/acme", "https://us.example/saml"
CURVED = (
    ec.generate_private_key(ec.SECP256R1())
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)
Json = dict[str, Any]
WAITING = "session.connector_validation_session_not_found"


def config(**more: object) -> Json:
    """A configuration of the connector `acme-saml`."""
    usual = {"entityID": OURS, "idpMetadataXml": metadata(), "x509Certificate": pem(pair("idp")[1])}
    return {**usual, "assertionConsumerServiceUrl": f"{URL}/api/authn/saml/acme-saml", **more}


class Provider:
    """The provider, and a program in which its people sign in."""

    def __init__(self, world: World, program: Headless) -> None:
        self.world, self.program, self.relay, self.uri = world, program, "", ""
        self.path = "/verification/social/acme-saml"

    async def leave(self, event: str = "SignIn") -> tuple[str, Saml]:
        """Begin, and go to the provider; returns the id of the verification and the answer that is due."""
        await self.program.begin(prompt="login")
        await self.program.start(event)
        body = {"state": "state-1", "redirectUri": BACK}
        begun = await self.program.good("POST", f"{self.path}/authorization-uri", body)
        self.uri = begun["authorizationUri"]
        self.relay = dict(parse_qsl(urlsplit(self.uri).query))["RelayState"]
        return begun["verificationId"], Saml.asked(self.uri, self.world.clock.now())

    async def post(self, response: str, relay: str | None = None, connector: str = "acme-saml") -> tuple[int, str]:
        """Post a response as the provider's page does, and go on; returns the status, and a code or where it leads."""
        form = {"SAMLResponse": response, "RelayState": self.relay if relay is None else relay}
        answer = await self.world.client.post(f"/api/authn/saml/{connector}", data=form)
        if answer.is_redirect:
            answer = await self.program.send("GET", path_of(answer.headers["location"]))
            assert answer.headers["location"] == f"{BACK}?state=state-1"
        return answer.status_code, answer.headers["location"] if answer.is_redirect else answer.json()["code"]

    async def verify(self, verification: str, state: str = "state-1") -> tuple[int, str]:
        """Come back; returns the status and the code of a refusal."""
        body = {"verificationId": verification, "connectorData": {"state": state}}
        answer = await self.program.call("POST", f"{self.path}/verify", body)
        return answer.status_code, answer.json().get("code", "")

    async def configure(self, **more: object) -> None:
        """Change the configuration."""
        body = {"config": config(**more)}
        answer = await self.world.call("PATCH", "/connectors/acme-saml", body)
        assert answer.status_code == 200, answer.text


@pytest.fixture
async def provider(world: World) -> Provider:
    """A provider whose people may sign in."""
    body = {"connectorId": "saml", "id": "acme-saml", "metadata": {"target": "acme"}, "config": config()}
    await world.made("/connectors", **body)
    settings = {"socialSignInConnectorTargets": ["acme"], "socialSignIn": {"skipRequiredIdentifiers": True}}
    assert (await world.call("PATCH", "/sign-in-exp", settings)).status_code == 200
    return Provider(world, await headless(world))


async def test_a_newcomer_gets_an_account_and_is_known_the_next_time(provider: Provider) -> None:
    world, program = provider.world, provider.program
    verification, saml = await provider.leave()
    assert (saml.audience, saml.recipient) == (OURS, f"{URL}/api/authn/saml/acme-saml")
    assert await provider.verify(verification) == (400, "session.connector_session_not_found")
    assert await provider.post(saml.answer()) == (303, f"{BACK}?state=state-1")
    assert await provider.verify(verification, "another") == (401, "connector.authorization_failed")
    assert await provider.verify(verification) == (200, "")
    assert await provider.verify(verification) == (400, WAITING)
    who = {"verificationId": verification}
    assert await program.refused("POST", "/identification", who) == (404, "user.identity_not_exist")
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    await program.good("POST", "/identification", who)
    await program.finish()
    [user] = (await world.call("GET", "/users")).json()
    assert (user["primaryEmail"], user["name"]) == (None, "Ada Lovelace")
    details = {"id": "ada-at-acme", "name": "Ada Lovelace", "unverifiedEmail": "ada@acme.example", "rawData": {}}
    assert user["identities"] == {"acme": {"userId": "ada-at-acme", "details": details}}
    verification, again = await provider.leave()
    again.assertion_id = "_assertion-2"
    assert (await provider.post(again.answer()))[0] == 303
    assert await provider.verify(verification) == (200, "")
    await program.identify(verification)
    await program.finish()
    assert len((await world.call("GET", "/users")).json()) == 1


@pytest.mark.parametrize("trusted", [True, False])
async def test_an_address_finds_an_account_only_where_the_operator_believes_the_provider(
    provider: Provider, *, trusted: bool
) -> None:
    """B69."""
    await provider.configure(**({"trustUnverifiedEmail": True} if trusted else {}))
    await provider.world.user(primaryEmail="ada@acme.example")
    verification, saml = await provider.leave()
    assert (await provider.post(saml.answer()))[0] == 303
    assert await provider.verify(verification) == (200, "")
    answer = await provider.program.call("POST", "/identification", {"verificationId": verification})
    related = {"relatedUser": {"type": "email", "value": "ada@acme.example"}}
    assert (answer.status_code, answer.json()["data"]) == (404, related if trusted else {})


WRONG: dict[str, tuple[Json, str]] = {
    "audience": ({"audience": "https://other.example"}, "audience"),
    "recipient": ({"confirmed_at": "https://other.example/acs"}, "recipient"),
    "another request": ({"in_response_to": "_other"}, "in_response_to"),
    "unsolicited": ({"in_response_to": ""}, "in_response_to"),
    "issuer": ({"issuer": "https://other.example/metadata"}, "issuer"),
    "expired": ({"begins": -600, "ends": -91}, "expired"),
    "not signed": ({"sign": "nothing"}, "signature"),
    "another key": ({"key": "mallory"}, "signature"),
}


@pytest.mark.parametrize("fault", WRONG)
async def test_an_answer_that_is_not_for_this_sign_in_proves_nobody(provider: Provider, fault: str) -> None:
    verification, saml = await provider.leave()
    for name, value in WRONG[fault][0].items():
        setattr(saml, name, value)
    form = {"SAMLResponse": saml.answer(), "RelayState": provider.relay}
    answer = await provider.world.client.post("/api/authn/saml/acme-saml", data=form)
    assert (answer.status_code, answer.json()["data"]["error"]) == (401, WRONG[fault][1])
    assert await provider.verify(verification) == (400, "session.connector_session_not_found")


async def test_an_answer_counts_once_for_its_own_sign_in_and_in_time(provider: Provider) -> None:
    """B73, B74."""
    _, saml = await provider.leave()
    assert await provider.post(saml.answer(), relay="") == (400, "connector.invalid_response")
    assert await provider.post(saml.answer(), relay="nothing") == (400, "session.not_found")
    assert (await provider.post(saml.answer()))[0] == 303
    assert await provider.post(saml.answer()) == (400, WAITING)
    _, again = await provider.leave()
    assert again.assertion_id == saml.assertion_id
    assert await provider.post(again.answer()) == (401, "connector.authorization_failed")
    _, late = await provider.leave()
    late.assertion_id = "_3"
    provider.world.clock.advance(seconds=600)
    assert await provider.post(late.answer()) == (400, WAITING)


async def test_the_answer_of_one_browser_verifies_nothing_in_another(provider: Provider) -> None:
    verification, saml = await provider.leave()
    assert (await provider.post(saml.answer()))[0] == 303
    stranger = await headless(provider.world)
    await stranger.begin()
    await stranger.start()
    body = {"verificationId": verification, "connectorData": {"state": "state-1"}}
    gone = (404, "session.verification_session_not_found")
    assert await stranger.refused("POST", f"{provider.path}/verify", body) == gone


async def test_a_provider_that_was_closed_meanwhile_signs_nobody_in(provider: Provider) -> None:
    """B75."""
    _, saml = await provider.leave()
    await provider.world.call("PATCH", "/sign-in-exp", {"socialSignInConnectorTargets": []})
    assert await provider.post(saml.answer()) == (422, "user.sign_in_method_not_enabled")


async def test_connectors_of_other_kinds_take_no_answers(provider: Provider) -> None:
    _, saml = await provider.leave()
    mail = next(one for one in (await provider.world.call("GET", "/connectors")).json() if one["type"] == "Email")
    assert await provider.post(saml.answer(), connector=mail["id"]) == (501, "connector.not_implemented")
    assert await provider.post(saml.answer(), connector="nobody") == (404, "entity.not_found")


async def test_programs_without_a_session_are_refused(provider: Provider) -> None:
    """The contract's refusal: nobody is there for whom the provider could post."""
    world, user = provider.world, await provider.world.user()
    refused, body = (501, "connector.not_implemented"), {"state": "s", "redirectUri": BACK}
    path = "/connectors/acme-saml/authorization-uri"
    assert await world.refusal("POST", path, body) == refused
    assert await world.refusal("POST", path, {**body, "stateless": True, "userId": user["id"]}) == refused
    link = {"connectorId": "acme-saml", "connectorData": {"state": "s"}}
    assert await world.refusal("POST", f"/users/{user['id']}/identities", link) == refused


async def test_requests_are_signed_with_the_configured_key(provider: Provider) -> None:
    key, _ = pair("ours")
    sealed = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word")
    ).decode()
    assert "Signature" not in (await provider.leave(), provider.uri)[1]
    await provider.configure(signAuthnRequest=True, privateKey=sealed, privateKeyPass="word")
    await provider.leave()
    signed, _, signature = urlsplit(provider.uri).query.rpartition("&Signature=")
    value = dict(parse_qsl(f"Signature={signature}"))["Signature"]
    key.public_key().verify(base64.b64decode(value), signed.encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    "change",
    [
        {"encryptAssertion": True},
        {"signAuthnRequest": True},
        {"signAuthnRequest": True, "privateKey": "no key"},
        {"signAuthnRequest": True, "privateKey": CURVED},
        {"requestSignatureAlgorithm": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
        {"assertionConsumerServiceUrl": "javascript:alert(1)"},
        {"x509Certificate": ""},
    ],
)
async def test_what_cannot_work_is_not_configured(provider: Provider, change: Json) -> None:
    refused = (400, "connector.invalid_config")
    assert await provider.world.refusal("PATCH", "/connectors/acme-saml", {"config": config(**change)}) == refused


async def test_a_certificate_that_is_not_the_one_of_the_configuration_signs_nobody_in(provider: Provider) -> None:
    """The metadata names the provider; whom to believe says the operator."""
    await provider.configure(x509Certificate=pem(pair("other")[1]))
    _, saml = await provider.leave()
    assert await provider.post(saml.answer()) == (401, "connector.authorization_failed")


async def test_attributes_are_read_where_the_operator_says_and_several_values_are_refused(provider: Provider) -> None:
    await provider.configure(profileMap={"id": "uid", "name": "cn"}, signInEndpoint="https://idp.acme.example/other")
    _, saml = await provider.leave()
    assert provider.uri.startswith("https://idp.acme.example/other?")
    assert not provider.uri.startswith(ENDPOINT)
    saml.attributes = {"uid": ["1", "2"]}
    assert await provider.post(saml.answer()) == (400, "connector.invalid_response")
    verification, saml = await provider.leave()
    saml.attributes, saml.assertion_id = {"uid": ["u-1"], "cn": ["Ada"]}, "_2"
    assert (await provider.post(saml.answer()))[0] == 303
    assert await provider.verify(verification) == (200, "")
    await provider.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    await provider.program.good("POST", "/identification", {"verificationId": verification})
    [user] = (await provider.world.call("GET", "/users")).json()
    assert (user["identities"]["acme"]["userId"], user["name"]) == ("u-1", "Ada")
