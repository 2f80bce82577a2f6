"""Signing in through a company's own OpenID provider over the Experience API, on both stores."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.experience.headless import Headless, headless
from tests.authenticator import give_totp
from tests.oidc.world import query_of
from tests.sso_provider import CONFIG, ISSUER, CompanyProvider
from tests.world import PASSWORD, World
from vestibule.store import users

pytestmark = pytest.mark.anyio
ADDRESS = "Ada@Acme.example"
BACK = "http://id.localhost:3001/callback/acme"
CLAIMS = {"sub": "ada-at-acme", "name": "Ada Lovelace", "email": ADDRESS, "email_verified": True, "given_name": "Ada"}
Json = dict[str, Any]


class Company:
    """The provider, the connector that leads there, and a program in which people sign in."""

    def __init__(self, world: World, provider: CompanyProvider, connector: Json, program: Headless) -> None:
        self.world, self.provider, self.id, self.program = world, provider, connector["id"], program

    @property
    def path(self) -> str:
        """The verifications through the connector."""
        return f"/verification/sso/{self.id}"

    async def leave(self, event: str = "SignIn") -> tuple[str, Json]:
        """Begin, and go to the company; returns the id of the verification and what the browser brings there."""
        await self.program.begin(prompt="login")
        await self.program.start(event)
        body = {"state": "state-1", "redirectUri": BACK}
        begun = await self.program.good("POST", f"{self.path}/authorization-uri", body)
        return begun["verificationId"], self.provider.arrive(begun["authorizationUri"])

    def callback(self, verification: str, **data: object) -> Json:
        """What verifies a callback."""
        return {"verificationId": verification, "connectorData": {"code": "c-1", "state": "state-1", **data}}

    async def prove(self, event: str = "SignIn") -> str:
        """Go to the company and come back; returns the id of the verification."""
        verification, _ = await self.leave(event)
        await self.program.good("POST", f"{self.path}/verify", self.callback(verification))
        return verification

    async def identify(self, verification: str) -> tuple[int, str]:
        """Identify; returns the status and the code of a refusal."""
        answer = await self.program.call("POST", "/identification", {"verificationId": verification})
        return answer.status_code, answer.json()["code"] if answer.status_code >= 400 else ""

    async def arrive_new(self) -> Json:
        """Sign in as somebody new; returns the user."""
        verification = await self.prove()
        assert await self.identify(verification) == (404, "user.sso_identity_not_exist")
        await self.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
        assert await self.identify(verification) == (201, "")
        await self.program.finish()
        return await self.only_user()

    async def only_user(self) -> Json:
        """Return the one user there is, with identities."""
        found = (await self.world.call("GET", "/users")).json()
        assert len(found) == 1
        return dict((await self.world.call("GET", f"/users/{found[0]['id']}?includeSsoIdentities=1")).json())


@pytest.fixture
async def company(world: World) -> Company:
    """A company whose people sign in through it."""
    provider = CompanyProvider(world, claims=dict(CLAIMS))
    provider.serve()
    body = {"providerName": "OIDC", "connectorName": "Acme", "config": CONFIG, "domains": ["acme.example"]}
    connector = await world.made("/sso-connectors", **body)
    assert (await world.call("PATCH", "/sign-in-exp", {"singleSignOnEnabled": True})).status_code == 200
    return Company(world, provider, connector, await headless(world))


async def test_the_company_is_found_by_the_domain_of_an_address(company: Company) -> None:
    await company.program.begin()
    for email, found in (
        ("ada@ACME.example", [company.id]),
        ("ada@acme.example.", [company.id]),
        ("ada@sub.acme.example", []),
        ("ada@acme.example@evil.example", []),
    ):
        answer = await company.program.good("GET", f"/sso-connectors?email={email}")
        assert answer == {"connectorIds": found}, email
    await company.world.call("PATCH", "/sign-in-exp", {"singleSignOnEnabled": False})
    assert await company.program.good("GET", "/sso-connectors?email=ada@acme.example") == {"connectorIds": []}


async def test_the_request_carries_a_nonce_and_a_challenge(company: Company) -> None:
    _, asked = await company.leave()
    assert {name: asked[name] for name in ("client_id", "redirect_uri", "response_type", "scope", "state")} == {
        "client_id": "vestibule", "redirect_uri": BACK, "response_type": "code", "scope": "openid profile email",
        "state": "state-1",
    }  # fmt: skip
    assert len(asked["nonce"]) >= 22
    assert asked["code_challenge_method"] == "S256"


async def test_somebody_new_gets_an_account_and_is_recognised_from_then_on(company: Company) -> None:
    user = await company.arrive_new()
    assert (user["primaryEmail"], user["name"], user["hasPassword"]) == (ADDRESS, "Ada Lovelace", False)
    [identity] = user["ssoIdentities"]
    assert (identity["issuer"], identity["identityId"], identity["ssoConnectorId"]) == (
        ISSUER, "ada-at-acme", company.id,
    )  # fmt: skip
    assert identity["detail"] == {
        "id": "ada-at-acme", "name": "Ada Lovelace", "email": ADDRESS, "givenName": "Ada",
    }  # fmt: skip
    company.provider.claims |= {"given_name": "Augusta", "email": "augusta@acme.example", "name": "Augusta"}
    company.world.clock.advance(seconds=5)
    verification = await company.prove()
    assert await company.identify(verification) == (204, "")
    assert "code" in query_of(await company.program.finish())
    again = await company.only_user()
    assert again["ssoIdentities"][0]["detail"]["givenName"] == "Augusta"
    assert (again["primaryEmail"], again["name"]) == (ADDRESS, "Ada Lovelace")


async def test_name_and_picture_are_kept_in_step_where_the_connector_says_so(company: Company) -> None:
    await company.arrive_new()
    await company.world.call("PATCH", f"/sso-connectors/{company.id}", {"syncProfile": True})
    picture = "https://acme.example/ada.png"
    company.provider.claims |= {"name": "Countess", "picture": picture, "email": "other@acme.example"}
    await company.identify(await company.prove())
    await company.program.finish()
    user = await company.only_user()
    assert (user["name"], user["avatar"], user["primaryEmail"]) == ("Countess", picture, ADDRESS)


async def test_an_account_with_the_address_that_the_company_vouches_for_is_linked(company: Company) -> None:
    made = await company.world.user(username="ada", primaryEmail="ada@acme.example")
    assert await company.identify(await company.prove()) == (204, "")
    await company.program.finish()
    user = await company.only_user()
    assert user["id"] == made["id"]
    assert [one["identityId"] for one in user["ssoIdentities"]] == ["ada-at-acme"]


@pytest.mark.parametrize(
    ("claims", "address"),
    [
        ({"email_verified": False}, "ada@acme.example"),
        ({"email_verified": None}, "ada@acme.example"),
        ({"email": "ada@elsewhere.example"}, "ada@elsewhere.example"),
        ({"email": "ada@acme.example@elsewhere.example"}, "ada@acme.example"),
    ],
)
async def test_an_address_that_the_company_cannot_vouch_for_finds_and_gets_nobody(
    company: Company, claims: Json, address: str
) -> None:
    """B69: unverified, not said to be verified, or of another domain than the company's."""
    await company.world.user(primaryEmail=address)
    company.provider.claims |= claims
    verification = await company.prove()
    assert await company.identify(verification) == (404, "user.sso_identity_not_exist")
    await company.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert await company.identify(verification) == (201, "")
    await company.program.finish()
    found = (await company.world.call("GET", "/users")).json()
    assert {user["primaryEmail"] for user in found} == {address, None}


