"""A user's sessions and grants through the Management API: what is shown, what ends, and when."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest

from tests.oidc.world import CALLBACK, App, authorization, inputs_of, query_of
from tests.world import JSON, PASSWORD, URL, World
from vestibule.client import AsyncManagementClient, NotFound, grants, sessions
from vestibule.domain import mfa
from vestibule.domain.resources import ensure_resource
from vestibule.domain.sessions import IDLE_MS

pytestmark = pytest.mark.anyio

API = "https://api.example"
OFFLINE = {"scope": "openid profile offline_access", "prompt": "consent"}


@dataclass
class Signed:
    """A user with a browser, an application of the operator's own and one of a third party."""

    world: World
    user_id: str
    browser: httpx2.AsyncClient
    own: App
    foreign: App

    @property
    def path(self) -> str:
        return f"/users/{self.user_id}"

    async def tokens(self, app: App, **extra: Any) -> JSON:
        """Walk from the authorization request to tokens, as a person does."""
        answer = await self.browser.get("/oidc/auth", params=authorization(app, **extra))
        while not (where := str(answer.headers["location"])).startswith(CALLBACK):
            answer = await self.browser.get(where)
            if answer.status_code == 200:
                form = {**inputs_of(answer.text), "identifier": "ada", "password": PASSWORD, "decision": "allow"}
                answer = await self.browser.post(where, data=form)
        form = {"grant_type": "authorization_code", "code": query_of(where)["code"], "code_verifier": "v" * 50}
        made = await self.world.client.post("/oidc/token", data={**form, "redirect_uri": CALLBACK, **app.login})
        assert made.status_code == 200, made.text
        return dict(made.json())

    async def lives(self, app: App, tokens: JSON) -> tuple[bool, bool]:
        """Tell whether the access token and the refresh token are good."""
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        seen = (await self.world.client.get("/oidc/me", headers=bearer)).status_code == 200
        form = {"grant_type": "refresh_token", "refresh_token": tokens.get("refresh_token", "x"), **app.login}
        return seen, (await self.world.client.post("/oidc/token", data=form)).status_code == 200

    async def sessions(self) -> list[JSON]:
        return list((await self.world.call("GET", f"{self.path}/sessions")).json()["sessions"])

    async def grants(self, **query: str) -> list[JSON]:
        return list((await self.world.call("GET", f"{self.path}/grants", params=query)).json()["grants"])


@pytest.fixture
async def signed(world: World) -> AsyncIterator[Signed]:
    user = await world.user(username="ada", password=PASSWORD)
    made = [await world.app("Traditional", redirect_uris=[CALLBACK], third_party=third) for third in (False, True)]
    own, foreign = [App(client_id, secret, "Traditional") for client_id, secret in made]
    allowed = {"userScopes": ["profile"]}
    assert (await world.call("POST", f"/applications/{foreign.id}/user-consent-scopes", allowed)).status_code == 201
    transport = httpx2.ASGITransport(app=world.server.app)
    async with httpx2.AsyncClient(transport=transport, base_url=URL) as browser:
        yield Signed(world, user["id"], browser, own, foreign)


async def refusal(world: World, method: str, path: str, **query: str) -> tuple[int, str]:
    answer = await world.call(method, path, params=query)
    return answer.status_code, answer.json()["code"]


async def test_a_session_is_shown_with_what_was_granted_in_it(signed: Signed) -> None:
    world, now = signed.world, signed.world.clock.now()
    await signed.tokens(signed.own)
    await signed.tokens(signed.foreign, **OFFLINE)
    (session,) = await signed.sessions()
    uid, by_client = session["payload"]["uid"], session["payload"].pop("authorizations")
    assert session == {
        "payload": {
            "exp": (now + IDLE_MS) // 1000,
            "iat": now // 1000,
            "jti": session["payload"]["jti"],
            "uid": uid,
            "kind": "Session",
            "loginTs": now // 1000,
            "accountId": signed.user_id,
        },
        "lastSubmission": {
            "interactionEvent": "SignIn",
            "userId": signed.user_id,
            "verificationRecords": [],
            "signInContext": {"ip": "127.0.0.1", "userAgent": session["lastSubmission"]["signInContext"]["userAgent"]},
        },
        "lastActiveAt": now,
        "clientId": session["clientId"],
        "accountId": signed.user_id,
        "expiresAt": now + IDLE_MS,
    }
    held = {one["application"]["id"]: one["id"] for one in await signed.grants()}
    assert by_client == {
        signed.own.id: {"sid": uid, "grantId": held[signed.own.id]},
        signed.foreign.id: {"sid": uid, "grantId": held[signed.foreign.id], "persistsLogout": True},
    }
    assert session["clientId"] in held
    one = (await world.call("GET", f"{signed.path}/sessions/{uid}")).json()
    assert one["payload"]["authorizations"] == by_client


