"""Social connectors over the Management API, on both stores: set up, begun, linked, and nobody's identity taken."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select, update

from tests.connectors.social.nearby import upstream, world
from tests.connectors.social.payloads import CASES, RECORDS
from tests.connectors.social.trial import Trial
from tests.connectors.social.upstream import Json, Said, Upstream
from tests.world import World
from vestibule.connectors.oauth.provider import Provider
from vestibule.db import Statement
from vestibule.domain.expiry import expire
from vestibule.domain.social import SESSION_MS
from vestibule.store.rows import Row
from vestibule.store.tables import connectors, spent_authorizations

__all__ = ["upstream", "world"]
pytestmark = pytest.mark.anyio

BACK = "https://app.example/back"
GONE = (400, "session.connector_validation_session_not_found")
SPENT: Statement[Row] = Statement(select(func.count()).select_from(spent_authorizations))
STANDARD = {"metadata": {"target": "acme"}}


class Linking:
    """One provider, set up as a connector of a running server."""

    def __init__(self, world: World, trial: Trial, connector: Json) -> None:
        self.world, self.trial, self.connector = world, trial, connector

    async def begin(self, user: Json, **changes: Any) -> Json:
        """Begin statelessly for a user; the upstream then answers as to this very request."""
        body = {"state": "s-1", "redirectUri": BACK, "stateless": True, "userId": user["id"], **changes}
        answer = await self.world.call("POST", f"/connectors/{self.connector['id']}/authorization-uri", body)
        assert answer.status_code == 200, answer.text
        begun: Json = answer.json()
        [nonce] = parse_qs(urlsplit(begun["redirectTo"]).query).get("nonce", [None])
        self.trial.answer({"claims": {"nonce": nonce}})
        return begun

    async def link(self, user: Json, session: str | None, **data: Any) -> tuple[int, Any]:
        """Give the callback back; returns the status and the identities, or the code of the refusal."""
        callback = {"state": "s-1", **self.trial.data, "redirectUri": BACK, **data}
        sent = {name: value for name, value in callback.items() if value is not None}
        body = {"connectorId": self.connector["id"], "connectorData": sent}
        if session is not None:
            body["session"] = session
        answer = await self.world.call("POST", f"/users/{user['id']}/identities", body)
        return answer.status_code, answer.json() if answer.status_code == 200 else answer.json()["code"]

    async def identities(self, user: Json) -> Json:
        shown: Json = (await self.world.call("GET", f"/users/{user['id']}")).json()["identities"]
        return shown


async def set_up(world: World, upstream: Upstream, name: str, **more: Any) -> Linking:
    trial = Trial(name, upstream)
    extra = STANDARD if RECORDS[name].is_standard else {}
    return Linking(
        world, trial, await world.made("/connectors", connectorId=name, config=trial.config, **{**extra, **more})
    )


def target_of(record: Provider) -> str:
    return "acme" if record.is_standard else record.target


@pytest.mark.parametrize("name", CASES)
async def test_a_person_is_linked_through_every_provider_and_to_nobody_else(
    world: World, upstream: Upstream, name: str
) -> None:
    linking, record = await set_up(world, upstream, name), RECORDS[name]
    ana, ben, target = await world.user(username="ana"), await world.user(username="ben"), target_of(RECORDS[name])
    begun = await linking.begin(ana)
    status, held = await linking.link(ana, begun["session"])
    assert status == 200, held
    assert list(held) == [target]
    assert held[target]["userId"] == CASES[name].person["id"]
    assert held[target]["details"].get("email") == CASES[name].person.get("email")
    assert await linking.identities(ana) == held
    again = await linking.begin(ben)
    assert await linking.link(ben, again["session"]) == (422, "user.identity_already_in_use")
    assert await linking.identities(ben) == {}
    repeated = await linking.begin(ana)
    status, held = await linking.link(ana, repeated["session"])
    assert (status, list(held)) == (200, [target])

    plain = await world.call(
        "POST", f"/connectors/{linking.connector['id']}/authorization-uri", {"state": "s", "redirectUri": BACK}
    )
    if record.needs:
        assert (plain.status_code, plain.json()["code"], plain.json().get("data")) == (
            501,
            "connector.not_implemented",
            None,
        )
    else:
        assert plain.status_code == 200
        assert list(plain.json()) == ["redirectTo"]
        assert "code_challenge" not in plain.json()["redirectTo"], "nobody has the verifier"
        assert ("code_challenge=" in repeated["redirectTo"]) == record.has_verifier


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (Said(b"", 500), 400, "connector.general"),
        (Said(b"<html>"), 400, "connector.invalid_response"),
        (Said({"error": "invalid_grant"}, 400), 401, "connector.social_auth_code_invalid"),
        (Said(b"", 302, ("Location: http://127.0.0.1/",)), 400, "connector.general"),
    ],
    ids=["500", "html", "used", "redirect"],
)
async def test_what_fails_at_the_provider_links_nothing_and_uses_the_session_up(
    world: World, upstream: Upstream, said: Said, status: int, code: str
) -> None:
    linking, ana = await set_up(world, upstream, "oidc"), await world.user()
    begun = await linking.begin(ana)
    upstream.answers["tokenEndpoint"] = said
    assert await linking.link(ana, begun["session"]) == (status, code)
    assert await linking.link(ana, begun["session"]) == GONE
    assert await linking.identities(ana) == {}
    assert len(upstream.requests("tokenEndpoint")) == 1


async def test_a_session_works_once_also_for_many_at_a_time(world: World, upstream: Upstream) -> None:
    """Replay: whoever has seen a callback and its session gains nothing by them."""
    linking, ana = await set_up(world, upstream, "google-universal"), await world.user()
    begun = await linking.begin(ana)
    answers = await asyncio.gather(*(linking.link(ana, begun["session"]) for _ in range(6)))
    assert sorted(status for status, _ in answers) == [200, *[400] * 5]
    assert [code for status, code in answers if status == 400] == [GONE[1]] * 5
    assert len(upstream.requests("tokenEndpoint")) == 1


async def test_a_session_is_for_its_user_alone(world: World, upstream: Upstream) -> None:
    """A stolen link: what was begun for one person cannot end at another's account."""
    linking, ana, ben = await set_up(world, upstream, "oidc"), await world.user(), await world.user()
    begun = await linking.begin(ana)
    assert await linking.link(ben, begun["session"]) == GONE
    assert upstream.asked == []
    assert (await linking.link(ana, begun["session"]))[0] == 200