async def test_an_operator_may_believe_addresses_of_which_nothing_is_said_but_never_over_a_no(
    company: Company,
) -> None:
    config = {**CONFIG, "trustUnverifiedEmail": True}
    await company.world.call("PATCH", f"/sso-connectors/{company.id}", {"config": config})
    await company.world.user(primaryEmail="ada@acme.example")
    company.provider.claims |= {"email_verified": False}
    assert (await company.identify(await company.prove()))[0] == 404
    del company.provider.claims["email_verified"]
    assert await company.identify(await company.prove()) == (204, "")


async def test_an_account_that_somebody_made_with_an_unproven_address_is_not_handed_over(company: Company) -> None:
    """B69: whoever made it knows its password."""
    user = await company.world.user(primaryEmail="ada@acme.example")
    async with company.world.server.ctx.db.write() as tx:
        assert await users.change(tx, user["id"], {"email_verified": False})
    assert (await company.identify(await company.prove()))[0] == 404


async def test_the_same_address_from_another_subject_takes_no_account_over(company: Company) -> None:
    """B70: the identity is the subject at the issuer; a colleague whose address was handed on is somebody else."""
    user = await company.arrive_new()
    await company.world.call("PATCH", f"/users/{user['id']}", {"primaryEmail": "moved@acme.example"})
    company.provider.claims["sub"] = "new-colleague"
    assert await company.identify(await company.prove()) == (404, "user.sso_identity_not_exist")