async def test_nothing_that_is_shown_can_be_presented(signed: Signed) -> None:
    """B98: neither the id of a session nor that of a grant is the value of a cookie, a code or a token."""
    tokens = await signed.tokens(signed.own, **OFFLINE)
    secrets = [kept.value or "" for kept in signed.browser.cookies.jar if "session" in kept.name]
    secrets += [tokens["access_token"], tokens["refresh_token"]]
    shown = str(await signed.sessions()) + str(await signed.grants())
    assert len(secrets) == 4
    assert not [secret for secret in secrets if secret in shown]


async def test_grants_are_shown_with_their_scopes(signed: Signed) -> None:
    world, now = signed.world, signed.world.clock.now()
    await ensure_resource(world.server.ctx, API, "API", {"read": "Read", "write": "Write"})
    await signed.tokens(signed.own, scope="openid email read fly", resource=API)
    world.clock.advance(seconds=1)
    await signed.tokens(signed.foreign, scope="openid profile")
    newest, older = await signed.grants()
    assert newest["application"] == {"id": signed.foreign.id, "name": "Test"}
    assert older == {
        "id": older["id"],
        "payload": {
            "exp": now // 1000 + 180 * 86_400,
            "iat": now // 1000,
            "jti": older["id"],
            "kind": "Grant",
            "clientId": signed.own.id,
            "accountId": signed.user_id,
            "openid": {"scope": "openid email"},
            "resources": {API: "read"},
            "rejected": {},
        },
        "expiresAt": now + 180 * 86_400_000,
        "application": {"id": signed.own.id, "name": "Test"},
    }
    assert [one["id"] for one in await signed.grants(appType="firstParty")] == [older["id"]]
    assert [one["id"] for one in await signed.grants(appType="thirdParty")] == [newest["id"]]
    assert await refusal(world, "GET", f"{signed.path}/grants", appType="x") == (400, "guard.invalid_input")


async def test_the_built_in_application_is_not_listed(signed: Signed) -> None:
    demo = App("demo-app", None, "SPA", f"{URL}/demo-app")
    answer = await signed.browser.get("/oidc/auth", params=authorization(demo))
    form = await signed.browser.get(answer.headers["location"])
    fields = {"identifier": "ada", "password": PASSWORD, **inputs_of(form.text)}
    answer = await signed.browser.post("/sign-in", data=fields)
    while not answer.headers["location"].startswith(demo.redirect_uri):
        answer = await signed.browser.get(answer.headers["location"])
    assert await signed.grants() == []
    (session,) = await signed.sessions()
    assert list(session["payload"]["authorizations"]) == ["demo-app"]


@pytest.mark.parametrize(
    ("target", "own_lives", "foreign_lives"), [("", True, True), ("firstParty", False, True), ("all", False, False)]
)
async def test_ending_a_session_ends_what_it_should(
    signed: Signed, target: str, own_lives: bool, foreign_lives: bool
) -> None:
    """B39: the cookie and what is bound to the session at once; offline tokens as the caller wants."""
    world = signed.world
    bound = await signed.tokens(signed.own)
    own, foreign = await signed.tokens(signed.own, **OFFLINE), await signed.tokens(signed.foreign, **OFFLINE)
    (session,) = await signed.sessions()
    path = f"{signed.path}/sessions/{session['payload']['uid']}"
    query = {"revokeGrantsTarget": target} if target else {}
    assert (await world.call("DELETE", path, params=query)).status_code == 204
    assert await signed.lives(signed.own, bound) == (False, False)
    assert await signed.lives(signed.own, own) == (own_lives, own_lives)
    assert await signed.lives(signed.foreign, foreign) == (foreign_lives, foreign_lives)
    assert len(await signed.grants()) == own_lives + foreign_lives
    silent = await signed.browser.get("/oidc/auth", params=authorization(signed.own, prompt="none"))
    assert query_of(silent.headers["location"])["error"] == "login_required"
    assert await signed.sessions() == []
    assert await refusal(world, "DELETE", path) == (404, "oidc.session_not_found")