async def test_a_session_is_for_its_connector_alone(world: World, upstream: Upstream) -> None:
    """Mix-up: a code of one provider is not carried to another."""
    linking, ana = await set_up(world, upstream, "oidc"), await world.user()
    other = await set_up(world, upstream, "oidc", metadata={"target": "other"})
    begun = await linking.begin(ana)
    assert await other.link(ana, begun["session"]) == GONE
    assert upstream.asked == []
    assert await linking.link(ana, begun["session"], iss="https://evil.example") == (
        401,
        "connector.authorization_failed",
    )
    assert upstream.asked == []
    assert (await linking.link(ana, begun["session"], iss="https://id.example"))[0] == 200


@pytest.mark.parametrize(
    "data",
    [{"state": "s-2"}, {"state": None}, {"redirectUri": "https://evil.example/"}, {"error": "access_denied"}],
    ids=str,
)
async def test_a_callback_to_another_request_is_refused_and_uses_nothing_up(
    world: World, upstream: Upstream, data: Json
) -> None:
    linking, ana = await set_up(world, upstream, "oidc"), await world.user()
    begun = await linking.begin(ana)
    assert await linking.link(ana, begun["session"], **data) == (401, "connector.authorization_failed")
    assert upstream.asked == []
    assert (await linking.link(ana, begun["session"]))[0] == 200


async def test_a_session_ends_after_ten_minutes_and_is_then_forgotten(world: World, upstream: Upstream) -> None:
    linking, ana = await set_up(world, upstream, "github-universal"), await world.user()
    late, used = await linking.begin(ana), await linking.begin(ana)
    assert (await linking.link(ana, used["session"]))[0] == 200
    world.clock.advance(seconds=SESSION_MS / 1000)
    assert await linking.link(ana, late["session"]) == GONE
    world.clock.advance(seconds=1)
    await expire(world.server.ctx)
    async with world.server.ctx.db.read() as tx:
        assert await tx.value(SPENT) == 0


