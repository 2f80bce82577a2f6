"""Signing in through a company's SAML provider over the Experience API, on both stores (B74)."""

import copy
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from lxml import etree

from tests.api.experience.headless import Headless, headless, path_of
from tests.saml_provider import ASSERTION, ENDPOINT, ENTITY, Saml, metadata, packed, pair, pem
from tests.world import URL, World

pytestmark = pytest.mark.anyio
BACK = "http://id.localhost:3001/callback/acme"
Json = dict[str, Any]
BY_HAND = {"entityId": ENTITY, "signInEndpoint": ENDPOINT, "x509Certificate": pem(pair("idp")[1])}


class Company:
    """A company that speaks SAML, and a program in which its people sign in."""

    def __init__(self, world: World, connector: Json, program: Headless) -> None:
        self.world, self.id, self.program = world, connector["id"], program
        self.relay = ""

    async def leave(self) -> tuple[str, Saml]:
        """Begin, and go to the company; returns the id of the verification and the answer that is due."""
        await self.program.begin(prompt="login")
        await self.program.start()
        body = {"state": "state-1", "redirectUri": BACK}
        begun = await self.program.good("POST", f"/verification/sso/{self.id}/authorization-uri", body)
        assert begun["authorizationUri"].startswith(f"{ENDPOINT}?SAMLRequest=")
        self.relay = dict(parse_qsl(urlsplit(begun["authorizationUri"]).query))["RelayState"]
        return begun["verificationId"], Saml.asked(begun["authorizationUri"], self.world.clock.now())

    async def post(self, response: str, relay: str | None = None) -> tuple[int, str, str]:
        """Post a response as the provider's page does, without cookies, and go on in the browser of the sign-in.

        Returns the status, and where that leads or the code and the check that failed.
        """
        form = {"SAMLResponse": response, "RelayState": self.relay if relay is None else relay}
        answer = await self.world.client.post(f"/api/authn/single-sign-on/saml/{self.id}", data=form)
        if answer.status_code == 302:
            answer = await self.program.send("GET", path_of(answer.headers["location"]))
            assert answer.headers["location"] == f"{BACK}?state=state-1"
            return answer.status_code, str(answer.headers["location"]), ""
        told = answer.json()
        return answer.status_code, told["code"], (told.get("data") or {}).get("error", "")

    async def verify(self, verification: str, state: str = "state-1") -> tuple[int, str]:
        """Come back; returns the status and the code of a refusal."""
        body = {"verificationId": verification, "connectorData": {"state": state}}
        answer = await self.program.call("POST", f"/verification/sso/{self.id}/verify", body)
        return answer.status_code, answer.json().get("code", "")


@pytest.fixture
async def company(world: World) -> Company:
    """A company whose people sign in through it."""
    body = {"providerName": "SAML", "connectorName": "Acme", "config": BY_HAND, "domains": ["acme.example"]}
    connector = await world.made("/sso-connectors", **body)
    assert (await world.call("PATCH", "/sign-in-exp", {"singleSignOnEnabled": True})).status_code == 200
    return Company(world, connector, await headless(world))


@pytest.mark.parametrize("signed", ["assertion", "response", "both"])
async def test_somebody_new_gets_an_account_by_a_signed_assertion(company: Company, signed: str) -> None:
    verification, saml = await company.leave()
    saml.sign = signed
    assert await company.verify(verification) == (400, "session.connector_session_not_found")
    assert await company.post(saml.answer()) == (303, f"{BACK}?state=state-1", "")
    assert await company.verify(verification, "another") == (401, "connector.authorization_failed")
    assert await company.verify(verification) == (200, "")
    who = {"verificationId": verification}
    assert await company.program.refused("POST", "/identification", who) == (404, "user.sso_identity_not_exist")
    await company.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    await company.program.good("POST", "/identification", who)
    await company.program.finish()
    [user] = (await company.world.call("GET", "/users")).json()
    assert (user["primaryEmail"], user["name"]) == ("ada@acme.example", "Ada Lovelace")
    held = (await company.world.call("GET", f"/users/{user['id']}/sso-identities/{company.id}")).json()["ssoIdentity"]
    assert (held["issuer"], held["identityId"]) == (ENTITY, "ada-at-acme")
    assert held["detail"] == {"id": "ada-at-acme", "email": "ada@acme.example", "name": "Ada Lovelace"}


