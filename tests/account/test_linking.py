"""Accounts elsewhere: connected with a fresh proof and a state of one's own; the last way in stays."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import select
from starlette.responses import JSONResponse

from tests.account.conftest import ALL, URL, World, refused
from vestibule.account import store, tables
from vestibule.db import Statement

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse"
MINE, THEIRS = "m" * 43, "t" * 43
ANY_LINK = Statement(select(tables.links), store.Link)
START, FINISH = "/identities/github/start", "/identities/github/finish"


@pytest.fixture
def providers(world: World) -> World:
    """Set up GitHub and Google, one for apps only, and a mail service."""
    world.stub.add_connector("github")
    world.stub.add_connector("google")
    world.stub.add_connector("wechat", platform="Native")
    world.stub.add_connector("smtp", kind="Email")
    world.stub.experience = experience()
    world.stub.add("bob", PASSWORD, username="bob", primaryEmail="bob@example.com")
    return world


def experience(**changes: Any) -> dict[str, Any]:
    """Return what signs people in: passwords, and both providers."""
    return {
        "signIn": {"methods": [method("username"), method("email")]},
        "socialSignInConnectorTargets": ["github", "google"],
        **changes,
    }


def method(identifier: str, *, code: bool = False) -> dict[str, Any]:
    """Return a way to sign in, by password or by code."""
    return {"identifier": identifier, "password": not code, "verificationCode": code, "isPasswordPrimary": not code}


async def start(world: World, user: str = "ada", **body: Any) -> httpx2.Response:
    """Start to connect GitHub."""
    proofs = [await world.proof("password", "identity.link", PASSWORD, user=user)]
    return await world.call("POST", START, {"binding": MINE, **body}, proofs=proofs, user=user)


async def state_of(world: World, user: str = "ada", **body: Any) -> str:
    """Start to connect GitHub; returns the state that went along."""
    started = await start(world, user, **body)
    assert started.status_code == 201, started.text
    return str(parse_qs(urlsplit(started.json()["redirectTo"]).query)["state"][0])


async def finish(world: World, state: str, user: str = "ada", binding: str = MINE, **data: str) -> httpx2.Response:
    """Come back from GitHub."""
    body = {"binding": binding, "connectorData": {"state": state, "code": "octocat", **data}}
    return await world.call("POST", FINISH, body, user=user)


def linked(world: World, user: str = "ada") -> dict[str, Any]:
    """Return a user's identities."""
    held: dict[str, Any] = world.stub.users[user]["identities"]
    return held


async def unlink(world: World, target: str = "github") -> httpx2.Response:
    """Disconnect, with a fresh proof by whatever the account has."""
    proofs = [await world.proof("password", "identity.unlink", PASSWORD)] if "ada" in world.stub.passwords else None
    return await world.call("DELETE", f"/identities/{target}", proofs=proofs)


async def test_an_account_elsewhere_is_connected_shown_and_disconnected(providers: World) -> None:
    listed = (await providers.call("GET", "/identities")).json()
    assert [one["target"] for one in listed["available"]] == ["github", "google"]
    state = await state_of(providers)
    assert providers.stub.begun[0]["redirectUri"] == f"{URL}/callback/github"
    assert (providers.stub.begun[0]["stateless"], providers.stub.begun[0]["userId"]) == (True, "ada")
    done = await finish(providers, state, redirectUri="https://evil.example/")
    assert done.status_code == 204
    assert providers.stub.linking[0]["connectorData"]["redirectUri"] == f"{URL}/callback/github"
    listed = (await providers.call("GET", "/identities")).json()
    assert listed["identities"] == [
        {"target": "github", "provider": "Github", "name": "octocat there", "email": "octocat@there.example",
         "avatar": None, "canDisconnect": True},
    ]  # fmt: skip
    assert [one["target"] for one in listed["available"]] == ["google"]
    assert (await unlink(providers)).status_code == 204
    assert linked(providers) == {}


async def test_nothing_that_connectors_are_configured_with_is_shown(providers: World) -> None:
    assert "shh" not in (await providers.call("GET", "/identities")).text