@pytest.mark.parametrize("session", ["", "v1.x.y", "x" * 40_000, "v1", "\u00fc"])
async def test_a_made_up_session_is_none(world: World, upstream: Upstream, session: str) -> None:
    linking, ana = await set_up(world, upstream, "google-universal"), await world.user()
    assert await linking.link(ana, session) == GONE
    assert upstream.asked == []


async def test_a_session_says_nothing_to_who_carries_it(world: World, upstream: Upstream) -> None:
    linking, ana = await set_up(world, upstream, "x-universal"), await world.user()
    session = (await linking.begin(ana))["session"]
    altered = session[:-6] + ("A" if session[-6] != "A" else "B") + session[-5:]
    assert await linking.link(ana, altered) == GONE
    assert "s-1" not in session
    assert "app.example" not in session


async def test_without_a_session_the_documented_answers_stand(world: World, upstream: Upstream) -> None:
    ana = await world.user()
    for name, status, code in (
        ("oidc", 501, "connector.not_implemented"),
        ("oauth2", 501, "connector.not_implemented"),
        ("x-universal", 501, "connector.not_implemented"),
        ("apple-universal", 401, "connector.social_invalid_id_token"),
    ):
        extra = {"metadata": {"target": name}} if RECORDS[name].is_standard else {}
        linking = await set_up(world, upstream, name, **extra)
        assert await linking.link(ana, None) == (status, code), name
    gitlab = await set_up(world, upstream, "gitlab-universal")
    assert await gitlab.link(ana, None, code=None) == (401, "connector.authorization_failed")
    assert await gitlab.link(ana, None, redirectUri=None) == (501, "connector.not_implemented")
    github = await set_up(world, upstream, "github-universal")
    assert await github.link(ana, None, code=None) == (400, "connector.general")
    assert (await github.link(ana, None))[0] == 200


async def test_the_faults_of_a_request_are_told_in_the_contracts_order(world: World, upstream: Upstream) -> None:
    google = await set_up(world, upstream, "google-universal")
    path, good = f"/connectors/{google.connector['id']}/authorization-uri", {"state": "s", "redirectUri": BACK}
    assert await world.refusal("POST", path, {"state": "s"}) == (400, "guard.invalid_input")
    for empty in ({"state": ""}, {"redirectUri": ""}):
        assert await world.refusal("POST", path, {**good, **empty}) == (400, "session.insufficient_info")
        elsewhere = "/connectors/nowhere/authorization-uri"
        assert await world.refusal("POST", elsewhere, {**good, **empty}) == (400, "session.insufficient_info")
    assert await world.refusal("POST", "/connectors/nowhere/authorization-uri", good) == (404, "entity.not_found")
    assert await world.refusal("POST", path, {**good, "stateless": True}) == (400, "guard.invalid_input")
    nobody = {**good, "stateless": True, "userId": "nobody"}
    assert await world.refusal("POST", path, nobody) == (404, "entity.not_found")
    email = await world.made("/connectors", connectorId="http-email", config={"endpoint": "https://example.com"})
    path = f"/connectors/{email['id']}/authorization-uri"
    assert await world.refusal("POST", path, good) == (400, "connector.unexpected_type")
    bare = await world.made("/connectors", connectorId="discord-universal")
    path = f"/connectors/{bare['id']}/authorization-uri"
    assert await world.refusal("POST", path, good) == (400, "connector.invalid_config")