Change = Callable[[Saml], None]


def changing(**values: object) -> Change:
    """Return what sets something of an answer."""

    def change(saml: Saml) -> None:
        for name, value in values.items():
            setattr(saml, name, value)

    return change


WRONG: dict[str, tuple[Change, str]] = {
    "audience": (changing(audience="https://other.example"), "audience"),
    "recipient": (changing(confirmed_at="https://other.example/acs"), "recipient"),
    "destination": (changing(destination="https://other.example/acs"), "destination"),
    "no destination in a signed response": (changing(destination="", sign="response"), "destination"),
    "response to another request": (changing(in_response_to="_other"), "in_response_to"),
    "unsolicited": (changing(in_response_to=""), "in_response_to"),
    "assertion for another request": (changing(subject_in_response_to="_other"), "in_response_to"),
    "issuer": (changing(issuer="https://other.example/metadata"), "issuer"),
    "expired": (changing(begins=-600, ends=-91), "expired"),
    "not yet valid": (changing(begins=91), "early"),
    "not signed": (changing(sign="nothing"), "signature"),
    "signed by another key": (changing(key="mallory"), "signature"),
    "refused by the provider": (changing(status="urn:oasis:names:tc:SAML:2.0:status:Requester"), "status"),
    "no id": (changing(name_id=""), "subject"),
    "two addresses": (changing(attributes={"email": ["a@acme.example", "b@acme.example"]}), "attributes"),
}


@pytest.mark.parametrize("fault", WRONG)
async def test_an_answer_that_is_not_for_this_sign_in_proves_nobody(company: Company, fault: str) -> None:
    verification, saml = await company.leave()
    change, check = WRONG[fault]
    change(saml)
    assert await company.post(saml.answer()) == (401, "connector.authorization_failed", check)
    assert (await company.verify(verification))[0] == 400


@pytest.mark.parametrize(("begins", "ends"), [(80, 300), (-300, -80)])
async def test_clocks_may_differ_by_a_minute_and_a_half(company: Company, begins: int, ends: int) -> None:
    _, saml = await company.leave()
    saml.begins, saml.ends = begins, ends
    assert (await company.post(saml.answer()))[0] == 303


def around(saml: Saml) -> bytes:
    """Wrap: a forged assertion first, the signed one after it."""
    root = saml.tree()
    signed = root.find(f"{{{ASSERTION}}}Assertion")
    root.insert(2, forged(signed))
    return bytes(etree.tostring(root))


def inside(saml: Saml) -> bytes:
    """Wrap: a forged assertion in the place of the signed one, which hides inside it."""
    root = saml.tree()
    signed = root.find(f"{{{ASSERTION}}}Assertion")
    evil = forged(signed)
    root.replace(signed, evil)
    evil.append(signed)
    return bytes(etree.tostring(root))


def with_its_signature(saml: Saml) -> bytes:
    """Wrap: a forged assertion that carries the signature over the real one, which it holds."""
    root = saml.tree()
    signed = root.find(f"{{{ASSERTION}}}Assertion")
    evil = forged(signed)
    signature = signed[-1] if "Signature" in signed[-1].tag else signed.find("{*}Signature")
    root.replace(signed, evil)
    evil.append(copy.deepcopy(signature))
    evil.append(signed)
    return bytes(etree.tostring(root))


def same_id(saml: Saml) -> bytes:
    """Wrap: a forged assertion under the very id that is signed."""
    root = saml.tree()
    signed = root.find(f"{{{ASSERTION}}}Assertion")
    evil = forged(signed)
    evil.set("ID", signed.get("ID"))
    evil.append(copy.deepcopy(signed.find("{*}Signature")))
    root.replace(signed, evil)
    evil.append(signed)
    return bytes(etree.tostring(root))