Alter = Callable[[Json], Json]
WRONG: dict[str, Alter] = {
    "nonce missing": lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    "nonce of another sign-in": lambda claims: {**claims, "nonce": "another"},
    "audience": lambda claims: {**claims, "aud": "somebody-else"},
    "issuer": lambda claims: {**claims, "iss": "https://login.evil.example"},
    "expired": lambda claims: {**claims, "exp": claims["iat"] - 600, "iat": claims["iat"] - 900},
    "no subject": lambda claims: {name: value for name, value in claims.items() if name != "sub"},
}


@pytest.mark.parametrize("fault", WRONG)
async def test_an_id_token_that_is_not_for_this_sign_in_proves_nobody(company: Company, fault: str) -> None:
    """B72."""
    company.provider.alter = WRONG[fault]
    verification, _ = await company.leave()
    answer = await company.program.call("POST", f"{company.path}/verify", company.callback(verification))
    assert answer.status_code in {400, 401}, answer.text
    assert answer.json()["code"].startswith("connector.")
    assert (await company.identify(verification))[0] in {400, 422}


async def test_user_info_about_somebody_else_is_refused(company: Company) -> None:
    company.provider.userinfo = {"sub": "somebody-else", "email": ADDRESS, "email_verified": True}
    verification, _ = await company.leave()
    refused = await company.program.refused("POST", f"{company.path}/verify", company.callback(verification))
    assert refused == (401, "connector.social_invalid_id_token")
    company.provider.userinfo = {"sub": "ada-at-acme", "department": "Engines"}
    await company.arrive_new()
    assert (await company.only_user())["ssoIdentities"][0]["detail"]["department"] == "Engines"


async def test_a_callback_counts_once_and_for_its_own_request(company: Company) -> None:
    """B73."""
    verification, _ = await company.leave()
    for other_state in ("x", None, 7, ""):
        callback = company.callback(verification, state=other_state)
        refused = await company.program.refused("POST", f"{company.path}/verify", callback)
        assert refused == (401, "connector.authorization_failed")
    assert company.provider.asked.count("token c-1") == 0
    spent = (400, "session.connector_validation_session_not_found")
    good = await company.program.call("POST", f"{company.path}/verify", company.callback(verification))
    assert good.status_code == 200, "what answers another request uses nothing up"
    assert await company.program.refused("POST", f"{company.path}/verify", company.callback(verification)) == spent
    verification, _ = await company.leave()
    declined = company.callback(verification, error="access_denied")
    refused = await company.program.refused("POST", f"{company.path}/verify", declined)
    assert refused == (401, "connector.authorization_failed")
    assert await company.program.refused("POST", f"{company.path}/verify", company.callback(verification)) == spent
    verification = await company.prove()
    assert await company.program.refused("POST", f"{company.path}/verify", company.callback(verification)) == spent
    other = await company.world.made("/sso-connectors", providerName="OIDC", connectorName="B", config=CONFIG,
                                     domains=["b.example"])  # fmt: skip
    verification, _ = await company.leave()
    wrong = f"/verification/sso/{other['id']}/verify"
    not_found = (404, "session.verification_session_not_found")
    assert await company.program.refused("POST", wrong, company.callback(verification)) == not_found
    stranger = await headless(company.world)
    await stranger.begin()
    await stranger.start()
    assert await stranger.refused("POST", f"{company.path}/verify", company.callback(verification)) == not_found


@pytest.mark.parametrize("gone", ["switched off", "closed", "deleted"])
async def test_a_connector_that_is_closed_under_way_signs_nobody_in(company: Company, gone: str) -> None:
    """B75."""
    await company.arrive_new()
    verification = await company.prove()
    assert await company.identify(verification) == (204, "")
    connector = f"/sso-connectors/{company.id}"
    if gone == "switched off":
        await company.world.call("PATCH", "/sign-in-exp", {"singleSignOnEnabled": False})
    elif gone == "closed":
        await company.world.call("PATCH", connector, {"domains": []})
    else:
        await company.world.call("DELETE", connector)
    refused = await company.program.refused("POST", "/submit")
    assert refused == (422, "user.sign_in_method_not_enabled")
    await company.program.start()
    body = {"state": "s", "redirectUri": BACK}
    status, _ = await company.program.refused("POST", f"{company.path}/authorization-uri", body)
    assert status == (404 if gone == "deleted" else 422)


async def test_a_suspended_user_is_refused(company: Company) -> None:
    """B75."""
    user = await company.arrive_new()
    await company.world.call("PATCH", f"/users/{user['id']}/is-suspended", {"isSuspended": True})
    assert await company.identify(await company.prove()) == (401, "user.suspended")


