"""Signing in and registering through social providers over the Experience API; nobody's account is taken over."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.experience.headless import Headless, headless
from tests.connectors.social.nearby import upstream, world
from tests.connectors.social.payloads import CASES, RECORDS, filled
from tests.connectors.social.trial import Trial
from tests.connectors.social.upstream import Json, Said, Upstream
from tests.pages.visitor import application, visitor
from tests.world import PASSWORD, World
from vestibule.domain.social import SESSION_MS

__all__ = ["upstream", "world"]
pytestmark = pytest.mark.anyio

BACK = "https://id.example/callback"
EMAIL = "ana@example.com"
GOOGLE = "google-universal"
VOUCHED = [name for name in CASES if CASES[name].person.get("email")]
UNVOUCHED = [name for name in CASES if CASES[name].unvouched or CASES[name].person.get("unverified_email")]


class Provider:
    """A provider set up as a connector, and a program at whose sign-in somebody comes back from it."""

    def __init__(self, program: Headless, trial: Trial, connector: Json) -> None:
        self.program, self.trial, self.id = program, trial, connector["id"]
        self.path = f"/verification/social/{connector['id']}"

    async def begin(self, changes: Json | None = None) -> str:
        """Begin; the upstream then answers as to this very request. Returns the id of the verification."""
        begun = await self.program.good("POST", f"{self.path}/authorization-uri", {"state": "s", "redirectUri": BACK})
        [nonce] = parse_qs(urlsplit(begun["authorizationUri"]).query).get("nonce", [None])
        more = dict(changes or {})
        self.trial.answer({**more, "claims": {**more.get("claims", {}), "nonce": nonce}})
        return str(begun["verificationId"])

    def callback(self, verification: str | None, **data: Any) -> Json:
        """What the browser brought back."""
        told = {"state": "s", **self.trial.data, "redirectUri": BACK, **data}
        brought = {name: value for name, value in told.items() if value is not None}
        return {"connectorData": brought, **({"verificationId": verification} if verification else {})}

    async def verified(self, event: str = "SignIn", changes: Json | None = None) -> str:
        """Begin an event, go to the provider and come back; returns the id of the verification."""
        await self.program.start(event)
        verification = await self.begin(changes)
        answer = await self.program.good("POST", f"{self.path}/verify", self.callback(verification))
        assert answer == {"verificationId": verification}
        return verification

    async def refused(self, verification: str | None, **data: Any) -> tuple[int, str]:
        """Bring something back in vain."""
        return await self.program.refused("POST", f"{self.path}/verify", self.callback(verification, **data))


async def set_up(world: World, upstream: Upstream, name: str = GOOGLE, **more: Any) -> Provider:
    program, trial = await headless(world), Trial(name, upstream)
    await program.begin()
    extra = {"metadata": {"target": "acme"}} if RECORDS[name].is_standard else {}
    connector = await world.made("/connectors", connectorId=name, config=trial.config, **extra, **more)
    await decide(world, socialSignInConnectorTargets=[connector["target"]])
    return Provider(program, trial, connector)


async def users(world: World) -> list[Json]:
    """Everybody who has an account."""
    return list((await world.call("GET", "/users")).json())


async def decide(world: World, **body: Any) -> None:
    answer = await world.call("PATCH", "/sign-in-exp", body)
    assert answer.status_code == 200, answer.text


async def asked(provider: Provider, verification: str, **more: Any) -> tuple[int, Json]:
    """Ask who it is; returns status and body."""
    answer = await provider.program.call("POST", "/identification", {"verificationId": verification, **more})
    return answer.status_code, answer.json() if answer.headers.get("content-type", "").startswith("app") else {}


async def signed_in(provider: Provider) -> None:
    assert await provider.program.code_for_tokens()


@pytest.mark.parametrize("name", CASES)
async def test_somebody_registers_through_every_provider_and_signs_in_again(
    world: World, upstream: Upstream, name: str
) -> None:
    await decide(world, socialSignIn={"skipRequiredIdentifiers": True})
    provider, person = await set_up(world, upstream, name), CASES[name].person
    status, error = await asked(provider, verification := await provider.verified())
    assert (status, error["code"], error["data"]) == (404, "user.identity_not_exist", {})
    await provider.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert await asked(provider, verification) == (201, {})
    await signed_in(provider)
    (user,) = await users(world)
    target = "acme" if RECORDS[name].is_standard else RECORDS[name].target
    assert user["identities"][target]["userId"] == person["id"]
    assert (user["primaryEmail"], user["name"]) == (person.get("email"), person.get("name"))
    await provider.program.begin(prompt="login")
    assert await asked(provider, await provider.verified()) == (204, {})
    await signed_in(provider)
    assert len(await users(world)) == 1


@pytest.mark.parametrize("name", UNVOUCHED)
async def test_no_account_is_taken_over_by_an_address_that_a_provider_does_not_vouch_for(
    world: World, upstream: Upstream, name: str
) -> None:
    """Whoever claims an address there is neither led to its account here, nor told of it, nor given the address."""
    ana = await world.user(primaryEmail=EMAIL, password=PASSWORD)
    await decide(world, socialSignIn={"skipRequiredIdentifiers": True, "automaticAccountLinking": True})
    provider = await set_up(world, upstream, name)
    verification = await provider.verified(changes=CASES[name].unvouched)
    status, error = await asked(provider, verification, linkSocialIdentity=True)
    assert (status, error["code"], error["data"]) == (404, "user.identity_not_exist", {})
    await provider.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert await asked(provider, verification) == (201, {})
    await signed_in(provider)
    held = {user["id"]: user for user in await users(world)}
    assert held.pop(ana["id"])["identities"] == {}
    (newcomer,) = held.values()
    assert newcomer["primaryEmail"] is None


@pytest.mark.parametrize("name", VOUCHED)
async def test_an_account_with_the_same_verified_address_is_linked_when_that_is_said(
    world: World, upstream: Upstream, name: str
) -> None:
    ana = await world.user(primaryEmail=EMAIL.title(), password=PASSWORD)
    provider = await set_up(world, upstream, name)
    verification = await provider.verified()
    status, error = await asked(provider, verification)
    assert (status, error["data"]) == (404, {"relatedUser": {"type": "email", "value": EMAIL}})
    assert await asked(provider, verification, linkSocialIdentity=True) == (204, {})
    assert (await users(world))[0]["identities"] == {}, "nothing is written before the end"
    await signed_in(provider)
    (user,) = await users(world)
    assert user["id"] == ana["id"]
    assert len(user["identities"]) == 1


async def test_an_account_whose_own_address_was_never_verified_is_not_linked(world: World, upstream: Upstream) -> None:
    """Somebody who registers with another's address must not wait there for its owner to sign in."""
    provider = await set_up(world, upstream)
    await (await visitor(world).begin(await application(world))).register(EMAIL)
    (eve,) = await users(world)
    assert eve["primaryEmail"] == EMAIL
    verification = await provider.verified()
    status, error = await asked(provider, verification, linkSocialIdentity=True)
    assert (status, error["code"], error["data"]) == (404, "user.identity_not_exist", {})