def edited(saml: Saml) -> bytes:
    """Change the person after signing."""
    return bytes(etree.tostring(saml.tree())).replace(b">ada-at-acme<", b">root-at-acme<")


def forged(signed: Any) -> Any:
    """Return an assertion of somebody else, without a signature."""
    evil = copy.deepcopy(signed)
    evil.remove(evil.find("{*}Signature"))
    evil.set("ID", "_evil")
    evil.find(f".//{{{ASSERTION}}}NameID").text = "root-at-acme"
    return evil


@pytest.mark.parametrize("wrap", [around, inside, with_its_signature, same_id, edited])
async def test_what_the_signature_does_not_cover_is_never_read(company: Company, wrap: Callable[[Saml], bytes]) -> None:
    """Signature wrapping, in its known shapes."""
    verification, saml = await company.leave()
    status, code, check = await company.post(packed(wrap(saml)))
    assert (status, code) == (401, "connector.authorization_failed")
    assert check in {"signature", "assertion"}
    assert (await company.verify(verification))[0] == 400


async def test_a_comment_divides_no_name(company: Company) -> None:
    """A name that was signed with a comment in it is one name (CVE-2018-0489 and its kin)."""
    verification, saml = await company.leave()
    saml.name_id = "root<!-- x -->-at-acme"
    assert (await company.post(saml.answer()))[0] in {303, 401}
    await company.verify(verification)
    shown = await company.program.good("GET", "/interaction")
    assert '"root"' not in str(shown)


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "a file": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
    "an address": '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd"><r/>',
    "a bomb": f'<!DOCTYPE r [<!ENTITY a0 "ha">{BOMB}]><r>&a9;</r>',
    "no XML": "hello",
    "another document": "<r/>",
    "deep": "<r>" * 5_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_document_is_refused(company: Company, kind: str) -> None:
    """External entities, document types, entity expansion."""
    await company.leave()
    assert await company.post(packed(HOSTILE[kind].encode())) == (401, "connector.authorization_failed", "document")


