"""What a provider gave and is not kept: for nobody else, and not without a word in the trail."""

from typing import Any

import pytest

from tests.api.experience.test_socials import GOOGLE, Provider, asked, signed_in
from tests.api.experience.test_sso import Company, company
from tests.api.experience.test_token_secrets import CHECKED, GIVEN, keeping, known, rows, secret, somebody
from tests.connectors.social.nearby import upstream, world
from tests.connectors.social.upstream import Json, Upstream
from tests.sso_provider import CONFIG, ISSUER
from tests.world import World
from vestibule.crypto import SealError
from vestibule.db import DatabaseUnavailable
from vestibule.domain import connectors, token_secrets

__all__ = ["company", "upstream", "world"]
pytestmark = pytest.mark.anyio


async def lost(world: World) -> list[str]:
    """Why tokens were not kept, as the trail says; it holds none of them."""
    await world.server.ctx.trail.settle()
    answer = await world.call("GET", "/logs?logKey=TokenSecret.Lost")
    assert "canary" not in answer.text
    return [one["payload"]["error"] for one in answer.json()]


async def identified(provider: Provider) -> Json:
    """Somebody who is known has shown who it is, and the sign-in is not over; returns the user."""
    world = provider.program.world
    user = await known(provider)
    assert (await world.call("DELETE", f"/secrets/{(await secret(world, user) or {})['id']}")).status_code == 204
    await provider.program.begin(prompt="login")
    assert (await asked(provider, await provider.verified(changes={"tokenEndpoint": GIVEN})))[0] == 204
    return user


@pytest.mark.parametrize(
    ("change", "goes"),
    [({"clientId": "other"}, True), ({"tokenEndpoint": "https://other.example/token"}, True),
     ({"issuer": "https://other.example"}, True), ({"clientSecret": "turned over"}, False)],
)  # fmt: skip
async def test_what_one_party_gave_is_not_kept_for_the_next(
    world: World, upstream: Upstream, change: Json, *, goes: bool
) -> None:
    """B75: the sign-in began, and then the connector was set to another client, server or issuer."""
    provider = await keeping(world, upstream)
    await identified(provider)
    body = {"config": {**provider.trial.config, **change}}
    assert (await world.call("PATCH", f"/connectors/{provider.id}", body)).status_code == 200
    await signed_in(provider)
    assert (len(await rows(world)), await lost(world)) == ((0, ["other_party"]) if goes else (1, []))


async def test_what_came_for_another_issuer_than_is_checked_now_is_not_kept(world: World, upstream: Upstream) -> None:
    provider = await keeping(world, upstream, "oidc")
    await somebody(provider)
    config = {**provider.trial.config, "idTokenVerificationConfig": CHECKED}
    await provider.program.begin(prompt="login")
    assert (await asked(provider, await provider.verified()))[0] == 204
    assert (await world.call("PATCH", f"/connectors/{provider.id}", {"config": config})).status_code == 200
    assert await rows(world) == []
    await signed_in(provider)
    assert (await rows(world), await lost(world)) == ([], ["other_party"])


@pytest.mark.parametrize(
    ("change", "goes"),
    [({"clientId": "other"}, True), ({"issuer": "https://other.example"}, True), ({"clientSecret": "new"}, False)],
)
async def test_what_a_company_gave_is_not_kept_for_the_next(company: Company, change: Json, *, goes: bool) -> None:
    world, connector = company.world, f"/sso-connectors/{company.id}"
    assert (await world.call("PATCH", connector, {"enableTokenStorage": True})).status_code == 200
    await company.arrive_new()
    assert await company.identify(await company.prove()) == (204, "")
    company.provider.issuer = change.get("issuer", ISSUER)
    assert (await world.call("PATCH", connector, {"config": {**CONFIG, **change}})).status_code == 200
    await company.program.finish()
    assert (len(await rows(world)), await lost(world)) == ((0, ["other_party"]) if goes else (1, []))


async def test_the_trail_says_whose_tokens_were_not_kept_and_why(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await keeping(world, upstream)
    user = await identified(provider)
    connector, identity = f"/connectors/{provider.id}", f"/users/{user['id']}/identities/google"
    assert (await world.call("PATCH", connector, {"enableTokenStorage": False})).status_code == 200
    await signed_in(provider)
    assert await lost(world) == ["not_wanted"]
    [entry] = (await world.call("GET", "/logs?logKey=TokenSecret.Lost")).json()
    assert (entry["payload"]["result"], entry["payload"]["userId"]) == ("Error", user["id"])

    assert (await world.call("PATCH", connector, {"enableTokenStorage": True})).status_code == 200
    await known_again(provider)
    assert (await world.call("PUT", identity, {"userId": "person-2"})).status_code == 200
    await provider.program.call("POST", "/submit")
    assert (await lost(world))[0] == "other_identity"

    assert (await world.call("PUT", identity, {"userId": "person-1"})).status_code == 200

    async def away(*given: Any) -> None:
        raise DatabaseUnavailable

    await known_again(provider)
    monkeypatch.setattr(token_secrets, "_keep", away)
    await signed_in(provider)
    assert (await lost(world))[0] == "store"
    assert await rows(world) == []


async def known_again(provider: Provider) -> None:
    """Somebody comes back a second later and is known, and the sign-in is not over."""
    provider.program.world.clock.advance(seconds=1)
    await provider.program.begin(prompt="login")
    assert (await asked(provider, await provider.verified(changes={"tokenEndpoint": GIVEN})))[0] == 204


async def test_a_connector_that_cannot_be_opened_spoils_no_sign_in(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await keeping(world, upstream)
    await identified(provider)

    async def sealed_elsewhere(*given: Any) -> None:
        raise SealError("another key")

    monkeypatch.setattr(connectors, "held_in", sealed_elsewhere)
    await signed_in(provider)
    assert (await rows(world), await lost(world)) == ([], ["store"])


async def test_tokens_that_are_too_long_leave_a_line(world: World, upstream: Upstream) -> None:
    provider = await keeping(world, upstream, GOOGLE)
    await known(provider, refresh_token="x" * 40_000)
    assert (await rows(world), await lost(world)) == ([], ["too_long"])