async def test_an_account_that_has_another_identity_there_is_not_linked(world: World, upstream: Upstream) -> None:
    ana = await world.user(primaryEmail=EMAIL)
    await world.call("PUT", f"/users/{ana['id']}/identities/google", {"userId": "somebody-else"})
    provider = await set_up(world, upstream)
    status, error = await asked(provider, await provider.verified(), linkSocialIdentity=True)
    assert (status, error["data"]) == (404, {})


async def test_an_account_that_lost_the_address_meanwhile_is_not_linked(world: World, upstream: Upstream) -> None:
    ana = await world.user(primaryEmail=EMAIL)
    provider = await set_up(world, upstream)
    assert await asked(provider, await provider.verified(), linkSocialIdentity=True) == (204, {})
    await world.call("PATCH", f"/users/{ana['id']}", {"primaryEmail": "new@example.com"})
    assert (await provider.program.refused("POST", "/submit"))[0] == 404
    assert (await users(world))[0]["identities"] == {}


async def test_a_suspended_account_stays_closed(world: World, upstream: Upstream) -> None:
    ana = await world.user(primaryEmail=EMAIL)
    provider = await set_up(world, upstream)
    await world.call("PUT", f"/users/{ana['id']}/identities/google", {"userId": "person-1"})
    await world.call("PATCH", f"/users/{ana['id']}/is-suspended", {"isSuspended": True})
    status, error = await asked(provider, await provider.verified())
    assert (status, error["code"]) == (401, "user.suspended")


async def test_a_second_account_for_the_same_identity_is_refused(world: World, upstream: Upstream) -> None:
    ana = await world.user(username="ana")
    await world.call("PUT", f"/users/{ana['id']}/identities/google", {"userId": "person-1"})
    provider = await set_up(world, upstream)
    status, error = await asked(provider, await provider.verified("Register"))
    assert (status, error["code"]) == (422, "user.identity_already_in_use")