async def test_a_person_reads_a_refusal_on_a_page(company: Company) -> None:
    """A browser is led to the page of its own sign-in, with nothing that the company said, whatever is wrong."""
    _, saml = await company.leave()
    saml.audience = "https://other.example"
    path, headers = f"/api/authn/single-sign-on/saml/{company.id}", {"accept": "text/html,*/*;q=0.8"}
    right = {"SAMLResponse": saml.answer(), "RelayState": company.relay}
    for form in (right, right, {**right, "RelayState": ""}, {**right, "RelayState": "nothing"}, {}):
        answer = await company.world.client.post(path, data=form, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (302, f"{URL}/callback/{company.id}")
    assert (await company.world.call("GET", "/users")).json() == []


async def test_an_assertion_is_used_once(company: Company) -> None:
    """Replay: of the answer to the same request, and of an assertion in an answer to another one."""
    _, saml = await company.leave()
    assert (await company.post(saml.answer()))[0] == 303
    spent = (400, "session.connector_validation_session_not_found", "")
    assert await company.post(saml.answer()) == spent
    _, again = await company.leave()
    assert again.assertion_id == saml.assertion_id
    assert await company.post(again.answer()) == (401, "connector.authorization_failed", "replay")
    _, other = await company.leave()
    other.assertion_id = "_assertion-2"
    assert (await company.post(other.answer()))[0] == 303


async def test_an_answer_belongs_to_a_sign_in_and_to_its_browser(company: Company) -> None:
    """B73, B74: unsolicited, for no live sign-in, or brought back by another browser."""
    verification, saml = await company.leave()
    missing = "session.connector_validation_session_not_found"
    assert await company.post(saml.answer(), relay="") == (404, missing, "")
    assert (await company.post(saml.answer(), relay="nothing"))[:2] == (400, "session.not_found")
    assert (await company.post(saml.answer()))[0] == 303
    stranger = await headless(company.world)
    await stranger.begin()
    await stranger.start()
    body = {"verificationId": verification, "connectorData": {"state": "state-1"}}
    refused = await stranger.refused("POST", f"/verification/sso/{company.id}/verify", body)
    assert refused == (404, "session.verification_session_not_found")


async def test_a_company_that_takes_anothers_name_is_nobody_there(company: Company) -> None:
    """A provider writes its own metadata: who it says that it is counts less than which connector knew the person."""
    world, program = company.world, company.program
    verification, saml = await company.leave()
    await company.post(saml.answer())
    await company.verify(verification)
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    await program.good("POST", "/identification", {"verificationId": verification})
    await program.finish()
    body = {"providerName": "SAML", "connectorName": "Evil", "config": {"metadata": metadata()}}
    evil = Company(world, await world.made("/sso-connectors", **body, domains=["evil.example"]), program)
    verification, saml = await evil.leave()
    saml.assertion_id = "_assertion-2"
    assert (await evil.post(saml.answer()))[0] == 303
    assert (await evil.verify(verification))[0] == 200
    refusal = (409, "session.identity_conflict")
    assert await program.refused("POST", "/identification", {"verificationId": verification}) == refusal


async def test_one_attribute_may_serve_twice_and_others_are_kept(company: Company) -> None:
    config = {**BY_HAND, "attributeMapping": {"id": "mail", "email": "mail"}}
    await company.world.call("PATCH", f"/sso-connectors/{company.id}", {"config": config})
    verification, saml = await company.leave()
    saml.attributes = {"mail": ["ada@acme.example"], "groups": ["a", "b"], "dept": ["Engines"]}
    await company.post(saml.answer())
    await company.verify(verification)
    await company.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    await company.program.good("POST", "/identification", {"verificationId": verification})
    [user] = (await company.world.call("GET", "/users?")).json()
    held = (await company.world.call("GET", f"/users/{user['id']}/sso-identities/{company.id}")).json()["ssoIdentity"]
    assert held["identityId"] == "ada@acme.example"
    assert held["detail"] == {
        "id": "ada@acme.example", "email": "ada@acme.example", "groups": ["a", "b"], "dept": "Engines",
    }  # fmt: skip


async def test_the_provider_is_read_from_its_metadata_and_both_sides_are_shown(company: Company) -> None:
    world, path = company.world, f"/sso-connectors/{company.id}"
    changed = (await world.call("PATCH", path, {"config": {"metadata": metadata(), "entityId": "dropped"}})).json()
    assert changed["config"] == {"metadata": metadata()}
    told = changed["providerConfig"]
    assert told["serviceProvider"] == {
        "entityId": f"{URL}/enterprise-sso/{company.id}",
        "assertionConsumerServiceUrl": f"{URL}/api/authn/single-sign-on/saml/{company.id}",
    }  # fmt: skip
    theirs = told["identityProvider"]
    assert (theirs["entityId"], theirs["signInEndpoint"], theirs["isCertificateValid"]) == (ENTITY, ENDPOINT, True)
    _, saml = await company.leave()
    assert (await company.post(saml.answer()))[0] == 303


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({}, "connector.invalid_config"),
        ({"entityId": ENTITY, "signInEndpoint": ENDPOINT}, "connector.invalid_config"),
        ({**BY_HAND, "x509Certificate": "AAAA"}, "connector.invalid_certificate"),
        ({**BY_HAND, "signInEndpoint": "javascript:alert(1)"}, "connector.invalid_metadata"),
        ({"metadata": "<x/>"}, "connector.invalid_metadata"),
        ({"metadata": metadata(endpoint="")}, "connector.invalid_metadata"),
        ({**BY_HAND, "signAuthnRequest": True}, "single_sign_on.active_signing_key_required"),
        ({**BY_HAND, "requestSignatureAlgorithm": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
         "connector.invalid_config"),
    ],
)  # fmt: skip
async def test_a_provider_that_cannot_be_used_is_refused(world: World, config: Json, code: str) -> None:
    body = {"providerName": "SAML", "connectorName": "B", "config": config}
    assert await world.refusal("POST", "/sso-connectors", body) == (400, code)


def test_the_server_itself_loads_no_xml_library() -> None:
    """B74: what reads XML is another process."""
    code = "import sys, vestibule.app; print([n for n in ('lxml', 'signxml') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