async def test_a_connector_of_a_provider_is_made_once_and_a_standard_one_for_every_target(
    world: World, upstream: Upstream
) -> None:
    first = await set_up(world, upstream, "wechat-web")
    shown = first.connector
    assert (shown["type"], shown["target"], shown["platform"]) == ("Social", "wechat", "Web")
    assert "isStandard" not in shown
    config = first.trial.config
    again = {"connectorId": "wechat-web", "config": config}
    assert await world.refusal("POST", "/connectors", again) == (422, "connector.multiple_instances_not_supported")
    fixed = "connector.cannot_overwrite_metadata_for_non_standard_connector"
    assert await world.refusal("POST", "/connectors", {**again, "metadata": {}}) == (400, fixed)
    assert await world.refusal("PATCH", f"/connectors/{shown['id']}", {"metadata": {}}) == (400, fixed)
    native = await set_up(world, upstream, "wechat-native")
    assert native.connector["target"] == "wechat"
    assert len((await world.call("GET", "/connectors?target=wechat")).json()) == 2

    config = Trial("oidc", upstream).config
    bare = {"connectorId": "oidc", "config": config}
    assert await world.refusal("POST", "/connectors", bare) == (400, "connector.should_specify_target")
    blank = {**bare, "metadata": {"target": ""}}
    assert await world.refusal("POST", "/connectors", blank) == (400, "connector.should_specify_target")
    one = await world.made("/connectors", **bare, metadata={"target": "acme", "name": {"en": "Acme"}})
    assert (one["isStandard"], one["target"], one["name"]) == (True, "acme", {"en": "Acme"})
    answer = await world.call("POST", "/connectors", {**bare, "metadata": {"target": "acme"}})
    assert (answer.status_code, answer.json()["code"]) == (422, "connector.multiple_target_with_same_platform")
    assert answer.json()["data"] == {"connectorId": "oidc", "connectorName": {"en": "Acme"}}
    await world.made("/connectors", **bare, metadata={"target": "other"})
    path = f"/connectors/{one['id']}"
    for metadata in ({"name": {"en": "x"}}, {"target": "other"}):
        assert await world.refusal("PATCH", path, {"metadata": metadata}) == (400, "connector.can_not_modify_target")
    changed = (await world.call("PATCH", path, {"metadata": {"target": "acme"}, "syncProfile": True})).json()
    assert (changed["metadata"], changed["syncProfile"]) == ({"target": "acme"}, True)
    assert (await world.call("DELETE", path)).status_code == 204


async def test_connectors_of_one_provider_made_at_once_leave_one(world: World, upstream: Upstream) -> None:
    config = Trial("discord-universal", upstream).config
    body = {"connectorId": "discord-universal", "config": config}
    answers = await asyncio.gather(*(world.call("POST", "/connectors", body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, *[422] * 4]


async def test_two_connectors_of_one_provider_in_the_store_are_named_as_a_fault(
    world: World, upstream: Upstream
) -> None:
    config = Trial("oidc", upstream).config
    for target in ("one", "two"):
        await world.made("/connectors", connectorId="oidc", config=config, metadata={"target": target})
    same: Statement[Row] = Statement(update(connectors).values(metadata='{"target":"one"}'))
    async with world.server.ctx.db.write() as tx:
        await tx.run(same)
    assert await world.refusal("GET", "/connectors") == (400, "connector.multiple_target_with_same_platform")


async def test_a_secret_of_a_provider_is_in_no_log_and_in_no_refusal(world: World, upstream: Upstream) -> None:
    """B93, B98."""
    linking, ana = await set_up(world, upstream, "oauth2"), await world.user()
    begun = await linking.begin(ana)
    upstream.answers["tokenEndpoint"] = Said({"error": "s3cret/&+", "error_description": "s3cret/&+ code-1"}, 400)
    answer = await world.call(
        "POST",
        f"/users/{ana['id']}/identities",
        {
            "connectorId": linking.connector["id"],
            "connectorData": {"state": "s-1", "code": "code-1"},
            "session": begun["session"],
        },
    )
    assert answer.status_code == 401
    everything = "".join([answer.text, *world.lines])
    assert "s3cret" not in everything
    assert "code-1" not in everything
    assert begun["session"] not in everything


async def test_what_a_provider_tells_is_bounded_before_it_is_kept(world: World, upstream: Upstream) -> None:
    linking, ana = await set_up(world, upstream, "discord-universal"), await world.user()
    told = {"id": "1", "username": "n\0" * 200, "avatar": None, "note": "a\0b"}
    for changes, raw in (
        ({}, {"id": "1", "username": "n" * 200, "avatar": None, "note": "ab"}),
        ({"x": "y" * 20_000}, {}),
    ):
        begun = await linking.begin(ana)
        upstream.answers["userInfoEndpoint"] = Said({**told, **changes})
        status, held = await linking.link(ana, begun["session"])
        assert (status, held["discord"]["details"]) == (200, {"id": "1", "name": "n" * 128, "rawData": raw})
    for person in ("x" * 257, "a\0b", "", None, ["1"]):
        begun = await linking.begin(ana)
        upstream.answers["userInfoEndpoint"] = Said({"id": person})
        assert await linking.link(ana, begun["session"]) == (400, "connector.invalid_response")
    assert (await linking.identities(ana))["discord"]["userId"] == "1"