async def test_what_an_account_still_needs_is_asked_for_and_the_identity_is_kept(
    world: World, upstream: Upstream
) -> None:
    await decide(world, signUp={"identifiers": ["username"], "password": True, "verify": False})
    provider = await set_up(world, upstream)
    status, error = await asked(provider, await provider.verified("Register"))
    assert (status, error["code"], error["data"]["missingProfile"]) == (422, "user.missing_profile", ["username"])
    await provider.program.good("POST", "/profile", {"type": "username", "value": "ana"})
    answer = await provider.program.call("POST", "/identification", {})
    assert answer.status_code == 201, answer.text
    await signed_in(provider)
    (user,) = await users(world)
    assert (user["username"], user["primaryEmail"], user["hasPassword"]) == ("ana", EMAIL, False)
    assert user["identities"]["google"]["userId"] == "person-1"


@pytest.mark.parametrize("syncs", [True, False])
async def test_name_and_picture_follow_the_provider_where_that_is_set(
    world: World, upstream: Upstream, syncs: bool
) -> None:
    ana = await world.user(username="ana", name="Old")
    await world.call("PUT", f"/users/{ana['id']}/identities/google", {"userId": "person-1"})
    provider = await set_up(world, upstream, syncProfile=syncs)
    assert await asked(provider, await provider.verified()) == (204, {})
    await signed_in(provider)
    (user,) = await users(world)
    assert (user["name"], user["primaryEmail"]) == ("Ana" if syncs else "Old", None)
    assert bool(user["avatar"]) is syncs


async def test_a_callback_is_used_once(world: World, upstream: Upstream) -> None:
    provider = await set_up(world, upstream)
    verification = await provider.verified()
    asked_for = len(upstream.requests("tokenEndpoint"))
    assert await provider.refused(verification) == (400, "session.connector_validation_session_not_found")
    assert len(upstream.requests("tokenEndpoint")) == asked_for


async def test_a_callback_of_a_provider_that_fails_is_used_up_and_proves_nothing(
    world: World, upstream: Upstream
) -> None:
    provider = await set_up(world, upstream)
    await provider.program.start()
    verification = await provider.begin({"tokenEndpoint": Said({"error": "invalid_grant"}, 400)})
    assert await provider.refused(verification) == (401, "connector.social_auth_code_invalid")
    assert await provider.refused(verification) == (400, "session.connector_validation_session_not_found")
    status, error = await asked(provider, verification)
    assert (status, error["code"]) == (400, "session.verification_failed")


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        ({"state": "other"}, (401, "connector.authorization_failed")),
        ({"state": None}, (401, "connector.authorization_failed")),
        ({"state": ""}, (401, "connector.authorization_failed")),
        ({"redirectUri": "https://evil.example"}, (401, "connector.authorization_failed")),
        ({"error": "access_denied"}, (401, "connector.authorization_failed")),
        ({"iss": "https://evil.example"}, (401, "connector.authorization_failed")),
    ],
)
async def test_a_callback_of_another_request_is_refused(
    world: World, upstream: Upstream, data: Json, refusal: tuple[int, str]
) -> None:
    provider = await set_up(world, upstream)
    await provider.program.start()
    if "iss" in data and not RECORDS[GOOGLE].endpoints.get("issuer"):
        return
    assert await provider.refused(await provider.begin(), **data) == refusal
    assert upstream.requests("tokenEndpoint") == []


@pytest.mark.parametrize("data", [{"state": "other"}, {"state": None}, {"state": ["s"]}, {"error": "x", "state": "o"}])
async def test_a_callback_of_another_request_uses_nothing_up(world: World, upstream: Upstream, data: Json) -> None:
    """Any page can have a browser come with one."""
    provider = await set_up(world, upstream)
    await provider.program.start()
    verification = await provider.begin()
    assert await provider.refused(verification, **data) == (401, "connector.authorization_failed")
    answer = await provider.program.call("POST", f"{provider.path}/verify", provider.callback(verification))
    assert answer.status_code == 200
    assert (await provider.refused(verification))[0] == 400, "B73: its own one counts once"


@pytest.mark.parametrize("data", [{"error": "access_denied"}, {"redirectUri": "https://evil.example"}])
async def test_a_callback_of_this_request_counts_once_whatever_it_says(
    world: World, upstream: Upstream, data: Json
) -> None:
    """B73."""
    provider = await set_up(world, upstream)
    await provider.program.start()
    verification = await provider.begin()
    assert await provider.refused(verification, **data) == (401, "connector.authorization_failed")
    used = (400, "session.connector_validation_session_not_found")
    assert await provider.refused(verification) == used
    assert upstream.requests("tokenEndpoint") == []