@pytest.mark.parametrize("path", ["start", "unlink"])
async def test_each_change_asks_for_a_fresh_proof_of_its_own(providers: World, path: str) -> None:
    """B63, B85."""
    if path == "unlink":
        linked(providers)["github"] = {"userId": "octocat", "details": {}}
    way, where, body = ("POST", START, {"binding": MINE}) if path == "start" else ("DELETE", "/identities/github", None)
    before = dict(linked(providers))
    other = await providers.proof("password", "token.create", PASSWORD)
    foreign = await providers.proof("password", f"identity.{'link' if path == 'start' else path}", PASSWORD, user="bob")
    for proofs in (None, ["made up"], [other], [foreign]):
        assert refused(await providers.call(way, where, body, proofs=proofs), 403, "proof-required")
    assert (linked(providers), providers.stub.begun) == (before, [])
    scope = ALL.replace("account:security", "")
    assert refused(await providers.call(way, where, body, scope=scope), 403, "not-allowed")


async def test_a_callback_is_good_once(providers: World) -> None:
    state = await state_of(providers)
    answers = await asyncio.gather(*(finish(providers, state) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 9
    assert len(providers.stub.linking) == 1
    assert refused(await finish(providers, state), 422, "link-over")


async def test_a_stolen_state_is_of_no_use_to_another_user_or_another_session(providers: World) -> None:
    """B73, B83: neither the thief's account gets it, nor does the victim's browser finish what a thief began."""
    state = await state_of(providers)
    assert refused(await finish(providers, state, user="bob"), 422, "link-over")
    assert refused(await finish(providers, state, binding=THEIRS), 422, "link-over")
    assert refused(await finish(providers, "made up"), 422, "link-over")
    elsewhere = {"binding": MINE, "connectorData": {"state": state, "code": "octocat"}}
    assert refused(await providers.call("POST", "/identities/google/finish", elsewhere), 422, "link-over")
    assert refused(
        await providers.call("POST", FINISH, {"binding": MINE, "connectorData": {"code": "x"}}), 422, "link-over"
    )
    assert (providers.stub.linking, linked(providers), linked(providers, "bob")) == ([], {}, {})
    assert (await finish(providers, state)).status_code == 204


async def test_a_link_is_over_after_ten_minutes(providers: World) -> None:
    state = await state_of(providers)
    providers.clock.advance(seconds=600)
    assert refused(await finish(providers, state), 422, "link-over")
    assert providers.stub.linking == []


async def test_what_a_link_began_with_is_sealed_and_state_is_not_in_the_store(providers: World) -> None:
    """B98."""
    state = await state_of(providers)
    async with providers.server.ctx.db.read() as tx:
        row = str(await tx.one(ANY_LINK))
    assert "github" in row
    assert not [part for part in (state, MINE, "session 1", "callback") if part in row]


async def test_an_account_that_somebody_else_has_connected_is_a_sentence(providers: World) -> None:
    linked(providers, "bob")["github"] = {"userId": "octocat", "details": {}}
    answer = await finish(providers, await state_of(providers))
    assert refused(answer, 409, "identity-taken")
    assert "somebody else" in answer.json()["detail"]
    assert linked(providers) == {}


async def test_a_second_account_at_one_provider_does_not_take_the_place_of_the_first(providers: World) -> None:
    state = await state_of(providers)
    linked(providers)["github"] = held = {"userId": "first", "details": {}}
    assert refused(await finish(providers, state), 409, "already-connected")
    assert refused(await start(providers), 409, "already-connected")
    assert linked(providers) == {"github": held}


async def test_a_provider_that_refuses_or_is_away_links_nothing(providers: World) -> None:
    body = {"binding": MINE, "connectorData": {"state": await state_of(providers), "error": "access_denied"}}
    assert refused(await providers.call("POST", FINISH, body), 422, "provider-failed")
    providers.stub.broken = lambda path: (
        JSONResponse({"code": "connector.general", "message": ""}, 400) if path.endswith("uri") else None
    )
    assert refused(await start(providers), 422, "provider-failed")
    assert linked(providers) == {}


@pytest.mark.parametrize(
    "uri",
    ["https://evil.example/", f"{URL}@evil.example/", f"{URL}.evil.example/x", "javascript:alert(1)", f"{URL}/#x"],
)
async def test_the_browser_comes_back_only_to_pages_that_may_call_here(providers: World, uri: str) -> None:
    answer = await start(providers, redirectUri=uri)
    assert answer.status_code in {400, 422}
    assert providers.stub.begun == []
    front = "https://front.example/back?x=1"
    await state_of(providers, redirectUri=front)
    assert providers.stub.begun[0]["redirectUri"] == front


@pytest.mark.parametrize("target", ["wechat", "smtp", "nowhere", "..%2Fx"])
async def test_only_what_is_listed_can_be_connected(providers: World, target: str) -> None:
    proofs = [await providers.proof("password", "identity.link", PASSWORD)]
    answer = await providers.call("POST", f"/identities/{target}/start", {"binding": MINE}, proofs=proofs)
    assert answer.status_code == 404
    assert providers.stub.begun == []


BARE = {"username": None, "primaryEmail": None, "primaryPhone": None}
BY_CODE = {"signIn": {"methods": [method("email", code=True)]}}
PASSKEY = [{"id": "one", "createdAt": "2026-01-01T00:00:00.000Z", "type": "WebAuthn", "agent": ""}]


def keep(world: World, case: str) -> None:
    """Leave ada GitHub, and as another way in what the case names."""
    world.stub.users["ada"].update(BARE)
    linked(world)["github"] = {"userId": "octocat", "details": {"name": "Octo"}}
    if "password" not in case:
        del world.stub.passwords["ada"]
    if "name" in case:
        world.stub.users["ada"]["username"] = "ada"
    if "address" in case:
        world.stub.users["ada"]["primaryEmail"] = "ada@example.com"
    if "by code" in case:
        world.stub.experience = experience(**BY_CODE)
    if "passkey" in case:
        world.stub.factors["ada"] = PASSKEY
        world.stub.experience = experience(passkeySignIn={"enabled": "on" in case})
    if "google" in case:
        linked(world)["google"] = {"userId": "g", "details": {}}
    if "not offered" in case:
        world.stub.experience = experience(socialSignInConnectorTargets=["github"])
    if "company" in case:
        world.stub.companies["ada"] = [COMPANY]
        world.stub.experience = experience(singleSignOnEnabled=True)


COMPANY = {
    "ssoConnectorId": "acme",
    "ssoIdentity": {
        "id": "i", "userId": "ada", "issuer": "https://login.acme.example", "identityId": "7", "createdAt": 1,
        "updatedAt": 1, "detail": {"name": "Ada L", "email": "ada@acme.example"}, "ssoConnectorId": "acme",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "case",
    ["nothing", "a name", "an address", "a password", "a passkey", "google, not offered"],
)
async def test_the_last_way_in_stays_and_a_sentence_says_why(providers: World, case: str) -> None:
    keep(providers, case)
    answer = await providers.call("DELETE", "/identities/github")
    assert refused(answer, 409, "last-way-in")
    assert "only way to sign in" in answer.json()["detail"]
    assert "github" in linked(providers)


@pytest.mark.parametrize(
    "case",
    ["a name, a password", "an address, a password", "an address by code", "a passkey, on", "google", "a company"],
)
async def test_with_another_way_in_it_goes(providers: World, case: str) -> None:
    keep(providers, case)
    if "address" not in case and "password" not in case:  # what a proof needs is refused later, and says so
        assert refused(await providers.call("DELETE", "/identities/github"), 403, "proof-required")
        return
    way = ("password", PASSWORD) if "password" in case else ("email", "424242")
    proofs = [await providers.proof(way[0], "identity.unlink", way[1])]
    assert (await providers.call("DELETE", "/identities/github", proofs=proofs)).status_code == 204
    assert "github" not in linked(providers)


async def test_of_two_disconnected_at_once_one_stays(providers: World) -> None:
    """The address is there for the proofs, and signs nobody in."""
    keep(providers, "an address, google")
    proofs = []
    for _ in range(2):
        proofs.append(await providers.proof("email", "identity.unlink", "424242"))
    await asyncio.gather(
        *(
            providers.call("DELETE", f"/identities/{target}", proofs=[proof])
            for target, proof in zip(("github", "google"), proofs, strict=True)
        )
    )
    assert linked(providers)


async def test_who_somebody_is_at_a_company_is_shown_with_its_name(providers: World) -> None:
    providers.stub.companies["ada"] = [COMPANY]
    (one,) = (await providers.call("GET", "/identities")).json()["enterprise"]
    assert (one["provider"], one["email"]) == ("Acme Ltd", "ada@acme.example")
