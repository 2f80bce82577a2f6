"""Of two who renew one token at once, one sends the refresh token, and the other gets what came of it."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from tests.api.experience.test_socials import GOOGLE
from tests.api.my_account.test_access_tokens import (
    EXPIRED,
    MISSING,
    RENEWED,
    get,
    keeping,
    refused,
    signed_in,
)
from tests.connectors.social.nearby import upstream, world
from tests.connectors.social.upstream import Json, Said, Upstream
from tests.world import World
from vestibule.connectors.oauth import renewal
from vestibule.db import Statement
from vestibule.domain import token_renewal
from vestibule.domain.context import Context
from vestibule.domain.token_renewal import LEASE_MS, Lease
from vestibule.errors import SocialCodeInvalid
from vestibule.model import TokenSecret
from vestibule.store.rows import Row
from vestibule.store.tables import token_secrets

__all__ = ["upstream", "world"]
pytestmark = pytest.mark.anyio
BUSY = (400, "connector.general")


async def expired(world: World, upstream: Upstream) -> str:
    """Somebody whose token from the provider has expired, where the provider renews; returns their own token."""
    bearer = await signed_in(await keeping(world, upstream), expires_in=90)
    world.clock.advance(seconds=90)
    upstream.answers["tokenEndpoint"] = Said(RENEWED)
    return bearer


def renewals(upstream: Upstream) -> int:
    """How often the refresh token has been sent."""
    return len([one for one in upstream.requests("tokenEndpoint") if one.form.get("grant_type") == "refresh_token"])


async def leased(world: World, milliseconds: int = LEASE_MS) -> None:
    """Another node has begun to renew, and is not heard of again."""
    taken: Statement[Row] = Statement(update(token_secrets).values(renewing_until=world.clock.now() + milliseconds))
    async with world.server.ctx.db.write() as tx:
        await tx.run(taken)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    monkeypatch.setattr(token_renewal, "WAITS", (0.05, 0.05))


async def test_of_many_who_ask_at_once_all_get_a_good_token_and_one_renews(world: World, upstream: Upstream) -> None:
    bearer = await expired(world, upstream)
    answers = await asyncio.gather(*(get(world, bearer) for _ in range(6)))
    assert {answer.json()["access_token"] for answer in answers} == {"second-access"}
    assert renewals(upstream) == 1


async def test_who_comes_second_waits_for_what_the_first_one_keeps(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the provider takes its time."""
    bearer = await expired(world, upstream)
    real, others = renewal.renew, list[asyncio.Task[httpx2.Response]]()

    async def slow(*given: Any) -> Json:
        others.append(asyncio.create_task(get(world, bearer)))
        await asyncio.wait(others, timeout=0.2)
        assert not others[0].done()
        return await real(*given)

    monkeypatch.setattr(renewal, "renew", slow)
    assert (await get(world, bearer)).json()["access_token"] == "second-access"
    assert (await others[0]).json()["access_token"] == "second-access"
    assert (len(others), renewals(upstream)) == (1, 1)


@pytest.mark.usefixtures("impatient")
async def test_a_node_that_died_while_it_renewed_keeps_nobody_for_long(world: World, upstream: Upstream) -> None:
    bearer = await expired(world, upstream)
    await leased(world)
    assert await refused(world, bearer) == BUSY
    world.clock.advance(seconds=LEASE_MS / 1000 - 0.001)
    assert await refused(world, bearer) == BUSY
    assert renewals(upstream) == 0
    world.clock.advance(seconds=0.001)
    assert (await get(world, bearer)).json()["access_token"] == "second-access"