async def test_what_a_providers_own_script_hands_to_a_page_needs_the_state_too_and_counts_once(
    world: World, upstream: Upstream
) -> None:
    """B73: otherwise a link with somebody else's token would sign one in as them, and whoever has seen one has it."""
    provider = await set_up(world, upstream)
    case, record = CASES[GOOGLE], RECORDS[GOOGLE]
    upstream.answers["jwksUri"] = Said(filled("jwks", record, case, {}, None))
    token = filled("claims", record, case, {"iss": "https://accounts.google.com"}, None)
    failed, used = (401, "connector.authorization_failed"), (401, "connector.social_invalid_id_token")
    for data, refusal in (({}, failed), ({"state": "other"}, failed), ({"state": "s"}, None), ({"state": "s"}, used)):
        await provider.program.start()
        body = {"connectorData": {"credential": token, **data}, "verificationId": await provider.begin()}
        answer = await provider.program.call("POST", f"{provider.path}/verify", body)
        assert (None if answer.status_code == 200 else (answer.status_code, answer.json()["code"])) == refusal, data
    assert upstream.requests("tokenEndpoint") == []


async def test_a_browser_that_was_away_too_long_begins_again(world: World, upstream: Upstream) -> None:
    provider = await set_up(world, upstream)
    await provider.program.start()
    verification = await provider.begin()
    world.clock.advance(seconds=SESSION_MS // 1000)
    assert await provider.refused(verification) == (400, "session.connector_validation_session_not_found")


async def test_a_verification_belongs_to_its_sign_in_its_connector_and_is_the_newest(
    world: World, upstream: Upstream
) -> None:
    provider = await set_up(world, upstream)
    gone = (404, "session.verification_session_not_found")
    await provider.program.start()
    verification = await provider.begin()
    other = await headless(world)
    await other.begin()
    await other.start()
    assert await other.refused("POST", f"{provider.path}/verify", provider.callback(verification)) == gone
    path = "/verification/social/another/verify"
    assert await provider.program.refused("POST", path, provider.callback(verification)) == gone
    assert await provider.refused(None) == gone
    assert await provider.begin() != verification
    assert await provider.refused(verification) == gone


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"state": "", "redirectUri": BACK}, (400, "session.insufficient_info")),
        ({"state": "s", "redirectUri": ""}, (400, "session.insufficient_info")),
        ({"state": "s"}, (400, "guard.invalid_input")),
    ],
)
async def test_what_is_needed_to_begin(world: World, upstream: Upstream, body: Json, refusal: tuple[int, str]) -> None:
    provider = await set_up(world, upstream)
    await provider.program.start()
    assert await provider.program.refused("POST", f"{provider.path}/authorization-uri", body) == refusal


async def test_only_social_connectors_begin(world: World, upstream: Upstream) -> None:
    provider = await set_up(world, upstream)
    await provider.program.start()
    mail = next(one for one in (await world.call("GET", "/connectors")).json() if one["type"] == "Email")
    body = {"state": "s", "redirectUri": BACK}
    for connector, refusal in (
        (mail["id"], (400, "connector.unexpected_type")),
        ("nobody", (404, "entity.not_found")),
    ):
        path = f"/verification/social/{connector}/authorization-uri"
        assert await provider.program.refused("POST", path, body) == refusal
    await provider.program.start("ForgotPassword")
    assert (await provider.program.refused("POST", f"{provider.path}/authorization-uri", body))[0] == 400


async def test_the_steps_are_written_down_and_no_token_is_shown(world: World, upstream: Upstream) -> None:
    provider = await set_up(world, upstream)
    await provider.verified()
    shown = (await provider.program.call("GET", "/interaction")).text
    assert '"connectorId"' in shown
    for secret in ("at-1", "verifier", "nonce", EMAIL):
        assert secret not in shown
    keys = [entry["key"] for entry in (await world.call("GET", "/logs")).json()]
    assert {"Interaction.SignIn.Verification.Social.Create", "Interaction.SignIn.Verification.Social.Submit"} <= set(
        keys
    )


async def test_the_providers_to_sign_in_with_are_told_in_their_order(world: World, upstream: Upstream) -> None:
    github = await set_up(world, upstream, "github-universal")
    google = await set_up(world, upstream, GOOGLE)
    await decide(world, socialSignInConnectorTargets=[])

    async def told() -> list[Json]:
        return list((await world.client.get("/api/.well-known/sign-in-exp")).json()["socialConnectors"])

    assert await told() == []
    await decide(world, socialSignInConnectorTargets=["google", "nobody", "github"])
    first, second = await told()
    assert (first["id"], second["id"]) == (google.id, github.id)
    assert set(first) == {"id", "target", "name", "logo", "logoDark", "platform", "isTokenStorageSupported"}
    assert (await world.call("DELETE", f"/connectors/{google.id}")).status_code == 204
    assert [one["id"] for one in await told()] == [github.id]
    held = (await world.call("GET", "/sign-in-exp")).json()["socialSignInConnectorTargets"]
    assert held == ["nobody", "github"]