async def test_a_revoked_grant_takes_its_tokens_along_and_no_others(signed: Signed) -> None:
    """B30: at once; the person stays signed in and is asked again."""
    world = signed.world
    own, foreign = await signed.tokens(signed.own, **OFFLINE), await signed.tokens(signed.foreign, **OFFLINE)
    held = {one["application"]["id"]: one["id"] for one in await signed.grants()}
    path = f"{signed.path}/grants/{held[signed.own.id]}"
    assert (await world.call("DELETE", path)).status_code == 204
    assert await signed.lives(signed.own, own) == (False, False)
    assert await signed.lives(signed.foreign, foreign) == (True, True)
    (session,) = await signed.sessions()
    assert list(session["payload"]["authorizations"]) == [signed.foreign.id]
    assert await refusal(world, "DELETE", path) == (404, "oidc.invalid_grant")
    silent = await signed.browser.get("/oidc/auth", params=authorization(signed.own, prompt="none"))
    assert query_of(silent.headers["location"])["error"] == "consent_required"


async def test_what_is_not_there_or_somebody_elses_is_refused(signed: Signed) -> None:
    """B78: another user's session and grant are out of reach."""
    world = signed.world
    await signed.tokens(signed.own)
    other = f"/users/{(await world.user(username='eve'))['id']}"
    (session,), (grant,) = await signed.sessions(), await signed.grants()
    uid = session["payload"]["uid"]
    for path in (other, "/users/nobody"):
        assert (await world.call("GET", f"{path}/sessions")).json() == {"sessions": []}
        assert (await world.call("GET", f"{path}/grants")).json() == {"grants": []}
        assert await refusal(world, "GET", f"{path}/sessions/{uid}") == (404, "oidc.session_not_found")
        assert await refusal(world, "DELETE", f"{path}/sessions/{uid}") == (404, "oidc.invalid_session_account_id")
        assert await refusal(world, "DELETE", f"{path}/grants/{grant['id']}") == (404, "oidc.invalid_grant")
    for wrong in ("x", session["payload"]["jti"]):
        assert await refusal(world, "GET", f"{signed.path}/sessions/{wrong}") == (404, "oidc.session_not_found")
        assert await refusal(world, "DELETE", f"{signed.path}/sessions/{wrong}") == (404, "oidc.session_not_found")
    bad = await refusal(world, "DELETE", f"{signed.path}/sessions/{uid}", revokeGrantsTarget="none")
    assert bad == (400, "guard.invalid_input")
    assert len(await signed.sessions()) == len(await signed.grants()) == 1


async def test_only_what_lives_is_listed(signed: Signed) -> None:
    world = signed.world
    await signed.tokens(signed.own, **OFFLINE)
    (session,), (grant,) = await signed.sessions(), await signed.grants()
    world.clock.advance(seconds=IDLE_MS / 1000)
    world.token = ""
    assert await signed.sessions() == []
    uid = session["payload"]["uid"]
    assert await refusal(world, "DELETE", f"{signed.path}/sessions/{uid}") == (404, "oidc.session_not_found")
    assert [one["id"] for one in await signed.grants()] == [grant["id"]]
    world.clock.advance(seconds=180 * 86_400)
    world.token = ""
    assert await signed.grants() == []
    assert (await world.call("DELETE", f"{signed.path}/grants/{grant['id']}")).status_code == 204


async def test_suspension_leaves_nothing_to_list(signed: Signed) -> None:
    """A10: at once."""
    await signed.tokens(signed.own, **OFFLINE)
    await signed.world.call("PATCH", f"{signed.path}/is-suspended", {"isSuspended": True})
    assert (await signed.sessions(), await signed.grants()) == ([], [])