async def test_a_second_factor_is_asked_for_all_the_same(company: Company) -> None:
    """B68."""
    user = await company.arrive_new()
    await give_totp(company.world, user)
    assert await company.identify(await company.prove()) == (204, "")
    assert await company.program.refused("POST", "/submit") == (403, "session.mfa.require_mfa_verification")


async def test_nobody_registers_through_a_company_where_nobody_registers(company: Company) -> None:
    await company.world.call("PATCH", "/sign-in-exp", {"signInMode": "SignIn"})
    verification = await company.prove()
    assert (await company.identify(verification))[0] == 404
    switch = {"interactionEvent": "Register"}
    assert await company.program.refused("PUT", "/interaction-event", switch) == (403, "auth.forbidden")


async def test_an_address_of_the_company_opens_no_other_way_in(company: Company) -> None:
    """The refusal names the connector, and nothing of its configuration."""
    world, program = company.world, company.program
    await world.user(username="ada", primaryEmail="ada@acme.example", password=PASSWORD)
    methods = [
        {"identifier": kind, "password": True, "verificationCode": kind == "email", "isPasswordPrimary": True}
        for kind in ("username", "email")
    ]
    sign_up = {"identifiers": ["email"], "password": False, "verify": True}
    await world.call("PATCH", "/sign-in-exp", {"signIn": {"methods": methods}, "signUp": sign_up})
    await program.begin()
    await program.start()
    who = {"type": "email", "value": "ADA@acme.example"}
    answer = await program.call("POST", "/verification/password", {"identifier": who, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (422, "session.sso_enabled")
    [shown] = answer.json()["data"]["ssoConnectors"]
    assert (shown["id"], shown["connectorName"], set(shown)) == (company.id, "OIDC", {"id", "connectorName", "logo"})
    for event in ("SignIn", "Register"):
        code = {"identifier": who, "interactionEvent": event}
        refused = await program.refused("POST", "/verification/verification-code", code)
        assert refused == (422, "session.sso_enabled"), event
    token = (await world.call("POST", "/one-time-tokens", {"email": "ada@acme.example"})).json()["token"]
    proof = {"identifier": who, "token": token}
    made = await program.good("POST", "/verification/one-time-token/verify", proof)
    assert await company.identify(made["verificationId"]) == (422, "session.sso_enabled")
    await program.identify(await program.password("username", "ada"))


@pytest.mark.parametrize("down", ["token endpoint refuses", "discovery is gone"])
async def test_a_company_that_does_not_answer_is_told_and_links_nothing(company: Company, down: str) -> None:
    verification, _ = await company.leave()
    if down == "discovery is gone":
        company.provider.metadata = {"issuer": "https://elsewhere.example"}
    body = company.callback(verification, code="wrong")
    answer = await company.program.call("POST", f"{company.path}/verify", body)
    assert answer.status_code in {400, 401}
    assert str(CONFIG["clientSecret"]) not in answer.text
    assert (await company.world.call("GET", "/users")).json() == []


async def test_no_company_stands_for_every_issuer(company: Company) -> None:
    """B71: a placeholder for tenants names any issuer by what a token says of itself."""
    verification, _ = await company.leave()
    company.provider.metadata = {"issuer": "{tenantid}"}
    company.provider.claims |= {"iss": "https://login.rival.example", "tid": "https://login.rival.example"}
    refused = await company.program.refused("POST", f"{company.path}/verify", company.callback(verification))
    assert refused == (400, "connector.invalid_response")


async def test_a_signed_yes_does_not_count_for_another_address(company: Company) -> None:
    """B69."""
    await company.world.user(primaryEmail="ada@acme.example")
    company.provider.claims |= {"email": "mallory@acme.example"}
    company.provider.userinfo = {"sub": "ada-at-acme", "email": "ada@acme.example"}
    assert (await company.identify(await company.prove()))[0] == 404


async def test_whom_a_company_names_is_asked_for_nothing_more(world: World, company: Company) -> None:
    """Neither as a newcomer nor ever after, whatever people register with by now."""
    more = {
        "identifiers": ["phone"],
        "password": True,
        "verify": True,
        "secondaryIdentifiers": [{"identifier": "username"}],
    }
    assert (await world.call("PATCH", "/sign-in-exp", {"signUp": more})).status_code == 200
    user = await company.arrive_new()
    assert await company.identify(await company.prove()) == (204, "")
    assert await company.program.finish()
    assert (user["username"], user["primaryPhone"], user["hasPassword"]) == (None, None, False)