@pytest.mark.usefixtures("impatient")
async def test_of_two_who_have_read_the_same_one_has_the_turn(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store decides, in one statement: another node took the turn after this one had seen that it was free."""
    bearer, lease = await expired(world, upstream), token_renewal._lease

    async def too_late(ctx: Context, secret: TokenSecret) -> Lease | None:
        await leased(world)
        return await lease(ctx, secret)

    monkeypatch.setattr(token_renewal, "_lease", too_late)
    assert await refused(world, bearer) == BUSY
    assert renewals(upstream) == 0


async def test_who_takes_the_turn_after_it_was_used_renews_nothing(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer, lease = await expired(world, upstream), token_renewal._lease

    async def too_late(ctx: Context, secret: TokenSecret) -> Lease | None:
        monkeypatch.setattr(token_renewal, "_lease", lease)
        assert (await get(world, bearer)).status_code == 200
        return await lease(ctx, secret)

    monkeypatch.setattr(token_renewal, "_lease", too_late)
    assert (await get(world, bearer)).json()["access_token"] == "second-access"
    assert renewals(upstream) == 1


@pytest.mark.usefixtures("impatient")
async def test_a_renewal_that_fails_leaves_the_turn_to_the_next(world: World, upstream: Upstream) -> None:
    bearer = await expired(world, upstream)
    upstream.answers["tokenEndpoint"] = Said(b"", 503)
    assert await refused(world, bearer) == (400, "connector.general")
    upstream.answers["tokenEndpoint"] = Said(RENEWED)
    assert (await get(world, bearer)).json()["access_token"] == "second-access"


@pytest.mark.usefixtures("impatient")
async def test_a_sign_in_during_a_renewal_gives_what_it_brought(world: World, upstream: Upstream) -> None:
    """Who waits takes what is there, whoever has kept it."""
    provider = await keeping(world, upstream)
    bearer = await signed_in(provider, expires_in=90)
    world.clock.advance(seconds=90)
    await leased(world)
    await signed_in(provider, access_token="fresh-access")
    assert (await get(world, bearer)).json()["access_token"] == "fresh-access"
    assert renewals(upstream) == 0


@pytest.mark.parametrize("refuses", [True, False])
async def test_who_takes_longer_than_a_turn_lasts_spoils_nothing(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, *, refuses: bool
) -> None:
    bearer = await expired(world, upstream)
    real = renewal.renew

    async def late(*given: Any) -> Json:
        monkeypatch.setattr(renewal, "renew", real)
        world.clock.advance(seconds=LEASE_MS / 1000)
        assert (await get(world, bearer)).json()["access_token"] == "second-access"
        if refuses:
            raise SocialCodeInvalid
        return {"access_token": "third-access", "token_type": "bearer"}

    monkeypatch.setattr(renewal, "renew", late)
    for _ in range(2):
        assert (await get(world, bearer)).json()["access_token"] == "second-access"


@pytest.mark.usefixtures("impatient")
async def test_who_takes_longer_than_a_turn_lasts_ends_nobody_elses(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = await expired(world, upstream)

    async def late(*given: Any) -> Json:
        world.clock.advance(seconds=LEASE_MS / 1000)
        await leased(world)
        raise SocialCodeInvalid

    monkeypatch.setattr(renewal, "renew", late)
    assert await refused(world, bearer) == EXPIRED
    async with world.server.ctx.db.read() as tx:
        [row] = await tx.all(Statement(token_secrets.select()))
    assert row[-1] == world.clock.now() + LEASE_MS


async def test_what_came_is_kept_although_another_one_was_refused_meanwhile(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row has changed, and not to something good."""
    bearer = await expired(world, upstream)
    upstream.answers["tokenEndpoint"] = Said({"error": "invalid_grant"}, 400)
    real = renewal.renew

    async def slow(*given: Any) -> Json:
        monkeypatch.setattr(renewal, "renew", real)
        world.clock.advance(seconds=LEASE_MS / 1000)
        assert await refused(world, bearer) == EXPIRED
        return dict(RENEWED)

    monkeypatch.setattr(renewal, "renew", slow)
    for _ in range(2):
        assert (await get(world, bearer)).json()["access_token"] == "second-access"


@pytest.mark.parametrize("name", [GOOGLE, "oauth2"])
async def test_a_refresh_token_never_goes_to_a_party_that_is_set_in_the_same_moment(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It was read, and then the connector was set to another client: its new party is told nothing."""
    provider = await keeping(world, upstream, name)
    bearer = await signed_in(provider, expires_in=90)
    world.clock.advance(seconds=90)

    async def between(ctx: Context, secret: TokenSecret) -> Lease | None:
        config = {**provider.trial.config, "clientId": "another-client"}
        assert (await world.call("PATCH", f"/connectors/{provider.id}", {"config": config})).status_code == 200
        return await lease(ctx, secret)

    lease = token_renewal._lease
    monkeypatch.setattr(token_renewal, "_lease", between)
    path = "identities/acme/access-token" if name == "oauth2" else "identities/google/access-token"
    assert await refused(world, bearer, path) == MISSING
    assert renewals(upstream) == 0