async def test_the_cost_does_not_grow_with_what_is_listed(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same few statements for one session and for several."""
    read = type(signed.world.server.ctx.db).read
    counts: list[int] = []
    for app in (signed.own, signed.foreign):
        await signed.tokens(app, scope="openid", resource="https://default.logto.app/api")
        work = read(signed.world.server.ctx.db)
        async with work as tx:
            kind, count, every = type(tx), 0, type(tx).all

        async def counted(self: Any, *arguments: Any, _every: Any = every, **named: Any) -> Any:
            nonlocal count
            count += 1
            return await _every(self, *arguments, **named)

        with monkeypatch.context() as patch:
            patch.setattr(kind, "all", counted)
            await signed.sessions()
            await signed.grants()
        counts.append(count)
        signed.browser.cookies.clear()
    assert counts[0] == counts[1]
    assert len(await signed.sessions()) == 2


async def test_our_own_client_lists_and_ends_them(signed: Signed) -> None:
    world = signed.world
    own, foreign = await signed.tokens(signed.own, **OFFLINE), await signed.tokens(signed.foreign, **OFFLINE)
    client_id, secret = await world.app("MachineToMachine", management=True)
    transport = httpx2.ASGITransport(app=world.server.app)
    async with AsyncManagementClient(URL, client_id, secret, transport=transport) as client:
        (grant,) = (await client.send(grants.find(signed.user_id, app_type="thirdParty"))).grants
        assert (grant.application.id, grant.payload.openid["scope"]) == (signed.foreign.id, OFFLINE["scope"])
        await client.send(grants.revoke(signed.user_id, grant.id))
        (session,) = (await client.send(sessions.find(signed.user_id))).sessions
        assert list(session.payload.authorizations) == [signed.own.id]
        uid = session.payload.uid
        assert (await client.send(sessions.get(signed.user_id, uid))).payload.account_id == signed.user_id
        await client.send(sessions.end(signed.user_id, uid, revoke_grants="all"))
        with pytest.raises(NotFound):
            await client.send(sessions.get(signed.user_id, uid))
    assert await signed.lives(signed.own, own) == await signed.lives(signed.foreign, foreign) == (False, False)


@pytest.mark.parametrize("change", ["Totp", "BackupCode", "removal"])
@pytest.mark.parametrize("named", [True, False])
async def test_a_changed_factor_ends_every_session_but_the_one_that_is_named(
    signed: Signed, change: str, named: bool
) -> None:
    """B40: at once, with what is bound to them; what applications keep offline stays, as after signing out."""
    world, path = signed.world, f"{signed.path}/mfa-verifications"
    bound = await signed.tokens(signed.own)
    (present,) = await signed.sessions()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=world.server.app), base_url=URL) as browser:
        other = replace(signed, browser=browser)
        theirs, offline = await other.tokens(signed.own), await other.tokens(signed.foreign, **OFFLINE)
    if change != "Totp":
        async with world.server.ctx.db.write() as tx:
            await mfa.put_totp(tx, world.server.ctx, signed.user_id, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    query = {"keepSession": present["payload"]["uid"]} if named else {}
    if change == "removal":
        (factor,) = (await world.call("GET", path)).json()
        assert (await world.call("DELETE", f"{path}/nothing", params=query)).status_code == 404
        assert len(await signed.sessions()) == 2, "nothing has changed yet"
        assert (await world.call("DELETE", f"{path}/{factor['id']}", params=query)).status_code == 204
    else:
        assert (await world.call("POST", path, {"type": change}, params=query)).status_code == 200
    assert [one["payload"]["uid"] for one in await signed.sessions()] == list(query.values())
    assert (await signed.lives(signed.own, bound))[0] is named
    assert (await signed.lives(signed.own, theirs))[0] is False
    assert await signed.lives(signed.foreign, offline) == (True, True)


async def test_a_session_of_somebody_else_is_kept_for_nobody(signed: Signed) -> None:
    """B78: naming it neither ends it nor keeps any other."""
    await signed.tokens(signed.own)
    (session,) = await signed.sessions()
    eve = f"/users/{(await signed.world.user(username='eve'))['id']}/mfa-verifications"
    query = {"keepSession": session["payload"]["uid"]}
    assert (await signed.world.call("POST", eve, {"type": "Totp"}, params=query)).status_code == 200
    assert len(await signed.sessions()) == 1
